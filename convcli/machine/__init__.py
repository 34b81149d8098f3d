"""What a machine can do, and what that makes of layers: ceilings, bounds, and times predicted; no torch here."""
