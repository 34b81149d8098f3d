"""Which arguments of two paired layers differ, and which of these only follow what flows in."""

from typing import Any

from convcli.compare.keys import depthwise
from convcli.compare.record import Argument
from convcli.ops.catalogue import find
from convcli.report import LayerReport

Arguments = tuple[Argument, ...]


class Differences:
    """Compares arguments; equal operators on equal inputs once."""

    def __init__(self) -> None:
        self.known: dict[Any, tuple[Arguments, Arguments]] = {}

    def between(self, before: LayerReport, after: LayerReport) -> tuple[Arguments, Arguments]:
        """Return the arguments that were written differently, and those that follow; none where operators differ."""
        if before.op != after.op or before.text == after.text:
            return (), ()
        key = (id(before.args), id(after.args), before.input_shapes, after.input_shapes)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = _compare(before, after)
        return found


def _compare(before: LayerReport, after: LayerReport) -> tuple[Arguments, Arguments]:
    written: list[Argument] = []
    follows: list[Argument] = []
    stays = depthwise(before.args) is not None and depthwise(before.args) == depthwise(after.args)
    for name in dict.fromkeys((*before.args, *after.args)):
        old, new = before.args.get(name), after.args.get(name)
        if repr(old) == repr(new):
            continue
        forced = (stays and name in ("groups", "out_channels")) or (
            _inferred(before, name, old) and _inferred(after, name, new)
        )
        (follows if forced else written).append(Argument(name, old, new))
    return tuple(written), tuple(follows)


def _inferred(layer: LayerReport, name: str, value: Any) -> bool:
    """Say whether an argument has the value that `_` would have."""
    operator = find(layer.op)
    shapes: list[Any] = [shape for shape in layer.input_shapes if shape]
    if operator is None or not operator.arguments[name].inferred or len(shapes) < len(layer.input_shapes):
        return False
    expected = shapes[0][-len(value) :] if isinstance(value, tuple) else operator.infer(name, shapes)
    return bool(expected == value)
