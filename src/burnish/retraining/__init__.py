"""A run made anew with new data: what is learned from, what is tested on, and where training starts."""
