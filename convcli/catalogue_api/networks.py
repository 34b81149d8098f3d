"""The catalogue of bundled networks, each profiled when it is asked for."""

from collections.abc import Callable
from pathlib import Path

from convcli.catalogue_api.missing import refuse_unknown
from convcli.record import Record
from convcli.report import OptionalShape, Report


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


Profile = Callable[[str], Report]
"""What profiles a network by its name: `convcli.profile`, which stands a floor higher."""

SORTS = ("name", "params", "macs")


def model(name: str, profile: Profile) -> ModelEntry:
    """Profile a bundled network (see `convcli.models`)."""
    from convcli.readers.bundled import bundled_names

    known = bundled_names()
    if name not in known:
        refuse_unknown("CV001", "bundled network", name, known, "`convcli models` lists them")
    return _model(name, profile)


def models(
    profile: Profile, filter: str | None, sort: str | None, progress: Callable[[int, int], None] | None
) -> tuple[ModelEntry, ...]:
    """Profile the bundled networks (see `convcli.models`)."""
    from convcli.readers.bundled import bundled_names

    known = bundled_names()
    if sort not in (None, *SORTS):
        refuse_unknown("CV008", "column to sort by called", str(sort), SORTS, f"sort by {', '.join(SORTS)}")
    chosen = [each for each in known if (filter or "").casefold() in each.casefold()]
    entries = []
    for done, each in enumerate(chosen):
        entries.append(_model(each, profile))
        if progress:
            progress(done + 1, len(chosen))
    if sort:
        entries.sort(key=lambda entry: getattr(entry, sort), reverse=sort != "name")
    return tuple(entries)


def _model(name: str, profile: Profile) -> ModelEntry:
    from convcli.readers.bundled import bundled_index

    report, found = profile(name), bundled_index()[name]
    text = found.path.read_text(encoding="utf-8")
    return ModelEntry(
        name, found.path.stem, found.path, found.variant, text.partition("\n")[0].lstrip("# "),
        tuple(made.shape for made in report.inputs), tuple(made.shape for made in report.outputs),
        report.totals.layers, report.totals.params, report.totals.macs, text,
    )  # fmt: skip
