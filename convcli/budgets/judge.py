"""Judging: each budget against a report."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from convcli import human
from convcli.budgets.metrics import AXES, METRICS, RATIO, SHAPES, UNKNOWN, Metric, Rows
from convcli.budgets.quantities import BYTES
from convcli.budgets.record import OFF, WARN, Budget, Judgement, Limit, Value
from convcli.budgets.select import matching
from convcli.diagnostics import ERROR, WARNING, Diagnostic, suggestion
from convcli.report import Report

if TYPE_CHECKING:
    from fractions import Fraction

HEAVIEST = 3
"""The layers that a broken budget names."""

_HOLDS = {
    "<=": lambda have, want: have <= want,
    "<": lambda have, want: have < want,
    ">=": lambda have, want: have >= want,
    ">": lambda have, want: have > want,
    "==": lambda have, want: have == want,
}


def judge(report: Report, budgets: Iterable[Budget], given: Mapping[str, Value] | None = None) -> list[Judgement]:
    """Judge budgets; `given` has the values of metrics that no report has.

    What is not known never holds, and neither does what is asked of layers that do not exist.
    """
    return [_judged(report, budget, given or {}) for budget in budgets if budget.level != OFF]


def _judged(report: Report, budget: Budget, given: Mapping[str, Value]) -> Judgement:
    metric = METRICS[budget.metric]
    rows: Rows | None = None
    if budget.pattern is not None:
        rows = matching(report, budget.pattern)
        if not rows:
            names = [row.name for row in report.layers]
            help = suggestion(budget.pattern, names, "a pattern that matches nothing judges nothing")
            return _broken(report, budget, UNKNOWN, "CV403", f"no layer is called `{budget.pattern}`", help)
    value = metric.of(report, rows) if metric.of else given.get(metric.name, UNKNOWN)
    if not value.known:
        return _broken(report, budget, value, "CV402", *_unknown(report, metric, value))
    for limit in budget.limits:
        if not _holds(metric, limit, value, budget.tolerance):
            help = _heaviest(report, rows, metric, limit)
            return _broken(report, budget, value, "CV401", _far(budget, metric, limit, value), help)
    return Judgement(budget, value, None)


def _broken(report: Report, budget: Budget, value: Value, code: str, message: str, help: str = "") -> Judgement:
    """Complain of a budget; say of which network where its place does not."""
    level = WARNING if budget.level == WARN else ERROR
    elsewhere = report.source if budget.span.source.name != report.source else ""
    which = " ".join(filter(None, (elsewhere, report.variant and f"variant {report.variant}")))
    name = f"{which}: {budget.name()}" if which else budget.name()
    return Judgement(budget, value, Diagnostic(code, f"{name}: {message}", budget.span, help=help, level=level))


def _holds(metric: Metric, limit: Limit, value: Value, tolerance: "Fraction | int") -> bool:
    if metric.kind == AXES:
        if value.whole and limit.sign in (">=", ">"):
            return True
        wanted = limit.value if isinstance(limit.value, tuple) else (limit.value,) * len(value.value)
        pairs = list(zip(value.value, wanted, strict=False))
        return len(wanted) == len(value.value) and all(_HOLDS[limit.sign](have, want) for have, want in pairs)
    if metric.kind == SHAPES:
        return bool(value.value == limit.value)
    if limit.sign == "==" and tolerance:
        return bool(abs(value.value - limit.value) <= tolerance * limit.value)
    return bool(_HOLDS[limit.sign](value.value, limit.value))


def shown(metric: Metric, value: Any) -> str:
    """Write a value of a metric for people."""
    if metric.kind == SHAPES:
        return human.show_list(value[0]) if len(value) == 1 else f"[{', '.join(map(human.show_list, value))}]"
    if metric.kind == AXES:
        if value is None:
            return "?"
        sizes = value if isinstance(value, tuple) else (value,)
        return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
    if metric.kind == RATIO:
        return f"{value:.3f}"
    return human.bytes_(value) if metric.kind == BYTES else human.short(value)


def _far(budget: Budget, metric: Metric, limit: Limit, value: Value) -> str:
    """Say what was found, and by how much it misses its limit."""
    have = shown(metric, value.value)
    if metric.kind == AXES and isinstance(limit.value, tuple) and len(limit.value) != len(value.value):
        return f"{have} is of {len(value.value)} axes, the budget of {len(limit.value)}"
    if metric.kind in (AXES, SHAPES):
        words = {"==": "expected", "<=": "at most", "<": "less than", ">=": "at least", ">": "more than"}[limit.sign]
        return f"{have}, {words} {shown(metric, limit.value)}"
    apart = value.value - limit.value
    distance = human.bytes_(abs(apart)) if metric.kind == BYTES else human.short(abs(apart))
    share = f" ({_percent(abs(apart), limit.value)} %)" if limit.value else ""
    if limit.sign == "==":
        within = f" +- {float(100 * budget.tolerance):g} %" if budget.tolerance else ""
        exact = f"{value.value:,}" if metric.kind != BYTES else f"{value.value:,} bytes"
        return f"{exact} is {distance}{share} {'more' if apart > 0 else 'less'} than {limit.text}{within}"
    if not apart:
        return f"{have} is no {'less' if limit.sign == '<' else 'more'} than {limit.text}"
    return f"{have} is {distance}{share} {'over' if apart > 0 else 'under'} {limit.text}"


def _percent(part: int, whole: int) -> str:
    """Write a share with as many digits as are of use."""
    return f"{100 * part // whole:,}" if part * 10 >= whole else human.percent(part, whole)


def _is_open(metric: Metric, missing: tuple[str, ...]) -> bool:
    """Say whether a value is not known because of what an operator misses."""
    if metric.kind == BYTES:
        return "memory" in missing or "params" in missing
    needed = {"flops": "macs", "trainable": "params", "buffers": "params"}.get(metric.share, metric.share)
    return not needed or needed in missing


def _unknown(report: Report, metric: Metric, value: Value) -> tuple[str, str]:
    """Say that a value is not known, and because of which operators."""
    if report.failed is not None:
        return "not known, since the network has mistakes", ""
    least = f"at least {shown(metric, value.value)}" if isinstance(value.value, int) and value.value else "nothing"
    ops = [op for op, _, missing in report.uncounted if _is_open(metric, missing)]
    because = f"; {', '.join(f'`{op}`' for op in ops[:HEAVIEST])} cannot be counted" if ops else ""
    if metric.kind in (AXES, SHAPES):
        return f"not known{because}", "what is not known never passes"
    return f"not known, {least} is certain{because}", "what is not known never passes"


def _heaviest(report: Report, rows: Rows | None, metric: Metric, limit: Limit) -> str:
    """Name the layers that weigh most, where there is too much of something."""
    if not metric.share or limit.sign not in ("<=", "<"):
        return ""
    layers = report.layers if rows is None else rows
    pairs = [(getattr(row, metric.share) or 0, row.name) for row in layers]
    pairs.sort(key=lambda pair: -pair[0])
    parts = [f"`{name}` {shown(metric, size)}" for size, name in pairs[:HEAVIEST] if size]
    return f"the heaviest: {', '.join(parts)}" if parts else ""
