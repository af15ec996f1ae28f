"""Scores, their intervals, paired tests and the verdict."""
