"""Which version of a specialist is at work: MLflow's model registry, the gates before a promotion, and every change."""
