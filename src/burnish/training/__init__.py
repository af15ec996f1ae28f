"""The training loop and what makes it fast: batches, precision, compact vocabulary, features, checkpoints."""
