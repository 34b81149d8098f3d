"""Which input sizes a network takes, and which of them lose nothing: for all sizes of an axis, exactly."""
