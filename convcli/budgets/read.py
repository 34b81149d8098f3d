"""Budgets as they are written: the nodes of a `check:` to limits, with all that is wrong with them.

The nodes come from YAML, from TOML, or from options; each has its place.
"""

import re
from typing import TYPE_CHECKING, Any

from convcli.budgets.metrics import AXES, METRICS, SHAPES, Metric
from convcli.budgets.quantities import COUNT, NoQuantity, parse, parse_percent
from convcli.budgets.record import ERROR, LEVELS, OFF, Budget, Limit
from convcli.diagnostics import ConvcliError, Diagnostic, listed, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.source import Span

if TYPE_CHECKING:
    from fractions import Fraction

    Share = Fraction | int
    Read = tuple[tuple[Limit, ...], Share, str]

SIGNS = {"min": ">=", "max": "<=", "equals": "=="}
MEMORY = "memory"
NO = ("off", "false", "no")
KEYS = (*SIGNS, "tolerance", "level")
"""What a budget may say that is a mapping."""

_SIGN = re.compile(r"\s*(<=|>=|==|=|<|>|≤|≥)?\s*(.*?)\s*(?:(?:±|\+-|\+/-)\s*(.*?)\s*)?", re.DOTALL)
_SAME = {"": "==", "=": "==", "≤": "<=", "≥": ">="}
_OFTEN = {"maximum": "max", "minimum": "min", "limit": "max", "at_most": "max", "at_least": "min", "equal": "equals"}


def read_budgets(check: Mapping, findings: list[Diagnostic]) -> list[Budget]:
    """Read the budgets of a `check:`; what is wrong goes into `findings`."""
    reader = _Reader(findings)
    for key, node in check.items:
        reader.entry(key, node)
    return reader.budgets


class _Wrong(ConvcliError):
    """One budget cannot be read."""


class _Reader:
    def __init__(self, findings: list[Diagnostic]) -> None:
        self.findings = findings
        self.budgets: list[Budget] = []

    def entry(self, key: Scalar, node: Node) -> None:
        """Read a metric of the whole network, or a pattern with the metrics of its layers.

        Layers may be called like metrics: what has metrics in it is about layers.
        """
        inner = node.items if isinstance(node, Mapping) else ()
        if inner and all(part.text in METRICS for part, _ in inner):
            self.layers(key, node)
        elif key.text in METRICS or key.text == MEMORY:
            self.known(key.text, None, key, node)
        elif isinstance(node, Mapping) and not any(part.text in KEYS for part, _ in inner):
            self.layers(key, node)
        else:
            self.unknown(key.text, key.span)

    def layers(self, key: Scalar, node: Node) -> None:
        """Read the metrics of the layers that a pattern means."""
        inner = node.items if isinstance(node, Mapping) else ()
        if not inner:
            self.findings.append(Diagnostic("CV412", f"`{key.text}` has no budget", node.span))
        for part, value in inner:
            self.known(part.text, key.text, part, value)

    def known(self, name: str, pattern: str | None, key: Scalar, node: Node) -> None:
        """Read the budget of a metric; `memory` is a mapping of its kinds."""
        if name in METRICS:
            self.budget(METRICS[name], pattern, key, node)
        elif name == MEMORY and isinstance(node, Mapping) and node.items:
            for part, value in node.items:
                self.known(f"{MEMORY}.{part.text}", pattern, part, value)
        else:
            self.unknown(name, key.span)

    def unknown(self, name: str, span: Span) -> None:
        kinds = [metric for metric in METRICS if metric.startswith(f"{MEMORY}.")]
        help = f"there are {listed(kinds)}" if name == MEMORY else ""
        help = help or suggestion(name, METRICS, f"the metrics are: {', '.join(METRICS)}")
        self.findings.append(Diagnostic("CV410", f"there is no metric `{name}`", span, help=help))

    def budget(self, metric: Metric, pattern: str | None, key: Scalar, node: Node) -> None:
        """Read one budget, or complain of it."""
        if pattern is not None and not metric.partly:
            message = f"`{metric.name}` is of the whole network; single layers have none"
            self.findings.append(Diagnostic("CV412", message, key.span))
            return
        try:
            limits, tolerance, level = (
                self.mapping(metric, node) if isinstance(node, Mapping) else self.one(metric, node)
            )
        except ConvcliError as wrong:
            self.findings.extend(wrong.diagnostics)
            return
        whole = Span(key.span.source, key.span.start, max(key.span.end, node.span.end))
        self.budgets.append(Budget(metric.name, pattern, limits, tolerance, level, whole))

    def one(self, metric: Metric, node: Node) -> "Read":
        if isinstance(node, Scalar) and node.text.lower() in NO:  # in place of one further out
            return (), 0, OFF
        limit, tolerance = comparison(metric, node)
        return (limit,), tolerance, ERROR

    def mapping(self, metric: Metric, node: Mapping) -> "Read":
        """Read `{min: ..., max: ..., equals: ..., tolerance: ..., level: ...}`."""
        limits: list[Limit] = []
        tolerance: Share = 0
        level = ERROR
        for key, value in node.items:
            if key.text in SIGNS:
                limits.append(Limit(SIGNS[key.text], *quantity(metric, value)))
            elif key.text == "tolerance":
                tolerance = share(value)
            elif key.text == "level":
                level = level_of(value)
            else:
                meant = _OFTEN.get(key.text)
                help = f"did you mean `{meant}`?" if meant else suggestion(key.text, KEYS, f"it has: {', '.join(KEYS)}")
                raise _Wrong([Diagnostic("CV412", f"a budget has no `{key.text}`", key.span, help=help)])
        if not limits and level != OFF:
            help = f"write `{metric.name}: {{max: ...}}`"
            raise _Wrong([Diagnostic("CV412", "a budget without a limit", node.span, help=help)])
        if tolerance and not any(limit.sign == "==" for limit in limits):
            raise _Wrong([Diagnostic("CV412", "a tolerance belongs to `equals`", node.span)])
        for limit in limits:
            expect_sense(metric, limit.sign, tolerance, node)
        return tuple(limits), tolerance, level


