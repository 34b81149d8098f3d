"""Graphviz: `dot -Tpdf net.dot -o net.pdf`."""

from collections.abc import Iterator

from convcli.writers.diagram.picture import Group, Picture, colour, walk

SHAPES = {"layer": "box", "scope": "box3d", "input": "oval", "output": "oval"}


def dot(shown: Picture) -> str:
    """Draw a picture as a directed graph."""
    return "\n".join(_lines(shown)) + "\n"


def _lines(shown: Picture) -> Iterator[str]:
    yield f"digraph {quoted(shown.title)} {{"
    yield '  graph [fontname="Helvetica", labeljust=l, style=rounded, color="#8c959f"]'
    yield '  node [fontname="Helvetica", fontsize=11, style=filled, fillcolor=white]'
    yield '  edge [fontname="Helvetica", fontsize=9]'
    for place, (depth, item) in enumerate(walk(shown)):
        margin = "  " * (depth + 1)
        if item is None:
            yield f"{margin}}}"
        elif isinstance(item, Group):
            yield f"{margin}subgraph cluster_{place} {{"
            yield f"{margin}  label={quoted(item.title)}"
        else:
            fill = "" if item.cost is None else f', fillcolor="{colour(item.cost)}"'
            label = quoted("\n".join(item.lines))
            yield f"{margin}n{item.key} [label={label}, shape={SHAPES[item.kind]}{fill}]"
    for edge in shown.edges:
        yield f"  n{edge.start} -> n{edge.end} [label={quoted(edge.shape)}]"
    yield "}"


def quoted(text: str) -> str:
    """Return a text in quotes, as Graphviz reads it; a backslash is one, and none of its escapes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
