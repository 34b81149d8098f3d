"""What the parser refuses, in words."""

from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.source import Phrase

MAX_DEPTH = 64


def refuse_beside_pipe(phrase: Phrase, tree: Expression) -> NoReturn:
    """Refuse a sum or a condition beside a bar, which Python binds in an unexpected way."""
    sign = "if" if isinstance(tree, syntax.Conditional) else getattr(tree, "sign", "+")
    written = phrase.text[tree.at[0] : tree.at[1]]
    message = f"`|` beside an unparenthesised `{sign}` can be read in two ways"
    refuse("CV106", message, phrase, tree.at, f"write `({written})`, or put the chain in parentheses")


def refuse_syntax(phrase: Phrase, text: str, start: int, error: SyntaxError) -> NoReturn:
    """Say in our words what Python's parser says of a text."""
    at = min(max((error.offset or 1) - 1, 0), max(len(text) - 1, 0))
    if "nested parentheses" in str(error.msg):
        refuse(
            "CV103", f"the expression is nested deeper than {MAX_DEPTH} levels", phrase, (start + at, start + at + 1)
        )
    if "digits" in str(error.msg):
        refuse("CV105", "a number larger than 2^63 - 1", phrase, (start, start + len(text)))
    from convcli.layer.statements import SEMICOLON, refused_statement  # only mistakes need it

    found, advice = refused_statement(text)
    if found:
        at = max(0, text.find(";")) if found == SEMICOLON else at
        refuse("CV101", found, phrase, (start + at, start + at + 1), advice)
    reason = (error.msg or "invalid syntax").split(". Perhaps")[0].removesuffix(" (<unknown>, line 1)")
    message = (
        "this is not a layer expression" if reason == "invalid syntax" else f"this is not a layer expression: {reason}"
    )
    help = "a layer looks like `Conv2d(3, 64, 7, stride=2)`, or in short words `conv 64 k7 s2`"
    refuse("CV101", message, phrase, (start + at, start + at + 1), help)


def refuse(code: str, message: str, phrase: Phrase, at: At, help: str = "") -> NoReturn:
    """Raise a diagnostic at a place in a phrase."""
    raise ConvcliError([Diagnostic(code, message, phrase.span(*at), help=help)])
