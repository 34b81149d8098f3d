"""A graph as a network file."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from convcli.blocks import MERGES
from convcli.graph import Graph, Input
from convcli.ops.catalogue import names
from convcli.outline.classes import Class, Classes
from convcli.outline.scopes import Call, outline
from convcli.quantity import Shape
from convcli.record import Record
from convcli.styled import printable
from convcli.writers.network_yaml.frames import RESERVED, Frame, Unreachable, item_name
from convcli.writers.network_yaml.items import Item, Merge
from convcli.writers.network_yaml.lists import Lists
from convcli.writers.network_yaml.words import spelled

MOST_PARAMETERS = 5
"""A block with more is harder to read than its lists."""

TRIES = 50
"""How often a file is written anew because a tensor in it turned out to need a name."""

PLAIN = re.compile(r"[A-Za-z0-9_(][^#:]*(:(?! )[^#:]*)*")
"""What YAML reads as it stands."""


class Written(Record):
    """A network file, and the layers and inputs that could not keep their names, with the new ones."""

    text: str
    renamed: tuple[tuple[str, str], ...]


def network_yaml(graph: Graph, *, blocks: bool = True, speaking: bool = False) -> Written:
    """Write a network as a file; its repeated scopes as blocks, or as lists in their places.

    With `speaking` layers that are known by numbers get names, so that more can be said.

    Raises:
        Unreachable: the language of network files cannot say it.
    """
    root = outline(graph, functions=True)
    labels = {part for node in graph.nodes for part in node.name.split(".")}
    reserved = frozenset({*RESERVED, *labels, *(made.name for made in graph.inputs), "name"})

    def inline(scope: Call, count: int) -> bool:
        return not blocks or count == 1 or len(scope.steps) == 1 or scope.has_others(graph)

    classes = Classes(
        graph, root, spelled, inline=inline,
        taken={*names(), "Sequential"}, reserved=reserved, labels=True, most=MOST_PARAMETERS,
    )  # fmt: skip
    lists = Lists(graph, root, classes, reserved, speaking=speaking)
    for _ in range(TRIES):
        lists.start()
        text = "\n".join(_lines(graph, root, classes, lists)) + "\n"
        if not lists.again:
            return Written(text, tuple(lists.renamed.items()))
    raise Unreachable("too many tensors need a name")


def _lines(graph: Graph, root: Call, classes: Classes, lists: Lists) -> Iterator[str]:
    yield f"name: {scalar(printable(graph.name) or 'network')}"
    inputs = _inputs(graph, lists)
    one = list(inputs) == ["input"]
    sizes = {name: _size(graph, place, made) for place, (name, made) in enumerate(inputs.items())}
    yield f"input: {list(sizes['input'])}" if one else "inputs:"
    yield from () if one else (f"  {name}: {list(size)}" for name, size in sizes.items())
    frame = Frame("", None, (-1, 0))
    frame.names = {(-1 - place, 0): name for place, name in enumerate(inputs)}
    frame.entries = set() if one else set(inputs)
    items = lists.items(root, None, frame)
    if graph.outputs != (frame.current,):
        outputs = [lists.reference(tensor, frame) for tensor in graph.outputs]
        yield f"outputs: [{', '.join(scalar(output, flow=True) for output in outputs)}]"
    if classes.made:
        yield ""
        yield "blocks:"
        for place, cls in enumerate(classes.made):
            yield from [""] if place else []
            yield from _block(cls, lists)
    yield ""
    yield "layers:" if items else "layers: []"
    yield from rendered(items, 1)


def _block(cls: Class, lists: Lists) -> Iterator[str]:
    scope = cls.call
    lists.seen = set()
    frame = Frame(scope.path, None, scope.inputs[0] if scope.inputs else None)
    taken = {*cls.parameters, *lists.taken}
    frame.names = dict.fromkeys(scope.inputs[:1], "input")
    for place, tensor in enumerate(scope.inputs[1:]):
        frame.names[tensor] = item_name("skip" if place == 0 else f"skip_{place + 1}", taken)
    further = [frame.names[tensor] for tensor in scope.inputs[1:]]
    yield f"  {cls.name}({', '.join([*further, *cls.parameters])}):"
    yield from rendered(lists.items(scope, cls, frame), 2)


def _inputs(graph: Graph, lists: Lists) -> dict[str, Input]:
    """Return the inputs by the names that they have in the file."""
    if len(graph.inputs) == 1 and graph.inputs[0].name in ("input", "x"):
        return {"input": graph.inputs[0]}
    found: dict[str, Input] = {}
    for made in graph.inputs:
        name = re.sub(r"\W", "_", made.name, flags=re.ASCII)
        name = item_name(name if name.isidentifier() else f"_{name}", set(found))
        found[name] = made
        if name != made.name:
            lists.renamed[made.name] = name
    return found


def _size(graph: Graph, place: int, made: Input) -> Shape:
    """Return an input's size without its batch, which stands where the first layer that reads it has it."""
    shape = made.shape or ()
    reader = next((node.op for node in graph.nodes if (-1 - place, 0) in node.inputs), None)
    axis = reader.batch_axis() if reader is not None and reader.module and len(shape) > 1 else 0
    return tuple(size for at, size in enumerate(shape) if at != axis)


def rendered(items: Iterable[Item], indent: int) -> Iterator[str]:
    """Give the lines of a list."""
    margin = "  " * indent
    for item in items:
        name = f"{item.name}: " if item.name is not None else ""
        if isinstance(item.body, str):
            yield f"{margin}- {name}{scalar(item.body)}"
        elif isinstance(item.body, Merge):
            yield from [f"{margin}- {item.name}:"] if name else []
            yield f"{margin}    {item.body.function}:" if name else f"{margin}- {item.body.function}:"
            yield from _branches(item.body.branches, indent + 2 + bool(name))
        else:
            yield f"{margin}- {_list_name(item.name)}:"
            yield from rendered(item.body, indent + 2)


def _branches(branches: Iterable[Item], indent: int) -> Iterator[str]:
    """Give the lines of branches; those without a name, or with a number, are known by their places."""
    margin = "  " * indent
    for branch in branches:
        name = branch.name if branch.name is not None and not branch.name.isdecimal() else None
        body = branch.body
        if isinstance(body, str):
            yield f"{margin}- {f'{name}: ' if name else ''}{scalar(body)}"
        elif name:
            yield f"{margin}- {_list_name(name)}:"
            yield from rendered(body, indent + 2)
        else:
            lines = list(rendered(body, indent + 1))
            yield f"{margin}- {lines[0].lstrip()}" if lines else f"{margin}-"
            yield from lines[1:]


def _list_name(name: Any) -> str:
    """Return the name of a list; in brackets it is none of a merge."""
    return f"({name})" if name in MERGES else str(name)


def scalar(text: str, *, flow: bool = False) -> str:
    """Return a text as YAML reads it, in quotes where it must be."""
    plain = PLAIN.fullmatch(text) and not text.endswith((":", " ")) and text.isascii() and text.isprintable()
    if plain and not (flow and re.search(r"[,\[\]{}]", text)):
        return text
    signs = (json.dumps(sign)[1:-1] if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(signs)}"'  # a sign that JSON writes as two halves is one in YAML
