"""A block's key that is no signature of the language, and what was meant.

What belongs to Python's `def` alone, types, the word itself, is blanked out, so that what is left
stands where it stood.
"""

import ast
import re
import warnings

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Scalar
from convcli.layer import syntax
from convcli.layer.parse import parse, parse_signature
from convcli.layer.write import write
from convcli.record import Record
from convcli.source import Phrase, phrase

LONGEST = 1_000
"""Characters of a key in which a `def` is looked for."""

_DEF = re.compile(r"\s*(?:def|class)\s+")


class _Piece(Record):
    """What has no place in a signature, and where the part begins that it belongs to."""

    part: int
    start: int
    end: int


def explain(key: Scalar) -> tuple[Diagnostic, syntax.Call | None]:
    """Say what is wrong with a block's key; the second result is the signature that was meant, if that is certain."""
    span, help = key.span, "write it as in `def`: `Bottleneck(planes, stride=1):`"
    pieces = _pieces_of_def(key.text)
    meant = parse_signature(_blanked(key.phrase, pieces))
    if pieces and meant:
        span, help = key.phrase.span(pieces[0].part, pieces[0].end), _instead(key.text, pieces, meant)
    else:
        try:
            parse(key.phrase)
        except ConvcliError as error:
            (found,) = error.diagnostics
            span = found.span or span
            if "positional argument follows" in found.message:
                span, help = key.span, "parameters with a default stand behind those without"
    return Diagnostic("CV111", "a block's key is its name with its parameters", span, help=help), meant


def without_types(signature: str) -> str:
    """Say how a signature is written that has types; nothing if it has none."""
    pieces = _pieces_of_def(signature)
    meant = parse_signature(_blanked(phrase(signature, ""), pieces))
    return _instead(signature, pieces, meant) if pieces and meant else ""


def _instead(text: str, pieces: list[_Piece], meant: syntax.Call) -> str:
    typed = any(text[piece.start : piece.end].lstrip().startswith(":") for piece in pieces)
    return f"{'parameters have no types; ' * typed}write `{write(meant)}:`"


def _pieces_of_def(text: str) -> list[_Piece]:
    """Return what stands in a text only because it was written as a Python function, or nothing if it is none."""
    word = _DEF.match(text)
    first = word.end() if word else 0
    function_text = f"def {text[first:]}: pass".encode("utf-8", "replace")
    if len(text) > LONGEST or "\n" in text:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (function,) = ast.parse(function_text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    if not isinstance(function, ast.FunctionDef):
        return []

    def place(column: int | None) -> int:
        """Return the character of the text at which Python's column is, which counts bytes."""
        return len(function_text[:column].decode()) - len("def ") + first

    pieces = [_Piece(0, 0, first)] if word else []
    for argument in (*function.args.posonlyargs, *function.args.args):
        if argument.annotation:
            start = place(argument.col_offset)
            pieces.append(_Piece(start, start + len(argument.arg), place(argument.annotation.end_col_offset)))
    if function.returns:
        arrow = text.rfind("->", 0, place(function.returns.col_offset))
        pieces.append(_Piece(arrow, arrow, len(text)))
    return pieces


def _blanked(key: Phrase, pieces: list[_Piece]) -> Phrase:
    text = key.text
    for _, start, end in pieces:
        text = text[:start] + " " * (end - start) + text[end:]
    return key._replace(text=text)
