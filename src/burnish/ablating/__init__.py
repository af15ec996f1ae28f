"""Ablation: train with and without a key of the recipe, on the same rows and seeds, and compare."""
