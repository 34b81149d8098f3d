"""Readers: each turns one format into a network in words."""
