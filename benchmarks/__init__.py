"""What is timed, and what the documentation states, each with one command."""
