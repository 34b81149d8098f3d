"""The outline of a graph: which of its scopes are pieces that can be called, and which of them are alike."""
