"""Arithmetic intensity and roofline: the bytes that layers must move, and what a device's ceilings make of them."""