def level_of(node: Node) -> str:
    """Read a level.

    Raises:
        ConvcliError: there is no such level.
    """
    text = node.text if isinstance(node, Scalar) else ""
    text = {"warning": "warn", **dict.fromkeys(NO, OFF)}.get(text.lower(), text)  # YAML's own `off` is false
    if text in LEVELS:
        return text
    shown = f"`{text}`" if text else "this"
    help = suggestion(text, LEVELS, f"the levels are: {', '.join(LEVELS)}")
    raise ConvcliError([Diagnostic("CV413", f"{shown} is no level", node.span, help=help)])


def share(node: Node) -> "Fraction":
    """Read a tolerance in percent.

    Raises:
        ConvcliError: it is none.
    """
    try:
        return parse_percent(node.text if isinstance(node, Scalar) else "")
    except NoQuantity as wrong:
        raise _Wrong([Diagnostic("CV411", str(wrong), node.span)]) from None


def comparison(metric: Metric, node: Node) -> "tuple[Limit, Share]":
    """Read `12M`, `<= 12M`, `11.7M +- 1%`, or a list of sizes.

    Raises:
        ConvcliError: it is none.
    """
    if not isinstance(node, Scalar):
        return Limit("==", *quantity(metric, node)), 0
    found = _SIGN.fullmatch(node.text)
    sign, text, within = found.groups() if found else (None, node.text, None)
    sign = _SAME.get(sign or "", sign or "")
    inner = node._replace(phrase=node.phrase._replace(text=text))
    tolerance: Share = 0
    if within is not None:
        tolerance = share(node._replace(phrase=node.phrase._replace(text=within)))
        if sign != "==":
            raise _Wrong([Diagnostic("CV412", "a tolerance belongs to an equality: `11.7M +- 1%`", node.span)])
    expect_sense(metric, sign, tolerance, node)
    return Limit(sign, *quantity(metric, inner)), tolerance


def expect_sense(metric: Metric, sign: str, tolerance: "Share", node: Node) -> None:
    """Refuse what cannot be said of sizes.

    Raises:
        ConvcliError: a bound of an output, or a tolerance where numbers stand for axes.
    """
    if metric.kind == SHAPES and sign != "==":
        raise _Wrong(
            [Diagnostic("CV412", f"`{metric.name}` is equal, or it is not: write `{metric.name}: [1000]`", node.span)]
        )
    if metric.kind in (AXES, SHAPES) and tolerance:
        help = "write `{min: ..., max: ...}`" if metric.kind == AXES else ""
        raise _Wrong([Diagnostic("CV412", f"`{metric.name}` has no tolerance", node.span, help=help)])


def quantity(metric: Metric, node: Node) -> tuple[Any, str]:
    """Read a value of a metric's kind, and how it is written.

    Raises:
        ConvcliError: it is none.
    """
    if metric.kind in (AXES, SHAPES):
        return _sizes(metric, node)
    if not isinstance(node, Scalar):
        raise _Wrong([Diagnostic("CV411", f"`{metric.name}` is a single number", node.span)])
    try:
        return parse(node.text, metric.kind), node.text.strip()
    except NoQuantity as wrong:
        raise _Wrong([Diagnostic("CV411", f"`{metric.name}`: {wrong}", node.span)]) from None


def _sizes(metric: Metric, node: Node) -> tuple[Any, str]:
    """Read a number for all axes, or one for each; of outputs, which may be several, the size of each."""
    try:
        if metric.kind == SHAPES:
            return _shapes(node), _written(node)
        numbers = _numbers(node)
        return (numbers[0] if isinstance(node, Scalar) and len(numbers) == 1 else numbers), _written(node)
    except NoQuantity:
        help = "write `output: [1000]`, or a list of sizes for several outputs"
        help = f"write `{metric.name}: 224`, or `[224, 224]`" if metric.kind == AXES else help
        found = _written(node)
        message = f"`{metric.name}`: `{found}` is no size" if found else f"`{metric.name}` has no value"
        raise _Wrong([Diagnostic("CV411", message, node.span, help=help)]) from None


def _shapes(node: Node) -> tuple[tuple[int, ...], ...]:
    if isinstance(node, Sequence) and any(_is_shape(item) for item in node.items):
        return tuple(map(_numbers, node.items))
    return (_numbers(node),)


def _is_shape(node: Node) -> bool:
    return isinstance(node, Sequence) or (isinstance(node, Scalar) and "x" in node.text)


def _numbers(node: Node) -> tuple[int, ...]:
    """Read `224`, `3x224x224`, or a list of numbers.

    Raises:
        NoQuantity: it is none.
    """
    if isinstance(node, Sequence):
        texts = [item.text if isinstance(item, Scalar) else "" for item in node.items]
    else:
        text = node.text if isinstance(node, Scalar) else ""
        texts = text.strip().strip("[]()").replace("x", ",").split(",")
    if not texts:
        raise NoQuantity("no number")
    return tuple(parse(text, COUNT) for text in texts)


def _written(node: Node) -> str:
    if isinstance(node, Sequence):
        return f"[{', '.join(map(_written, node.items))}]"
    return node.text.strip() if isinstance(node, Scalar) else "{...}"
