"""What a run has to say of itself and of its network: warnings from a closed list, each in a file of its kind."""
