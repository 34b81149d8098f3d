"""Sizes, parameters, FLOPs and receptive fields of convolutional networks, from their text, at once."""

__version__ = "0.1.0"
