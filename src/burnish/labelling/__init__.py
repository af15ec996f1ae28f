"""Labels from people and from functions: Label Studio, agreement, what to label next, weak supervision, corrections."""
