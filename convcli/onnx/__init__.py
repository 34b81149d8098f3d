"""ONNX in our words: what its messages say, the sizes that its operators give, and the calls that they are."""
