"""Receptive fields in JSON: the most frequent of a report's records that differ from layer to layer."""

import json
from typing import Any

from convcli.report import Path, Phases, ReceptiveField

encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode


def field_dict(field: ReceptiveField | None) -> dict[str, Any] | None:
    """Return a receptive field as a plain dictionary, as it stands in the report; None where it is not known."""
    if field is None or field.kind == "unknown":
        return None
    return json.loads(field_text(field, named=True))  # type: ignore[no-any-return]


def field_text(field: ReceptiveField, *, named: bool) -> str:
    """Encode by hand what is most frequent, lists of integers; `named` says of which input it is."""
    size, stride, start = field.size, field.stride, field.start
    if field.kind == "exact" and size and stride and start and None not in size:
        lists = f'"exact", "size": {list(size)}, "stride": {encode(stride)}, "start": {list(start)}'
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
