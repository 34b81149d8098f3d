"""Rules: what can be said against an architecture that is no error; a file for each, and the table of them."""
