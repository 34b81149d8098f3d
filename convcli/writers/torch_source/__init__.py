"""PyTorch source: a network as a module that runs without convcli."""
