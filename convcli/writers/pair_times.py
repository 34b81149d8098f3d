"""What two networks take, for people: a sentence with its interval, and the layers that both have."""

from convcli import human
from convcli.styled import NAME, NUMBER
from convcli.timing.compare import CANNOT_TELL
from convcli.timing.compare_layers import COUNTS_FROM, LayerRatio
from convcli.timing.pair import Pair
from convcli.timing.record import Figure, Ratio, SubjectTimes
from convcli.writers.simple_table import CUT, Column, Page, Paragraph, Table

SHOWN = 20
"""Rows of layers, those that matter most; JSON has all."""

COLUMNS = (
    Column("layer", CUT, role=NAME, least=16), *(Column(title, right=True, role=NUMBER) for title in (
        "before", "after", "ratio", "interval")), Column("")
)  # fmt: skip


def pair_page(pair: Pair) -> Page:
    """Return the verdict, the layers that take more than a percent, and how all that was measured."""
    page: list[Paragraph | Table] = [Paragraph(verdict(pair))]
    rows = [_row(one) for one in heaviest(pair)]
    if rows:
        page.append(Table(COLUMNS, tuple(rows)))
    page.append(Paragraph(measured(pair)))
    return tuple(page)


def verdict(pair: Pair) -> str:
    """Say in a sentence which is faster, how much, and how sure that is."""
    ratio, times = pair.ratio, f"{_time(pair.before.total)} -> {_time(pair.after.total)} a pass"
    if ratio.figure.value is None:
        return f"time: cannot tell, since {ratio.reason or ratio.figure.reason}; {times}"
    found = f"{ratio.figure.value:.3f} times as long ({_interval(ratio.figure)}); {times}"
    if ratio.verdict == CANNOT_TELL:
        return f"time: cannot tell: {found}; {_why(ratio)}"
    return f"time: {ratio.verdict}: {found}"


def _why(ratio: Ratio) -> str:
    return ratio.reason or f"here equal things differ by up to {ratio.floor:.1%}"


def measured(pair: Pair) -> str:
    """Say how it was measured, and what came to nothing."""
    first, other = (one.samples[1] for one in _sides(pair))
    how = f"[{first:,} and {other:,} clean passes"
    if pair.timings is not None:
        how += f" in turns, {_processes(len(pair.timings.processes))}"
    return f"{how}; {_config(pair.before)}]"


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"


def _sides(pair: Pair) -> tuple[SubjectTimes, SubjectTimes]:
    return pair.before, pair.after


def _config(one: SubjectTimes) -> str:
    config = one.config
    words = [config.mode if config.optimizer is None else f"a step of {config.optimizer}", config.device, config.dtype]
    words += [word for word, said in (("amp", config.amp), ("channels last", config.channels_last)) if said]
    return ", ".join(words)


def heaviest(pair: Pair) -> list[LayerRatio]:
    """Return the layers of which something can be said and that matter, in their order."""
    whole = max((one.total.value or 0.0 for one in _sides(pair)), default=0.0)
    known = [one for one in pair.layers if one.ratio is not None and _most(one) >= COUNTS_FROM * whole]
    kept = sorted(known, key=_most, reverse=True)[:SHOWN]
    return [one for one in known if one in kept]


def _most(one: LayerRatio) -> float:
    return max(one.before or 0.0, one.after or 0.0)


def _row(one: LayerRatio) -> tuple[str, ...]:
    interval = "" if one.lo is None or one.hi is None else f"{one.lo:.2f} to {one.hi:.2f}"
    return (
        one.name, human.seconds(one.before), human.seconds(one.after), f"{one.ratio:.3f}" if one.ratio else "",
        interval, "" if one.verdict == CANNOT_TELL else one.verdict,
    )  # fmt: skip


def _time(figure: Figure) -> str:
    return "-" if figure.value is None else human.seconds(figure.value)


def _interval(figure: Figure) -> str:
    return "" if figure.lo is None or figure.hi is None else f"{figure.lo:.3f} to {figure.hi:.3f}"
