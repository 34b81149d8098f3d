"""Two networks side by side: read, counted alike, and compared."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import read_model, report_of, shared_options, whole
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report
from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.compared import Comparison
    from convcli.readers.sides import Side

Settings = Mapping[str, Any]


def diff(
    before: str | Path,
    after: str | Path,
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
    max_layers: int | None = None,
    max_size: int | None = None,
    roofline: bool = False,
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
        max_layers: the limit of layers of each (default 100,000).
        max_size: the limit of each file's size in bytes (default 2 MiB).
        roofline: work out what each layer must read and write too.

    Raises:
        ConvcliError: something is wrong with one of them, or with both.

    Example:
        >>> found = diff("vgg16", "vgg16_bn")
        >>> found.status, len(found.layers), {layer.change for layer in found.layers}
        ('changed', 13, {'added'})
    """
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    options |= {"dtype": dtype, "needs_input": True, "roofline": roofline}
    both = set or {}
    return _compared(
        (before, after), max_size, options, (variant_before or variant, variant_after or variant),
        ({**both, **(set_before or {})}, {**both, **(set_after or {})}),
    )  # fmt: skip


def _compared(
    models: tuple[str | Path, str | Path],
    max_size: int | None,
    options: dict[str, Any],
    variants: tuple[str | None, str | None],
    settings: tuple[Settings, Settings],
) -> "Comparison":
    from convcli.compare.compare import compare
    from convcli.compared import Comparison
    from convcli.readers.sides import read_sides

    sides = read_sides(*models, max_size, read_model)
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
    return Comparison(*compare(old, new, sides[0].shown, sides[1].shown))


def _report(side: "Side", variant: str | None, settings: Settings, options: dict[str, Any]) -> Report | None:
    if side.network is None:
        return None
    return whole(report_of(side.network, variant=variant or side.variant, settings=settings, **options))
