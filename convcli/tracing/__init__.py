"""Python models: found, built without memory for weights, and traced without computing."""
