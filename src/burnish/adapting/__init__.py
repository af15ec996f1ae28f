"""What methods put into networks, and which parameters train alike."""
