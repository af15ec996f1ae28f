"""Spans of a text: how they are written in data, the words they are made of, the tags of words, and back again."""
