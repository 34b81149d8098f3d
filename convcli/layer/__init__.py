"""The words of the language: expressions over layers and tensors, and how they are read and written."""
