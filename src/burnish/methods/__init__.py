"""Ways to change weights, one file each. A method sees a LoadedModel and never a task."""
