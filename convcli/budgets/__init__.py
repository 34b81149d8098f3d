"""Budgets: what must be true of a network's numbers, and whether it is."""
