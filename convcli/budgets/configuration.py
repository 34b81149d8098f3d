"""The configuration of `convcli check`: budgets, severities and inputs for files that patterns name.

It stands under `[tool.convcli]` in `pyproject.toml`, or is the whole of `convcli.toml`.
"""

from collections.abc import Iterable
from typing import Any

from convcli.budgets.read import level_of, read_budgets
from convcli.budgets.record import Budget
from convcli.diagnostics import ConvcliError, Diagnostic, listed, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.memory.step import OPTIMIZERS
from convcli.record import Record
from convcli.rules.catalogue import CODES, RULES
from convcli.shapes import parse_shape
from convcli.source import Span
from convcli.tape import FLOATING

HOW = ("input", "batch", "dtype", "optimizer", "amp")
"""How a file is to be counted."""
WHAT = ("check", "rules")
KEYS = (*HOW, *WHAT, "exclude", "files")
HOW_FILES = "write `[[files]]` above them, in pyproject.toml `[[tool.convcli.files]]`"
KEYS_OF_FILES = ("path", *HOW, *WHAT)

_OFTEN = {"budgets": "check", "paths": "path", "glob": "path", "severity": "rules", "inputs": "input"}


class Section(Record):
    """What holds for the files that its patterns name; without patterns for all.

    `how` are options of `profile`; `levels` are levels by the codes of rules.
    """

    patterns: tuple[Scalar, ...]
    how: tuple[tuple[str, Any], ...]
    budgets: tuple[Budget, ...]
    levels: tuple[tuple[str, str], ...]


class Configuration(Record):
    """All sections, the later ones going before the earlier."""

    sections: tuple[Section, ...] = ()
    exclude: tuple[str, ...] = ()


def read_configuration(root: Mapping, findings: list[Diagnostic]) -> Configuration:
    """Read a configuration; what is wrong goes into `findings`."""
    top = _known(root, KEYS, findings)
    sections = [_section((), top, findings)]
    files = top.get("files")
    for node in files.items if isinstance(files, Sequence) else ():
        if isinstance(node, Mapping):
            inner = _known(node, KEYS_OF_FILES, findings)
            patterns = tuple(_texts(inner.get("path"), findings))
            if not patterns:
                _complain(findings, "CV412", "`files` without a `path`", node.span, 'write `path = "configs/*.yaml"`')
            sections.append(_section(patterns, inner, findings))
        else:
            _complain(findings, "CV412", "an item of `files` is a table", node.span, HOW_FILES)
    if files is not None and not isinstance(files, Sequence):
        _complain(findings, "CV412", "`files` is a list of tables", files.span, HOW_FILES)
    exclude = tuple(scalar.text for scalar in _texts(top.get("exclude"), findings))
    return Configuration(tuple(sections), exclude)


def _section(patterns: tuple[Scalar, ...], nodes: dict[str, Node], findings: list[Diagnostic]) -> Section:
    how = tuple((name, _option(name, nodes[name], findings)) for name in HOW if name in nodes)
    check, rules = nodes.get("check"), nodes.get("rules")
    for name, node in (("check", check), ("rules", rules)):
        if node is not None and not isinstance(node, Mapping):
            _complain(findings, "CV412", f"`{name}` is a table of names and values", node.span)
    budgets = read_budgets(check, findings) if isinstance(check, Mapping) else []
    levels = read_levels(rules.items, findings) if isinstance(rules, Mapping) else ()
    return Section(patterns, tuple(pair for pair in how if pair[1] is not None), tuple(budgets), levels)


def read_levels(items: Iterable[tuple[Scalar, Node]], findings: list[Diagnostic]) -> tuple[tuple[str, str], ...]:
    """Read the levels of rules, which are called by slug or by code."""
    found = []
    for key, node in items:
        if key.text not in CODES:
            slugs = [rule.slug for rule in RULES]
            help = suggestion(key.text, CODES, f"the rules are: {', '.join(slugs)}")
            _complain(findings, "CV415", f"there is no rule `{key.text}`", key.span, help)
            continue
        try:
            found.append((CODES[key.text], level_of(node)))
        except ConvcliError as wrong:
            findings.extend(wrong.diagnostics)
    return tuple(found)


def _known(root: Mapping, keys: tuple[str, ...], findings: list[Diagnostic]) -> dict[str, Node]:
    for key, _ in root.items:
        if key.text not in keys:
            meant = _OFTEN.get(key.text)
            help = (
                f"did you mean `{meant}`?"
                if meant in keys
                else suggestion(key.text, keys, f"it has: {', '.join(keys)}")
            )
            _complain(findings, "CV412", f"the configuration has no `{key.text}`", key.span, help)
    return {key.text: node for key, node in root.items if key.text in keys}


def _option(name: str, node: Node, findings: list[Diagnostic]) -> Any:
    """Return an option of `profile`, in the form that it takes; None where it is wrong."""
    text = node.text if isinstance(node, Scalar) else ""
    if name == "input":
        return _input(node, findings)
    words = {
        "batch": "a positive integer", "amp": "true or false",
        "dtype": f"one of {listed(sorted(FLOATING))}", "optimizer": f"one of {listed(OPTIMIZERS)}",
    }  # fmt: skip
    good = {
        "batch": text.isascii() and text.isdecimal() and len(text) < 20 and text.strip("0") != "",
        "amp": text in ("true", "false"), "dtype": text in FLOATING, "optimizer": text in OPTIMIZERS,
    }  # fmt: skip
    if not good[name]:
        _complain(findings, "CV412", f"`{name}` is {words[name]}", node.span)
        return None
    return int(text) if name == "batch" else text == "true" if name == "amp" else text


def _input(node: Node, findings: list[Diagnostic]) -> Any:
    """Return a size, or sizes by the names of inputs; None where one is wrong."""
    if isinstance(node, Mapping):
        found = {key.text: _input(inner, findings) for key, inner in node.items}
        return None if None in found.values() or not found else found
    parts = node.items if isinstance(node, Sequence) else (node,)
    text = ",".join(item.text if isinstance(item, Scalar) else "?" for item in parts)
    try:
        parse_shape(text)
    except ConvcliError:
        _complain(findings, "CV412", "`input` is a size", node.span, 'write `input = "3x224x224"`')
        return None
    return text


def _texts(node: Node | None, findings: list[Diagnostic]) -> list[Scalar]:
    nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    found = []
    for item in nodes:
        if (
            isinstance(item, Scalar)
            and item.text
            and not item.text.startswith("/")
            and ".." not in item.text.split("/")
        ):
            found.append(item)
        else:
            help = "write it as seen from the folder of this file, below it: `configs/**/*.yaml`"
            _complain(findings, "CV416", "this is no pattern of files", item.span, help)
    return found


def _complain(findings: list[Diagnostic], code: str, message: str, span: Span, help: str = "") -> None:
    findings.append(Diagnostic(code, message, span, help=help))
