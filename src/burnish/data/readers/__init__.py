"""Readers: one file a kind of source, each of which makes a Table of it or says what is wrong."""
