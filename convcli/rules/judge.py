"""Judging a network: each rule that its operators can break is looked at, and says what it has found."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from convcli.diagnostics import Diagnostic, Findings
from convcli.graph import Graph
from convcli.rules.case import Case
from convcli.rules.catalogue import RULES, Rule

if TYPE_CHECKING:
    from convcli.receptive_field.walk import Walk

MOST_PLACES = 100
"""Places that one rule names; the others are counted at the last of them."""


def judge(graph: Graph, walks: "Sequence[Walk] | None" = None) -> tuple[Diagnostic, ...]:
    """Return what the rules say of a whole network, in order of place.

    `walks` are its receptive fields where they are known; a rule that needs them works them out.
    """
    case = Case(graph, walks)
    found = Findings()
    for rule in RULES:
        if _concerns(rule, case):
            for diagnostic in _judged(rule, case):
                found.add(diagnostic)
    return found.in_order()


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
        span = case.graph.nodes[place[0]].span
        key = span and (id(span.source), span.start)
        if key not in lines and len(lines) < MOST_PLACES:
            last = lines[key] = []
        lines.get(key, last).append(place)
    return [_diagnostic(rule, case, places, file.say(case, places)) for places in lines.values()]


def _diagnostic(rule: Rule, case: Case, places: list[tuple[int, Any]], said: Any) -> Diagnostic:
    node = case.graph.nodes[places[0][0]]
    return Diagnostic(
        rule.code, said.message, node.span, said.label, said.help, rule.level, said.related, node.via, len(places) - 1
    )
