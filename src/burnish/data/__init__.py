"""Reading, profiling, checking and splitting rows."""
