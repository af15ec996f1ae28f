"""An example of what a package can add to burnish: a task, a method, a baseline and a metric, one file each."""
