"""Thin ways in: the command line and Python. They parse, call and show."""
