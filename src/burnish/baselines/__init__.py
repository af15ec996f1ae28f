"""Cheap answers that a specialist has to beat, one file each. They know features and targets, never a task."""
