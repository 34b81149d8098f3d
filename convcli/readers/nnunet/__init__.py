"""Plans of nnU-Net, the JSON file that says what its networks are, in both of its generations."""
