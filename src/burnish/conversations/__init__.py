"""Conversations: who said what, the shapes that people write them in, and which of it is the answer to learn."""
