"""What specialists do, one file a task, each ending in `TASK = Task(...)`."""
