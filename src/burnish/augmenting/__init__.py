"""Changed copies of training rows: the label stays, and the input differs a little in every epoch."""
