"""Short words for the prompt: `conv 64 k3 s2 p1`, `maxpool k3 s2`, `fc 10`.

A short layer is a word, then numbers (arguments by place), letters with a number (`k3`, `k3x5`,
`op1`: arguments by letter) and `name=value`. What words and letters mean stands in the catalogue.
"""

import re
from collections.abc import Callable

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.source import Phrase

LONGEST_NUMBER = 30
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_VALUES = re.compile(rf"{_NUMBER}(?:[x,]{_NUMBER})*$")
_LETTERS = re.compile(rf"([A-Za-z]{{1,2}}?)({_NUMBER}(?:[x,]{_NUMBER})*|same|valid)$")
_KEYWORD = re.compile(r"([A-Za-z_]\w*)=(\S+)$")
_TOKEN = re.compile(r"\S+")


def read_short(phrase: Phrase, start: int, text: str, expression: Callable[[str, int], Expression]) -> Expression:
    """Read short words; `expression` reads the value of a `name=value`.

    Several layers may follow each other without a bar (`conv 64 k3 bn relu`, as a shell gives
    them): a word that stands alone begins the next one.

    Raises:
        ConvcliError: a token is neither a number, a letter with a number, nor `name=value`.
    """
    layers = [_layer(phrase, start, group, expression) for group in _groups(text)]
    return layers[0] if len(layers) == 1 else syntax.Chain(tuple(layers), (start, start + len(text)))


def _groups(text: str) -> list[list[re.Match[str]]]:
    groups: list[list[re.Match[str]]] = []
    for token in _TOKEN.finditer(text):
        if not groups or begins_layer(token.group()):
            groups.append([])
        groups[-1].append(token)
    return groups


def begins_layer(word: str) -> bool:
    """Say whether a word behind other short words begins the next layer."""
    return word.isidentifier() and not _LETTERS.match(word) and word != "nobias"


def _layer(
    phrase: Phrase, start: int, tokens: list[re.Match[str]], expression: Callable[[str, int], Expression]
) -> Expression:
    arguments: list[Expression] = []
    keywords: list[syntax.Keyword] = []
    for token in tokens[1:]:
        text, at = token.group(), (start + token.start(), start + token.end())
        letters, keyword = _LETTERS.match(text), _KEYWORD.match(text)
        if text == "nobias":
            keywords.append(syntax.Keyword("bias", syntax.Constant(False, at), at))
        elif _VALUES.match(text):
            arguments.append(_values(phrase, text, at[0]))
        elif letters:
            keywords.append(syntax.Keyword(letters[1], _values(phrase, letters[2], at[0] + letters.start(2)), at))
        elif keyword:
            keywords.append(syntax.Keyword(keyword[1], expression(keyword[2], at[0] + keyword.start(2)), at))
        else:
            help = "short words are a word, numbers, letters with numbers: `conv 64 k3 s2 p1`"
            found = f"`{text}` after `{tokens[0].group()}` is not understood"
            raise ConvcliError([Diagnostic("CV107", found, phrase.span(*at), help=help)])
    at = (start + tokens[0].start(), start + tokens[-1].end())
    return syntax.Short(tokens[0].group(), tuple(arguments), tuple(keywords), at)


def _values(phrase: Phrase, text: str, start: int) -> Expression:
    items: list[Expression] = []
    for token in re.finditer(r"[^x,]+", text):
        at = (start + token.start(), start + token.end())
        if len(token.group()) > LONGEST_NUMBER:
            raise ConvcliError([Diagnostic("CV105", "a number larger than 2^63 - 1", phrase.span(*at))])
        items.append(syntax.Constant(_number(token.group()), at))
    return items[0] if len(items) == 1 else syntax.List(tuple(items), "()", (start, start + len(text)))


def _number(text: str) -> int | float | str:
    if text in ("same", "valid"):
        return text
    return float(text) if re.search(r"[.e]", text) else int(text)
