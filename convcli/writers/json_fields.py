"""Receptive fields and places in JSON: the most frequent of a report's records that differ from layer to layer."""

import json
from typing import Any

from convcli.report import Path, Phases, ReceptiveField
from convcli.source import Span

encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode
text = json.encoder.encode_basestring
"""Encodes a text alone, in a third of the time."""


def field_dict(field: ReceptiveField | None) -> dict[str, Any] | None:
    """Return a receptive field as a plain dictionary, as it stands in the report; None where it is not known."""
    if field is None or field.kind == "unknown":
        return None
    return json.loads(field_text(field, named=True))  # type: ignore[no-any-return]


def field_text(field: ReceptiveField, *, named: bool) -> str:
    """Encode by hand what is most frequent, lists of integers; `named` says of which input it is."""
    size, stride, start = field.size, field.stride, field.start
    if field.kind == "exact" and size and stride and start and None not in size:
        strides = encode(stride) if str in map(type, stride) else list(stride)
        lists = f'"exact", "size": {list(size)}, "stride": {strides}, "start": {list(start)}'
    else:
        lists = f'{encode(field.kind)}, "size": {encode(size)}, "stride": {encode(stride)}'
        lists += f', "start": {encode(start)}'
    more = '"phases": null, "paths": null'
    if field.phases or field.paths:
        phases = field.phases and [_phases(phases) for phases in field.phases]
        paths = field.paths and [[_path(path) for path in row] for row in field.paths]
        more = f'"phases": {encode(phases)}, "paths": {encode(paths)}'
    exceeds = "true" if field.exceeds else "false"
    text = f'{{"kind": {lists}, "global": {"true" if field.whole else "false"}, {more}, "exceeds_input": {exceeds}'
    if not named:
        return f"{text}}}"
    others = ", ".join(field_text(other, named=True) for other in field.others)
    return f'{text}, "input": {encode(field.input)}, "others": [{others}]}}'


def _phases(phases: Phases | None) -> dict[str, Any] | None:
    if phases is None:
        return None
    units = [unit and {"start": unit[0], "size": unit[1]} for unit in phases.units]
    return {"step": phases.step, "units": units}


def _path(path: Path) -> dict[str, Any]:
    return {"size": path.size, "stride": path.stride, "start": path.start, "phases": _phases(path.phases)}


def source_dict(span: Span | None, via: tuple[Span, ...]) -> dict[str, Any] | None:
    """Return a place as a plain dictionary; None where there is none."""
    return json.loads(source_text(span, via))  # type: ignore[no-any-return]


def source_text(span: Span | None, via: tuple[Span, ...]) -> str:
    """Encode a place and the calls that led there; `end_column` is one past the last character."""
    if span is None:
        return "null"
    line, column = span.source.position(span.start)
    end_line, end_column = span.last()
    calls = encode([_via(span, call) for call in via]) if via else "[]"
    return (
        f'{{"file": {text(span.source.name)}, "line": {line}, "column": {column}, '
        f'"end_line": {end_line}, "end_column": {end_column + 1}, "via": {calls}}}'
    )


def _via(span: Span, call: Span) -> dict[str, Any]:
    line, column = call.source.position(call.start)
    place: dict[str, Any] = {"line": line, "column": column}
    if call.source is not span.source:
        place["file"] = call.source.name
    return place
