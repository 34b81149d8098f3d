"""What YAML's parser refuses, in words for somebody who does not know how YAML is read."""

import re
from typing import Any

from convcli.diagnostics import Diagnostic
from convcli.readers import yaml_structure
from convcli.readers.colons import shortened
from convcli.readers.yaml_structure import Stumble
from convcli.source import Source, Span

_TAG = re.compile(r"!(?:<[^>\s]*>?|[^\s,\[\]{}]*)")


def tag(source: Source, start: int) -> Diagnostic:
    """Refuse a tag that stands at a place or behind it, as it is written."""
    found = _TAG.search(source.text, start)
    span = Span(source, *(found.span() if found else (start, start)))
    return Diagnostic("CV111", f"the tag `{span.text()}` has no place in a network file", span, help="leave it out")


def explain(source: Source, error: Any, opened: list[tuple[Any, list[Any]]]) -> Diagnostic:
    """Say what a YAML error means, where its cause is, and what to type.

    Args:
        source: the file.
        error: what PyYAML raised.
        opened: the collections that are open where it gave up (see `Stumble`).
    """
    problem, context = error.problem or "", error.context or ""
    last = max(len(source.text) - 1, 0)
    at, began = (min(mark.index, last) if mark else 0 for mark in (error.problem_mark, error.context_mark))
    if not error.problem_mark or ("block scalar" in context and "tab" not in problem):
        at = began
    stumble = Stumble(source, at, began, problem, context, opened)
    for look in _LOOKS:
        found = look(stumble)
        if found:
            return found
    return stumble.says(stumble.problem or stumble.context)


def _quote(stumble: Stumble) -> Diagnostic | None:
    if "quoted scalar" not in stumble.context:
        return None
    if "end of stream" in stumble.problem or "document indicator" in stumble.problem:
        quote = stumble.source.text[stumble.began]
        return stumble.says("a quote is never closed", f"close it with `{quote}`", stumble.began)
    if "escape character" in stumble.problem:
        escape = stumble.source.text[stumble.at : stumble.at + 2]
        help = "write two backslashes, or put the text in single quotes"
        return stumble.says(f"`{escape}` means nothing in a text in double quotes", help)
    help = "the number has 2 digits behind `\\x`, 4 behind `\\u`, 8 behind `\\U`, each one of 0 to 9 and a to f"
    return stumble.says("this is no character's number", help)


def _tab(stumble: Stumble) -> Diagnostic | None:
    if stumble.sign != "\t" or not ("start any token" in stumble.problem or "tab" in stumble.problem):
        return None
    return stumble.says("a tab indents this line", "tabs do not indent in YAML; write spaces")


def _block_of_text(stumble: Stumble) -> Diagnostic | None:
    if "block scalar" not in stumble.context:
        return None
    help = _quoted(stumble.source, stumble.at)
    return stumble.says(f"a bare `{stumble.sign}` begins a block of text", help)


def _beginning(stumble: Stumble) -> Diagnostic | None:
    """A sign that no text can begin with, since YAML has another use for it."""
    if "start any token" not in stumble.problem and "expected node content" not in stumble.problem:
        return None
    if stumble.sign == "`":
        return stumble.says("a text cannot begin with a backtick", "leave the backticks out")
    if stumble.sign == "," and stumble.opened and stumble.opened[-1][0].flow_style:
        return stumble.says("something is missing in front of this comma")
    help = _quoted(stumble.source, stumble.at)
    return stumble.says(f"a text cannot begin with `{stumble.sign}`", help) if stumble.sign.strip() else None


def _property(stumble: Stumble) -> Diagnostic | None:
    """A name, a tag or a directive that is begun and not ended."""
    begins = {"an anchor": "names a part of the file", "an alias": "repeats a named part of the file"}
    for what, does in begins.items():
        if stumble.context.endswith(what):
            sign = stumble.source.text[stumble.began]
            help = _quoted(stumble.source, stumble.began)
            return stumble.says(f"`{sign}` {does}, and no name follows", help, stumble.began)
    if stumble.context.endswith("a tag") or "tag handle" in stumble.problem:
        return tag(stumble.source, stumble.began)
    if "directive" in stumble.context or "YAML document" in stumble.problem:
        return stumble.says("a line that begins with `%` is for YAML itself", "leave it out", stumble.began)
    return None


def _quoted(source: Source, at: int) -> str:
    """Say how the text at a place is quoted, up to the end of its line or a comment."""
    text = re.split(r"\s#", source.text[at:].partition("\n")[0].rstrip(), maxsplit=1)[0].rstrip()
    quote = "'" if '"' in text or "\\" in text else '"'
    inner = text.replace("'", "''") if quote == "'" else text
    return f"quote it: {quote}{shortened(inner)}{quote}"


_LOOKS = (
    _quote, _tab, yaml_structure.open_bracket, yaml_structure.leftover, _block_of_text, _property,
    yaml_structure.dash, _beginning, yaml_structure.colon, yaml_structure.comma, yaml_structure.key_without_colon,
    yaml_structure.indentation,
)  # fmt: skip
"""What is looked at in turn; the first that knows the mistake explains it."""
