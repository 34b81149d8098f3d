"""Budgets that are given as options, or in Python: the same words as in a file."""

from collections.abc import Mapping
from typing import Any

from convcli.budgets.read import read_budgets
from convcli.budgets.record import Budget
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping as Mapped
from convcli.document import Node, Scalar, Sequence
from convcli.source import Phrase, phrase


def given_budgets(values: Mapping[str, Any]) -> tuple[Budget, ...]:
    """Read budgets, `{"params": "<= 12M", "output": [1000]}`.

    Raises:
        ConvcliError: one is wrong.
    """
    findings: list[Diagnostic] = []
    budgets = read_budgets(_mapping(values), findings)
    if findings:
        raise ConvcliError(findings)
    return tuple(budgets)


def _mapping(values: Mapping[str, Any]) -> Mapped:
    pairs = tuple(_pair(name, value) for name, value in values.items())
    return Mapped(pairs, False, phrase(str(values), "<budgets>").whole())


def _pair(name: str, value: Any) -> tuple[Scalar, Node]:
    """Make a key and its value, at places in one line of text that shows both."""
    line = phrase(f"{name}: {value}", "<budgets>")
    key = line.part(0, len(name))
    return Scalar(key, True, key.whole()), _node(value, line.part(len(name) + 2, len(line.text)))


def _node(value: Any, text: Phrase) -> Node:
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return Sequence(tuple(_node(one, text._replace(text=str(one))) for one in value), True, text.whole())
    return Scalar(text, True, text.whole())
