"""What makes two graphs the same computation: what runs, on what, in which order."""

from convcli.graph import Graph


def fingerprint(graph: Graph) -> str:
    """Return a hash of a graph: names, operators with all arguments, sizes and connections; not of its places."""
    from hashlib import sha256

    found = sha256()
    for made in graph.inputs:
        found.update(repr((made.name, made.shape, made.dtype)).encode())
    for node in graph.nodes:
        values = [*node.op.values.items()]
        found.update(repr((node.name, node.module, node.op.name, values, node.inputs, node.input_shapes)).encode())
    found.update(repr(graph.outputs).encode())
    return found.hexdigest()
