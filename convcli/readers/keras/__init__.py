"""Keras models as JSON: `to_json()` of all versions, and the configuration in a `.keras` archive."""
