"""The records of budgets: what was asked for, and what came of it."""

from typing import TYPE_CHECKING, Any

from convcli.diagnostics import Diagnostic
from convcli.record import Record
from convcli.source import Span

if TYPE_CHECKING:
    from fractions import Fraction

ERROR, WARN, OFF = "error", "warn", "off"
LEVELS = (ERROR, WARN, OFF)


class Limit(Record):
    """A bound, or what a number has to be equal to; `text` is how it is written."""

    sign: str
    """One of `<=`, `<`, `>=`, `>` and `==`."""
    value: Any
    """An integer; for what has several axes, or several outputs, a tuple."""
    text: str


class Budget(Record):
    """One line of a `check:`: a metric, of the whole network or of some layers, and its limits.

    Attributes:
        metric: its name, as in `METRICS`.
        pattern: names of layers, `layer4.*`; None for the whole network.
        limits: all that has to be true.
        tolerance: how far it may be from what it has to be equal to, as a part of that.
        level: "error", "warn" or "off".
        span: where it is written.
    """

    metric: str
    pattern: str | None
    limits: tuple[Limit, ...]
    tolerance: "Fraction | int"
    level: str
    span: Span

    def name(self) -> str:
        """Return what it judges, as messages and reports call it: `macs`, `layer4.*: macs`."""
        return self.metric if self.pattern is None else f"{self.pattern}: {self.metric}"

    def limit(self) -> str:
        """Return its limits in words: `>= 10 and <= 20`."""
        within = f" +- {float(100 * self.tolerance):g} %" if self.tolerance else ""
        return (
            " and ".join(limit.text if limit.sign == "==" else f"{limit.sign} {limit.text}" for limit in self.limits)
            + within
        )


class Value(Record):
    """What a metric is: a number, or one for each axis, or the shapes of outputs.

    `known` is False where a number is a bound from below, or nothing is known at all; `whole` says
    of a receptive field that a path sees the whole input, which satisfies every bound from below.
    """

    value: Any
    known: bool = True
    whole: bool = False


class Judgement(Record):
    """A budget with what was found; `found` is the complaint if it is broken."""

    budget: Budget
    value: Value
    found: Diagnostic | None

    @property
    def good(self) -> bool:
        """Whether the budget holds."""
        return self.found is None
