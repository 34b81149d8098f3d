"""Two reports of networks: which layers belong together, and what differs."""
