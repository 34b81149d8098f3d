"""Two networks side by side: read, counted alike, and compared."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import how_trained, read_model, report_of, shared_options, whole
from convcli.collector import paused_collector
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report
from convcli.running.ask import Progress, silent
from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.compared import Comparison
    from convcli.readers.sides import Side
    from convcli.timing.pair import Pair
    from convcli.timing.wanted import Run

Settings = Mapping[str, Any]


def diff(
    before: Any,
    after: Any,
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    variant_before: str | None = None,
    variant_after: str | None = None,
    set: Settings | None = None,
    set_before: Settings | None = None,
    set_after: Settings | None = None,
    dtype: str = "float32",
    optimizer: str = "sgd",
    amp: bool = False,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
    roofline: bool = False,
    run: "Run | None" = None,
    progress: Progress = silent,
) -> "Comparison":
    """Compare two networks: what was added, removed, changed, and what that costs, layer by layer and in total.

    Args:
        before: a network as for `profile`, or `REV:path`, a file as it stands in a revision of git.
        after: the other one. One of the two may be missing in its revision.
        input: the size that flows into both.
        batch: the batch of both, where `input` has none.
        batched: say whether `input` has a batch.
        variant: a variant of both.
        variant_before: the variant of the first, where it has another one.
        variant_after: the variant of the second.
        set: variables of both.
        set_before: further variables of the first.
        set_after: further variables of the second.
        dtype: the type of all floating point numbers, for sizes in bytes.
        optimizer: "sgd", "momentum", "adam" or "adamw", for the memory of training.
        amp: mixed precision, for memory: convolutions and products in float16.
        max_layers: the limit of layers of each (default 100,000).
        max_size: the limit of each file's size in bytes (default 2 MiB).
        from_format: the format of both files, "darknet" say, where name and content do not tell.
        roofline: work out what each layer must read and write too.
        run: build both with torch and time them in turns, as `Run` says; the answer has `times` then.
        progress: is told during a run how much is done, from 0 to 1, and what is being done.

    Raises:
        ConvcliError: something is wrong with one of them, or with both.

    Example:
        >>> found = diff("vgg16", "vgg16_bn")
        >>> found.status, len(found.layers), {layer.change for layer in found.layers}
        ('changed', 13, {'added'})
    """
    fed: dict[str, Any] = {"input": input, "batch": batch, "batched": batched, "max_layers": max_layers}
    options = shared_options(**fed) | {"dtype": dtype, "needs_input": True, "roofline": roofline}
    options["training"] = how_trained(optimizer, amp=amp)
    models, both = (before, after), set or {}
    variants = variant_before or variant, variant_after or variant
    settings = {**both, **(set_before or {})}, {**both, **(set_after or {})}
    found = _compared(models, (max_size, from_format), options, variants, settings)
    if run is None:
        return found
    how = {"dtype": dtype, "optimizer": optimizer, "amp": amp, "progress": progress, **fed}
    how |= {"max_size": max_size, "from_format": from_format}
    return _timed(found, models, run, variants=variants, settings=settings, **how)


def diff_times(before: str | Path, after: str | Path, *, max_size: int | None = None) -> "Pair":
    """Compare the times of two reports that `profile --run` wrote as JSON.

    Times are compared only where machine and settings were the same; a difference in the first field
    that was not is the error.

    Args:
        before: the earlier report's file.
        after: the later one.
        max_size: the limit of each file's size in bytes (default 64 MiB).

    Raises:
        ConvcliError: one of them is no such report, or they cannot be compared.

    Example:
        >>> diff_times("monday.json", "tuesday.json").ratio.verdict  # doctest: +SKIP
        'cannot tell'
    """
    from convcli.readers.files import read_text
    from convcli.timing.pair import pair_of_runs
    from convcli.timing.stored import MAX_SIZE, read_timings

    runs = []
    errors: list[Diagnostic] = []
    for path in (before, after):
        try:
            runs.append(read_timings(read_text(Path(path), max_size or MAX_SIZE)))
        except ConvcliError as error:
            errors += error.diagnostics
    if errors:
        raise ConvcliError(errors)
    return pair_of_runs(*runs)


def _timed(found: "Comparison", models: tuple[str | Path, str | Path], run: "Run", **how: Any) -> "Comparison":
    """Time both networks; what is known of a run that failed is in the error's report.

    Raises:
        ConvcliError: one of them does not exist, or cannot be timed.
    """
    from convcli.running.pair import timed_pair

    if found.before is None or found.after is None:
        message = f"there are no two networks to time: this one is {found.status}"
        raise ConvcliError([Diagnostic("CV053", message, help="leave out `--run`")], found)
    try:
        pair = timed_pair(models, run, **how)
    except ConvcliError as error:
        raise ConvcliError(error.diagnostics, found._replace(times=error.report)) from None
    return found._replace(times=pair)


def _compared(
    models: tuple[str | Path, str | Path],
    reading: tuple[int | None, str | None],
    options: dict[str, Any],
    variants: tuple[str | None, str | None],
    settings: tuple[Settings, Settings],
) -> "Comparison":
    from convcli.compare.compare import compare
    from convcli.compared import Comparison
    from convcli.readers.sides import read_sides

    sides = read_sides(*models, *reading, read_model)
    reports: list[Report | None] = []
    errors: list[Diagnostic] = []
    for side, variant, values in zip(sides, variants, settings, strict=True):
        try:
            reports.append(_report(side, variant, values, options))
        except ConvcliError as error:
            errors += error.diagnostics
    if errors:
        raise ConvcliError(dict.fromkeys(errors))
    old, new = reports
    with paused_collector():
        return Comparison(*compare(old, new, sides[0].shown, sides[1].shown))


def _report(side: "Side", variant: str | None, settings: Settings, options: dict[str, Any]) -> Report | None:
    if side.network is None:
        return None
    return whole(report_of(side.network, variant=variant or side.variant, settings=settings, **options))
