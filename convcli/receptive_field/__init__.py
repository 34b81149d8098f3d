"""Receptive fields: what of the network's input each layer's units depend on, on any graph."""
