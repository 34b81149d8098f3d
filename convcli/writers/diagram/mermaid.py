"""Mermaid, which GitHub and many wikis draw where it stands in their Markdown."""

from collections.abc import Iterator

from convcli.writers.diagram.picture import Box, Group, Picture, colour, walk

ENTITIES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;", "|": "#124;"}
"""What means something in a label; the rest, brackets too, may stand between quotes."""


def mermaid(shown: Picture) -> str:
    """Draw a picture as a flow chart."""
    return "\n".join(_lines(shown)) + "\n"


def _lines(shown: Picture) -> Iterator[str]:
    yield f"%% {_comment(shown.title)}" + (f", folded at depth {shown.depth}" if shown.depth else "")
    yield "flowchart TD"
    for place, (depth, item) in enumerate(walk(shown)):
        margin = "  " * (depth + 1)
        if item is None:
            yield f"{margin}end"
        elif isinstance(item, Group):
            yield f'{margin}subgraph g{place}["{_escaped(item.title)}"]'
        else:
            yield f"{margin}n{item.key}{_shape(item)}"
    for edge in shown.edges:
        yield f'  n{edge.start} -->|"{_escaped(edge.shape)}"| n{edge.end}'
    for box in shown.boxes:
        if box.cost is not None:
            yield f"  style n{box.key} fill:{colour(box.cost)}"


def _shape(box: Box) -> str:
    text = "<br/>".join(map(_escaped, box.lines))
    return f'["{text}"]' if box.kind == "layer" else f'[["{text}"]]' if box.kind == "scope" else f'(["{text}"])'


def _escaped(text: str) -> str:
    return "".join(ENTITIES.get(character, character) for character in text)


def _comment(text: str) -> str:
    return text.replace("%", "_").replace("{", "_")
