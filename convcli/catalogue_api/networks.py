"""The catalogue of bundled networks, each profiled when it is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import overload

from convcli.catalogue_api.missing import refuse_unknown
from convcli.record import Record
from convcli.report import OptionalShape


class ModelEntry(Record):
    """A bundled network; `file` is where it stands, `text` what stands there, `variant` which part of it."""

    name: str
    family: str
    file: Path
    variant: str | None
    description: str
    inputs: tuple[OptionalShape, ...]
    outputs: tuple[OptionalShape, ...]
    layers: int
    params: int
    macs: int
    text: str


SORTS = ("name", "params", "macs")


@overload
def models(name: str) -> ModelEntry: ...
@overload
def models(
    name: None = None, *, filter: str | None = None, sort: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ModelEntry, ...]: ...  # fmt: skip
def models(
    name: str | None = None, *, filter: str | None = None, sort: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ModelEntry, ...] | ModelEntry:  # fmt: skip
    """Profile a bundled network, or all of them, family by family.

    Args:
        name: one of them; None for all.
        filter: only those with this text in their names.
        sort: "name", or "params" or "macs", largest first.
        progress: is told how many networks are done, and of how many.

    Raises:
        ConvcliError: there is no such network, or nothing to sort by.

    Example:
        >>> [model.name for model in models(filter="resnet1", sort="macs")]
        ['resnet152', 'resnet101', 'resnet18']
    """
    from convcli.readers.bundled import bundled_names

    known = bundled_names()
    if name is not None:
        if name not in known:
            refuse_unknown("CV001", "bundled network", name, known, "`convcli models` lists them")
        return _model(name)
    if sort not in (None, *SORTS):
        refuse_unknown("CV008", "column to sort by called", str(sort), SORTS, f"sort by {', '.join(SORTS)}")
    chosen = [each for each in known if (filter or "").casefold() in each.casefold()]
    entries = []
    for done, each in enumerate(chosen):
        entries.append(_model(each))
        if progress:
            progress(done + 1, len(chosen))
    if sort:
        entries.sort(key=lambda entry: getattr(entry, sort), reverse=sort != "name")
    return tuple(entries)


def _model(name: str) -> ModelEntry:
    from convcli.api import profile
    from convcli.readers.bundled import bundled

    report, found = profile(name), bundled(name)
    assert found is not None
    text = found.path.read_text(encoding="utf-8")
    return ModelEntry(
        name, found.path.stem, found.path, found.variant, text.partition("\n")[0].lstrip("# "),
        tuple(made.shape for made in report.inputs), tuple(made.shape for made in report.outputs),
        report.totals.layers, report.totals.params, report.totals.macs, text,
    )  # fmt: skip
