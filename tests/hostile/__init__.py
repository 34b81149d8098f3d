"""Hostile input: one list of kinds, which every format that is read has to answer, each in its own spelling."""
