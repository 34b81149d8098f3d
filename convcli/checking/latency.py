"""Whether a network takes longer than a baseline: both are timed in one run, in turns."""

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from convcli.budgets.metrics import LATENCY, UNKNOWN
from convcli.budgets.record import ERROR, Budget, Judgement, Limit, Value
from convcli.checked import Verdict
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic
from convcli.quantity import Shape
from convcli.record import Record
from convcli.running.ask import Progress
from convcli.source import Span, phrase

if TYPE_CHECKING:
    from convcli.timing.pair import Pair
    from convcli.timing.wanted import Run

MOST = "1.05"
"""How many times as long a network may take, where nothing else is said."""

_NUMBER = re.compile(r"(?:<=)?\s*(\d{1,6}(?:\.\d{1,9})?)\s*x?")


class Against(Record):
    """What times are held against.

    Attributes:
        baseline: a network as for `diff`, or `REV:` for the same file in that revision.
        limit: how many times as long a network may take.
        span: where that is written.
        run: how both are timed.
    """

    baseline: str
    limit: Limit
    span: Span
    run: "Run"

    def of(self, path: str) -> str:
        """Return the baseline of a file."""
        return f"{self.baseline}{path}" if self.baseline.endswith(":") else self.baseline


def against(baseline: str | None, most: str | float | None, run: "Run | None") -> Against | None:
    """Read what times are held against; None without a baseline.

    Raises:
        ConvcliError: the limit is no positive number, or has no baseline.
    """
    if baseline is None:
        if most is None:
            return None
        help = "add `--baseline MODEL`, or `--baseline main:` for the same file in a revision"
        raise ConvcliError([Diagnostic("CV010", "`--max-latency` has no meaning without a baseline", help=help)])
    from convcli.timing.wanted import Run

    text = str(MOST if most is None else most).strip()
    line = phrase(f"latency: {text}", "<budgets>")
    number = _NUMBER.fullmatch(text)
    value = Fraction(number[1]) if number else Fraction(0)
    if value <= 0:
        help = f"write how many times as long it may take: `{MOST}`"
        raise ConvcliError([Diagnostic("CV411", f"`{text[:40]}` is no ratio of times", line.whole(), help=help)])
    return Against(baseline, Limit("<=", value, f"{float(value):g}"), line.whole(), run or Run())


def held(verdict: Verdict, wanted: Against, options: dict[str, Any], progress: Progress) -> Verdict:
    """Time a network against the baseline, and judge it; one that could not be counted is not timed.

    Raises:
        ConvcliError: the baseline cannot be read, torch is missing, or a run fails.
    """
    from convcli.comparing import diff

    if verdict.totals is None:
        return verdict
    sizes: dict[str, Shape] = {made.name: tuple(size or 0 for size in made.shape or ()) for made in verdict.inputs}
    baseline = wanted.of(verdict.path)
    own = verdict.variant if baseline != wanted.baseline else None
    try:
        found = diff(
            baseline, verdict.path, input=sizes if len(sizes) > 1 else next(iter(sizes.values())), batched=True,
            variant_before=own, variant_after=verdict.variant, run=wanted.run, progress=progress, **options,
        )  # fmt: skip
    except ConvcliError as error:
        if error.report is None or error.report.before is not None:
            raise
        return _judged(verdict, wanted, UNKNOWN, _said(verdict, "CV408", WARNING, f"there is no {baseline} yet"))
    return _judged(verdict, wanted, *_compared(verdict, wanted, baseline, found.times))


def _compared(verdict: Verdict, wanted: Against, baseline: str, pair: "Pair | None") -> tuple[Value, Diagnostic | None]:
    """Return the ratio, and what there is to say of it: that it is too large, or that it may be."""
    ratio = pair.ratio.figure if pair else None
    if pair is None or ratio is None or ratio.value is None or ratio.lo is None or ratio.hi is None:
        why = (pair and (pair.ratio.reason or pair.ratio.figure.reason)) or "nothing was measured"
        return UNKNOWN, _said(verdict, "CV408", WARNING, f"cannot be held against {baseline}: {why}")
    most = float(wanted.limit.value)
    text = f"{ratio.value:.3f} times as long as {baseline} ({ratio.lo:.3f} to {ratio.hi:.3f})"
    if pair.ratio.reason is None and ratio.lo > most:
        return Value(ratio.value), _said(verdict, "CV407", ERROR, f"takes {text}, more than {wanted.limit.text}")
    if pair.ratio.reason is not None or ratio.hi > most:
        why = pair.ratio.reason or "that is not steady enough to tell"
        return Value(ratio.value), _said(verdict, "CV408", WARNING, f"takes {text}, allowed is {most:g}: {why}")
    return Value(ratio.value), None


def _judged(verdict: Verdict, wanted: Against, value: Value, found: Diagnostic | None) -> Verdict:
    """Add the budget to a verdict. What cannot be told is no failure: the budget holds, and a warning says so."""
    budget = Budget(LATENCY.name, None, (wanted.limit,), 0, ERROR, wanted.span)
    placed = None if found is None else found._replace(span=wanted.span)
    judgement = Judgement(budget, value, placed if placed is not None and placed.level == ERROR else None)
    findings = verdict.findings if placed is None else (*verdict.findings, placed)
    return verdict._replace(findings=findings, judgements=(*verdict.judgements, judgement))


def _said(verdict: Verdict, code: str, level: str, message: str) -> Diagnostic:
    help = "" if level == ERROR else "a longer run tells more: `convcli diff --run --seconds 10`"
    return Diagnostic(code, f"{verdict.title()}: {message}", help=help, level=level)
