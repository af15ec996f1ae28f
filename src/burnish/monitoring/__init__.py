"""What a specialist does after it is put to work: the request log, feedback, and whether the world has changed."""
