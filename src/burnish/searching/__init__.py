"""Hyperparameter search: ranges, the study that is kept on disk, trials, and the sweep that drives them."""
