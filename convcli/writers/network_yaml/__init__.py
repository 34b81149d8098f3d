"""Network files: a graph written in our own format, its repeated scopes as blocks."""
