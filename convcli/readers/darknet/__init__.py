"""Darknet's `.cfg` files: sections in order, each a layer that may name others by their number."""
