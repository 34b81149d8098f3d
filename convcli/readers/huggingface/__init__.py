"""Hugging Face's `config.json` of convolutional networks: the layers are those of the model's class."""
