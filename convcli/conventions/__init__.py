"""Counting conventions by name: how other tools count, each a table of formulas, and how they differ from ours."""
