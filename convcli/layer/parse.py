"""Text to syntax tree: Python's own parser, a whitelist, and positions in characters.

Nothing is ever evaluated here. A phrase that is not Python may still be short words
(`conv 64 k3 | bn`), which `short` reads.
"""

import ast
import warnings

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.refusals import MAX_DEPTH, refuse, refuse_beside_pipe, refuse_syntax
from convcli.layer.split import looks_short, split_chain
from convcli.layer.syntax import At, Expression
from convcli.layer.whitelist import Whitelist
from convcli.source import Phrase, Source

MAX_TEXT = 64 * 1024

_BLANKS = str.maketrans("\r\n\t\f", "    ")
_KEYWORDS = ("if", "or", "and", "in", "is", "else")
"""Python warns of a keyword right behind a digit, `1if`; nobody needs to see that."""

_NO_SOURCE = Source("", "")  # a cached tree belongs to no source; `parse` puts the real place in

_parsed: dict[str, "Expression | Diagnostic"] = {}


def parse(phrase: Phrase) -> Expression:
    """Read an expression. Equal texts give the same tree.

    Raises:
        ConvcliError: the text is not an expression of the language.
    """
    text = phrase.text
    found = _parsed.get(text)
    if found is None:
        found = _parsed[text] = _try(text)
    if isinstance(found, Diagnostic):
        local = found.span
        span = phrase.span(local.start, local.end) if local else phrase.whole()
        raise ConvcliError([found._replace(span=span)])
    return found


def _try(text: str) -> "Expression | Diagnostic":
    local = Phrase(text, _NO_SOURCE, 0)
    try:
        _check_length(local, 0, len(text))
        return _read(local)
    except ConvcliError as error:
        return error.diagnostics[0]


def _check_length(phrase: Phrase, start: int, end: int) -> None:
    if end - start > MAX_TEXT:
        message = f"an expression of {end - start:,} characters; the limit is {MAX_TEXT:,}"
        refuse("CV104", message, phrase, (start, start + 1))


def _read(phrase: Phrase) -> Expression:
    if not phrase.text.strip():
        refuse("CV101", "a layer is missing here", phrase, (0, len(phrase.text)))
    pieces = split_chain(phrase.text)
    if len(pieces) == 1:
        return _piece(phrase, pieces[0], alone=True)
    items: list[Expression] = []
    for at in pieces:
        item = _piece(phrase, at, alone=False)
        bare = isinstance(item, syntax.Chain) and isinstance(item.items[0], syntax.Short)
        items.extend(item.items if isinstance(item, syntax.Chain) and bare else [item])
    return syntax.Chain(tuple(items), (items[0].at[0], items[-1].at[1]))


def parse_at(phrase: Phrase, start: int, end: int) -> Expression:
    """Read a stretch of a phrase as one value whose positions are those of the phrase.

    Raises:
        ConvcliError: the text is not an expression of the language.
    """
    text = phrase.text[start:end]
    _check_length(phrase, start, end)
    if not text.strip():
        refuse("CV101", "a value is missing here", phrase, (start, end))
    return _python(phrase, text.strip(), start + len(text) - len(text.lstrip()), "an expression")


def parse_signature(phrase: Phrase) -> syntax.Call | None:
    """Read a block's name with its parameters, which looks like a call; None where the text is none."""
    try:
        tree = parse(phrase)
    except ConvcliError:
        return None
    tree = syntax.Call(tree, (), (), tree.at) if isinstance(tree, syntax.Name) else tree
    return tree if isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) else None


def _piece(phrase: Phrase, at: At, *, alone: bool) -> Expression:
    start, end = at
    text = phrase.text[start:end]
    stripped = text.strip()
    if not stripped:
        refuse("CV101", "a layer is missing beside `|`", phrase, (max(0, start - 1), max(1, start)))
    start += len(text) - len(text.lstrip())
    if looks_short(stripped):
        from convcli.layer.short import read_short  # most texts have none

        return read_short(phrase, start, stripped, lambda part, at: _python(phrase, part, at))
    tree = _python(phrase, stripped, start)
    if not alone and tree.at[0] == start and _binds_looser(tree):
        refuse_beside_pipe(phrase, tree)
    return tree


def _python(phrase: Phrase, text: str, start: int, what: str = "a layer expression") -> Expression:
    flat = text.translate(_BLANKS)
    try:
        body = _quietly(flat) if "\\" in flat or any(word in flat for word in _KEYWORDS) else _parse_python(flat)
    except SyntaxError as error:
        refuse_syntax(phrase, flat, start, error, what)
    except (ValueError, MemoryError, RecursionError):
        refuse("CV103", f"the expression is nested deeper than {MAX_DEPTH} levels", phrase, (start, start + 1))
    offsets = None if flat.isascii() else _characters(flat)
    return Whitelist(phrase, start, offsets).read(body, 0)


def _parse_python(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _quietly(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parse_python(text)


def _characters(text: str) -> list[int]:
    """Map each byte of UTF-8, which Python's parser counts, to its character."""
    offsets: list[int] = []
    for at, character in enumerate(text):
        offsets.extend([at] * len(character.encode("utf-8", "surrogatepass")))
    return [*offsets, len(text)]


def _binds_looser(tree: Expression) -> bool:
    return isinstance(tree, syntax.Conditional) or (isinstance(tree, syntax.Binary) and tree.sign in ("+", "-"))
