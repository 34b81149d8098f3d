"""Times of networks: what a measuring process is told and tells, and what is made of its samples; no torch here."""
