"""Calls of torch's operators, as traces and exported files have them, to a graph of ours."""
