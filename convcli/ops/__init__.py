"""The catalogue of operators: one family a file, imported when one of its names is used."""
