"""Layers from the prompt: one expression, short words or pasted lines, as a network in words."""

import re

from convcli.blocks import Item, Items, Network, Words
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.source import Phrase, Source, Span

SOURCE = "<layers>"
_PRINTED = re.compile(r"\s*\((\w+)\):\s")


def read_layers(texts: list[str]) -> Network:
    """Read layers as typed: arguments of a shell join to one text, a text with several lines is a list.

    A line of `print(model)`, `(conv1): Conv2d(...)`, is a layer with a name.
    """
    source = Source(SOURCE, join_arguments(texts))
    items: list[Item] = []
    findings: list[Diagnostic] = []
    start = 0
    for line in _statements(source.text):
        printed = _PRINTED.match(line)
        skip = printed.end() if printed else 0
        phrase = Phrase(line[skip:], source, start + skip)
        start += len(line) + 1
        if not phrase.text.strip():
            continue
        tree: syntax.Expression = syntax.Invalid((0, len(phrase.text)))
        try:
            tree = parse(phrase)
        except ConvcliError as error:
            findings.extend(_named(found, line) for found in error.diagnostics)
        items.append(Item(printed[1] if printed else None, Words(tree, phrase), phrase.whole()))
    span = Span(source, 0, len(source.text))
    if not items:
        findings.append(Diagnostic("CV101", "a layer is missing here", span, help="for example `conv 64 k3 p1`"))
    return Network("layers", SOURCE, "layers", Items(tuple(items), span), findings=tuple(findings))


def _named(found: Diagnostic, line: str) -> Diagnostic:
    """Say how a name is written here where a line begins with one as in a file."""
    name, _, layer = line.strip(" -").partition(":")
    if not (found.span and found.span.text() == ":" and name.isidentifier()):
        return found
    return found._replace(help=f"a name stands in parentheses here: `({name}): {layer.strip()}`")


def join_arguments(texts: list[str]) -> str:
    """Join the arguments of a shell: short words to one layer, whole expressions to a chain."""
    if len(texts) == 1:
        return texts[0]
    pieces: list[list[str]] = [[]]
    for text in texts:
        if text.strip() == "|":
            pieces.append([])
        elif any(sign in text for sign in "()|"):
            open_ended = any(f" {sign} " in text for sign in ("+", "-", "if"))
            pieces += [[f"({text})" if open_ended and "|" not in text else text], []]
        else:
            pieces[-1].append(text)
    return " | ".join(" ".join(piece) for piece in pieces if piece)


def _statements(text: str) -> list[str]:
    """Split a text at the line ends that stand outside of brackets."""
    lines, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "\n" and depth <= 0:
            lines.append(text[start:at])
            start = at + 1
    return [*lines, text[start:]]
