"""Times in the cells of a table: what was measured of a layer, or of all layers of a scope."""

from typing import TYPE_CHECKING

from convcli import human
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.record import Record
from convcli.report import Report

if TYPE_CHECKING:
    from convcli.timing.record import Figure

OF_A_LAYER = {"time_min": "minimum", "time_p25": "p25", "time_p75": "p75", "time_p95": "p95", "time_n": "n"}
"""The keys of the columns that only a layer has, and what its figure calls them."""

KEYS = ("time", "spread", "share_time", "backward", "flop_s", "byte_s", "ceiling", "predicted", *OF_A_LAYER)
"""The keys of the columns that need a run."""

NO_TRUST = "-"
"""What stands in the place of a number that deserves no trust; why stands below the table."""


class Duration(Record):
    """A time; where it is not known, what bounds it may be.

    Attributes:
        seconds: None where it is not known.
        at_least: the sum of those parts that are known, where some are too short to be timed.
        at_most: above what it cannot be.
        spread: half of the interval, relative to the time.
    """

    seconds: float | None
    at_least: float | None = None
    at_most: float | None = None
    spread: float | None = None

    def shown(self) -> str:
        """Write it in a table's cell."""
        if self.seconds is not None:
            return human.seconds(self.seconds)
        if self.at_least is not None:
            return f">= {human.seconds(self.at_least)}"
        return NO_TRUST if self.at_most is None else f"< {human.seconds(self.at_most)}"


class Times(Record):
    """What a row has of a run.

    Attributes:
        forward: the time of a call.
        figure: the same with all that is known of it; None for a scope.
        backward: None where none was asked for, or nothing flows back.
        share: of the whole pass.
        bound: seconds below which it cannot be on this machine.
        predicted: seconds, by the machine's calibration.
        ceiling: the part of what the machine can do, where that is to be trusted.
    """

    forward: Duration
    figure: "Figure | None"
    backward: Duration | None
    share: float | None
    bound: float | None
    predicted: float | None
    ceiling: float | None


def of_figure(times: Times | None, name: str) -> float | None:
    """Return a number of a layer's figure."""
    return getattr(times.figure, name) if times and times.figure else None


def shown_of_figure(times: Times | None, name: str) -> str:
    """Write a number of a layer's figure; a scope has none."""
    if times is None or times.figure is None:
        return ""
    found = of_figure(times, name)
    return NO_TRUST if found is None else str(found) if name == "n" else human.seconds(found)


def check_run(keys: list[str], report: Report) -> None:
    """Refuse columns of times where nothing was timed.

    Raises:
        ConvcliError: the report has no times.
    """
    if report.timings is None:
        for key in KEYS:
            if key in keys:
                raise ConvcliError(
                    [Diagnostic("CV058", f"the column `{key}` needs a run", help="add `--run`, which needs torch")]
                )


def seconds(times: Times | None) -> float | None:
    """Return the time of a call."""
    return times.forward.seconds if times else None


def shown_seconds(times: Times | None) -> str:
    """Write the time of a call."""
    return times.forward.shown() if times else ""


def spread(times: Times | None) -> float | None:
    """Return half of the interval, relative to the time."""
    return times.forward.spread if times else None


def backward(times: Times | None) -> float | None:
    """Return the time of what flows back."""
    return times.backward.seconds if times and times.backward else None


def shown_backward(times: Times | None) -> str:
    """Write the time of what flows back; nothing where nothing does."""
    return times.backward.shown() if times and times.backward else ""


def rate(amount: int | None, times: Times | None) -> float | None:
    """Return what is done in a second of a call; None where that is not known, or nothing is to be done."""
    time = seconds(times)
    return amount / time if amount and time else None


def shown_rate(amount: int | None, times: Times | None) -> str:
    """Write what is done in a second."""
    if times is None or amount == 0:
        return ""
    if amount is None:
        return human.exact(None)
    found = rate(amount, times)
    return NO_TRUST if found is None else human.short(round(found))


def shown_percent(part: float | None, times: Times | None) -> str:
    """Write a part of a whole, with one decimal."""
    return "" if times is None else NO_TRUST if part is None else f"{100 * part:.1f}"


def shown_prediction(value: float | None, times: Times | None) -> str:
    """Write a prediction, or a bound."""
    return "" if times is None else NO_TRUST if value is None else human.seconds(value)
