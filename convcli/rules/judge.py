"""Judging a network: each rule that its operators can break is looked at, and says what it has found."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from convcli.diagnostics import WARNING, Diagnostic, Findings
from convcli.graph import Graph
from convcli.rules.case import Case
from convcli.rules.catalogue import CODES, OF_A_RUN, OFF, RULES, WARN, Rule
from convcli.source import Span

if TYPE_CHECKING:
    from convcli.receptive_field.walk import Walk
    from convcli.rules.ignores import Ignores
    from convcli.rules.written import Written

MOST_PLACES = 100
"""Places that one rule names; the others are counted at the last of them."""


def judge(
    graph: Graph,
    walks: "Sequence[Walk] | None" = None,
    levels: Mapping[str, str] | None = None,
    written: "Written | None" = None,
) -> tuple[Diagnostic, ...]:
    """Return what the rules say of a whole network, in order of place.

    Args:
        graph: the network.
        walks: its receptive fields where they are known; a rule that needs them works them out.
        levels: "error", "warn" or "off" by the codes of rules, where that is not their own.
        written: the network in words, for its comments.
    """
    if not graph.outputs:  # layers that stand side by side, of which nobody knows how they are joined
        return ()
    levels = {rule.code: rule.level for rule in RULES} | dict(levels or {})
    case = Case(graph, walks, levels, written, ignores_of(written))
    found = Findings()
    for rule in RULES:
        if levels[rule.code] != OFF and _concerns(rule, case):
            for diagnostic in _judged(rule, case):
                found.add(diagnostic)
    return found.in_order()


def ignores_of(written: "Written | None") -> "Ignores | None":
    """Return the comments that silence rules, if there may be any."""
    comments = written.network.comments if written else ()
    named = [comment for comment in comments if "convcli:" in comment.text()]
    if written is None or not named:
        return None
    from convcli.rules.ignores import Ignores  # few files have any

    return Ignores(written, named, CODES | OF_A_RUN)


def _concerns(rule: Rule, case: Case) -> bool:
    """Say whether a network has something that a rule has to look at closely."""
    if not rule.ops:
        return rule.when(case, ())
    names = rule.ops & case.kinds.keys()
    return any(rule.when(case, places) for name in names for places in case.kinds[name])


def _judged(rule: Rule, case: Case) -> list[Diagnostic]:
    """Let a rule speak, once for each line of a file: a block that is built sixteen times is written once."""
    file = import_module(f"convcli.rules.{rule.file}")
    lines: dict[Any, list[tuple[int, Any]]] = {}
    last: list[tuple[int, Any]] = []
    for place in file.find(case):
        span = _span(case, place)
        if _is_silenced(case, rule.code, place):
            continue
        key = span and (id(span.source), span.start)
        if key not in lines and len(lines) < MOST_PLACES:
            last = lines[key] = []
        lines.get(key, last).append(place)
    return [_diagnostic(rule, case, places, file.say(case, places)) for places in lines.values()]


def _span(case: Case, place: tuple[int, Any]) -> Span | None:
    """Return where a place is: at a layer, or where the rule itself says."""
    at, found = place
    span: Span | None = case.graph.nodes[at].span if at >= 0 else found.span
    return span


def _is_silenced(case: Case, code: str, place: tuple[int, Any]) -> bool:
    """Say whether a comment silences a rule at a place."""
    at, found = place
    if case.ignores is None:
        return False
    return case.ignores.covers_node(code, case.graph.nodes[at]) if at >= 0 else case.ignores.covers(code, found.span)


def _diagnostic(rule: Rule, case: Case, places: list[tuple[int, Any]], said: Any) -> Diagnostic:
    at = places[0][0]
    level = case.levels[rule.code]
    return Diagnostic(
        rule.code, said.message, _span(case, places[0]), said.label, said.help, WARNING if level == WARN else level,
        said.related, case.graph.nodes[at].via if at >= 0 else (), len(places) - 1,
    )  # fmt: skip
