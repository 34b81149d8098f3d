"""A look inside a network: statistics through depth, what repairs would do, pictures and distributions."""
