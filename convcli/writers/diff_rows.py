"""The rows of a comparison: layers that differ, alone, or many that differ alike in one row."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from convcli import human
from convcli.compare.record import (
    ADDED,
    AFFECTED,
    MOVED,
    REMOVED,
    RENAMED,
    Argument,
    Comparison,
    LayerChange,
    outlines,
)
from convcli.ops.catalogue import find
from convcli.record import Record
from convcli.report import LayerReport, Report


class DiffRow(Record):
    """What differs in one way: its name, its operator with what differs there, and the layers in question."""

    change: str
    name: str
    text: str
    layers: tuple[LayerChange, ...]


def diff_rows(found: Comparison, *, all_layers: bool) -> list[DiffRow]:
    """Return the rows; with `all_layers` each has one layer, and none is left out."""
    if all_layers:
        return [_single(layer) for layer in found.layers]
    layers = [layer for layer in found.layers if layer.change != AFFECTED or is_shown(layer)]
    scopes = {
        ADDED: _whole_scopes([layer.after for layer in layers if layer.change == ADDED], found.after),
        REMOVED: _whole_scopes([layer.before for layer in layers if layer.change == REMOVED], found.before),
    }

    def kind(layer: LayerChange) -> tuple[str, ...]:
        if layer.change in scopes:
            return layer.change, _outermost(layer.after or layer.before, scopes[layer.change])
        if layer.change == RENAMED and not is_shown(layer):
            return layer.change, *_prefixes(layer)
        if layer.change in (AFFECTED, MOVED):
            return (layer.change,)
        return layer.change, _name(layer)

    rows = []
    for (change, *where), group in groupby(layers, kind):
        many = tuple(group)
        rows.append(_single(many[0]) if len(many) == 1 else _folded(change, where, many))
    return rows


def is_shown(layer: LayerChange) -> bool:
    """Say whether a layer that was not touched has other sizes or costs, not only another receptive field."""
    return layer.before is None or layer.after is None or outlines(layer.before) != outlines(layer.after)


def _whole_scopes(layers: Sequence[LayerReport | None], report: Report | None) -> set[str]:
    """Return the scopes of a network that hold nothing but these layers."""
    those = {layer.name for layer in layers if layer}
    others = {scope for layer in (report.layers if report else ()) if layer.name not in those
              for scope in _scopes(layer.name)}  # fmt: skip
    return {scope for name in those for scope in _scopes(name)} - others


def _scopes(name: str) -> Iterator[str]:
    at = name.find(".")
    while at >= 0:
        yield name[:at]
        at = name.find(".", at + 1)


def _outermost(layer: LayerReport | None, scopes: set[str]) -> str:
    name = layer.name if layer else ""
    return next((scope for scope in _scopes(name) if scope in scopes), name)


def _prefixes(layer: LayerChange) -> tuple[str, str]:
    """Return the names of a renamed layer up to what they have in common at their ends."""
    old = (layer.before.name if layer.before else "").split(".")
    new = (layer.after.name if layer.after else "").split(".")
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old.pop()
        new.pop()
    if old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return ".".join(old), ".".join(new)


def _folded(change: str, where: Sequence[str], layers: tuple[LayerChange, ...]) -> DiffRow:
    count = human.counted(len(layers), "layer")
    first, last = _name(layers[0]), _name(layers[-1])
    if change in (ADDED, REMOVED):
        return DiffRow(change, where[0], f"({count})", layers)
    if change == RENAMED:
        old, new = (f"{prefix}.*" if prefix else "*" for prefix in where)
        return DiffRow(change, f"{old} -> {new}", f"({count})", layers)
    if change == MOVED:
        return DiffRow(change, f"{first} ... {last}", f"({count})", layers)
    shares = [part for label, name in (("MACs", "macs"), ("params", "params")) if (part := _share(label, name, layers))]
    text = f"{count} further on" + (f": {', '.join(shares)}" if shares else "")
    return DiffRow(change, f"{first} ... {last}", text, layers)


def _share(label: str, name: str, layers: Sequence[LayerChange]) -> str:
    """Say by what part a cost of many layers differs; nothing where it does not, or where that is not known."""
    sums = []
    for side in ("before", "after"):
        values = [getattr(getattr(layer, side), name) for layer in layers]
        if None in values:
            return f"{label} ?"
        sums.append(sum(values))
    old, new = sums
    return "" if old == new or not old else f"{label} {human.change(old, new)}"


def _name(layer: LayerChange) -> str:
    one = layer.after or layer.before
    return one.name if one else ""


def _single(layer: LayerChange) -> DiffRow:
    before, after = layer.before, layer.after
    if before is None or after is None:
        return DiffRow(layer.change, _name(layer), _text(after or before), (layer,))
    name = f"{before.name} -> {after.name}" if layer.renamed else after.name
    if before.op != after.op:
        parts = [f"{_text(before)} -> {_text(after)}"]
    else:
        parts = [_argument(after.op, one) for one in (*layer.arguments, *layer.follows)]
        parts = [f"{after.op} {', '.join(parts)}"] if parts else [_text(after)]
    if layer.inputs:
        parts.append(f"inputs {', '.join(before.inputs)} -> {', '.join(after.inputs)}")
    if layer.shared:
        parts.append(f"weights of {_weights(before)} -> {_weights(after)}")
    return DiffRow(layer.change, name, "; ".join(parts), (layer,))


def _text(layer: LayerReport | None) -> str:
    return "" if layer is None else f"{layer.text} again" if layer.call > 1 else layer.text


def _weights(layer: LayerReport) -> str:
    return f"{layer.module}, shared" if layer.call > 1 else "its own"


def _argument(op: str, one: Argument) -> str:
    operator = find(op)
    show = operator.arguments[one.name].kind.show if operator and one.name in operator.arguments else str
    return f"{one.name} {_shown(show, one.before)} -> {_shown(show, one.after)}"


def _shown(show: object, value: object) -> str:
    return "none" if value is None else str(show(value))  # type: ignore[operator]
