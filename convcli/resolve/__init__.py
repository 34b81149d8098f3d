"""From words to a graph: names, arguments, shapes, and every mistake of a network at once."""
