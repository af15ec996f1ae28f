"""Cross-validation: every row is a test row once, in folds that are ordinary runs, and the verdict rests on all."""
