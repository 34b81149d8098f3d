"""What the parser refuses, in words."""

from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.source import Phrase

MAX_DEPTH = 64
LONGEST_QUOTE = 60
"""What is shown in full of a text that should stand in quotes."""


def refuse_beside_pipe(phrase: Phrase, tree: Expression) -> NoReturn:
    """Refuse a sum or a condition beside a bar, which Python binds in an unexpected way."""
    sign = "if" if isinstance(tree, syntax.Conditional) else getattr(tree, "sign", "+")
    written = phrase.text[tree.at[0] : tree.at[1]]
    message = f"`|` beside an unparenthesised `{sign}` can be read in two ways"
    refuse("CV106", message, phrase, tree.at, f"write `({written})`, or put the chain in parentheses")


def refuse_syntax(phrase: Phrase, text: str, start: int, error: SyntaxError, what: str) -> NoReturn:
    """Say in our words what Python's parser says of a text that should be `what`."""
    from convcli.layer.statements import refused_statement  # only mistakes need it

    reason = (error.msg or "invalid syntax").split(". Perhaps")[0].removesuffix(" (<unknown>, line 1)")
    at = (error.offset or len(text) + 1) - 1  # Python has no place for what is missing at the end
    mark = min(at, max(len(text) - 1, 0))
    if "nested parentheses" in reason:
        at_it = (start + mark, start + mark + 1)
        refuse("CV103", f"the expression is nested deeper than {MAX_DEPTH} levels", phrase, at_it)
    if "digits" in reason:
        refuse("CV105", "a number larger than 2^63 - 1", phrase, (start, start + len(text)))
    statement, advice, place = refused_statement(text)
    if statement:
        mark = mark if place is None else place
        refuse("CV101", statement, phrase, (start + mark, start + mark + 1), advice)
    (first, last), help = (mark, min(mark + 1, len(text))), _looks_like(what, text)
    if reason in ("invalid syntax", "cannot use starred expression here"):
        from convcli.layer.slips import find_slip  # only mistakes need it

        (first, last), help = find_slip(text, at) or ((first, last), help)
        reason = ""
    message = f"this is not {what}{reason and f': {reason}'}"
    refuse("CV101", message, phrase, (start + first, start + last), help)


def _looks_like(what: str, text: str) -> str:
    if what == "a layer expression":
        return "a layer looks like `Conv2d(3, 64, 7, stride=2)`, or in short words `conv 64 k7 s2`"
    return f'quote it if it is a text: "{text}"' if len(text) <= LONGEST_QUOTE and '"' not in text else ""


def refuse(code: str, message: str, phrase: Phrase, at: At, help: str = "") -> NoReturn:
    """Raise a diagnostic at a place in a phrase."""
    raise ConvcliError([Diagnostic(code, message, phrase.span(*at), help=help)])
