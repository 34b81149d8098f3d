"""A slip in an expression is marked where it was made, with what to type instead."""

import pytest

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer.parse import parse, parse_at
from convcli.readers.text import read_layers
from convcli.source import phrase


def complaint(text: str, *, value: bool = False) -> Diagnostic:
    """Read a text that is no layer, or no value, and return what is said of it."""
    words = phrase(text, "test")
    with pytest.raises(ConvcliError) as caught:
        parse_at(words, 0, len(text)) if value else parse(words)
    (found,) = caught.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("text", "start", "help"),
    [
        ("16 +", 3, "something is missing behind the `+`"),
        ("ReLU() *  ", 7, "something is missing behind the `*`"),
        ("f(a, b -)", 7, "something is missing behind the `-`"),
        ("f(a, b=)", 6, "something is missing behind the `=`"),
        ("16 + * 2", 3, "something is missing behind the `+`"),
        ("a if b else", 7, "something is missing behind the `else`"),
        ("a and not", 6, "something is missing behind the `not`"),
        ("a //", 2, "something is missing behind the `//`"),
        ("größe.", 5, "something is missing behind the `.`"),
        ("f(3, , 3)", 5, "something is missing in front of the `,`"),
        ("f(, 3)", 2, "something is missing in front of the `,`"),
        ("f(=3)", 2, "something is missing in front of the `=`"),
        ("(* 3)", 1, "something is missing in front of the `*`"),
        ("(if a else b)", 1, "something is missing in front of the `if`"),
        ("f(3, kernel_size:3)", 16, "an argument is written with `=`: `kernel_size=3`"),
        ("f(k : 'same')", 4, "an argument is written with `=`: `k='same'`"),
        ("`ReLU()`", 0, "leave the backticks out"),
        ("a | `b`", 4, "leave the backticks out"),
    ],
)
def test_a_slip_is_marked_where_it_was_made(text: str, start: int, help: str) -> None:
    found = complaint(text)
    assert ("CV101", help) == (found.code, found.help)
    assert found.span is not None
    assert start == found.span.start


@pytest.mark.parametrize("text", ["a ? b", "f(a b)", "a:b", "{a: }", "1a", "f(a", "$a"])
def test_where_nothing_is_certain_a_layer_is_shown(text: str) -> None:
    assert complaint(text).help.startswith("a layer looks like `Conv2d(")


@pytest.mark.parametrize(
    ("text", "start", "help"),
    [
        ("y = relu(a)", 2, "a name stands before a colon: `y: relu(a)`"),
        ("self.conv = nn.Conv2d(3, 8, 3)", 10, "a name stands before a colon: `conv: nn.Conv2d(3, 8, 3)`"),
        ("größe = relu(größe)", 6, "a name stands before a colon: `größe: relu(größe)`"),
        ("a = b = relu(x)", 2, "a name stands before a colon: `a: relu(x)`"),
        ("x = self.relu(self.conv(x))", 2, "`x` is what flows already: write `relu(conv(x))`"),
        ("x += self.skip(x)", 2, "`x` is what flows already: write `x + skip(x)`"),
        ("out //= 2 + n", 4, "a name stands before a colon: `out: out // (2 + n)`"),
        ("a, b = f(x)", 5, "one name holds all results: `parts: f(x)`, and `parts[0]` is the first of them"),
        ("k = 3", 2, "an argument stands in the parentheses of its layer: `Conv2d(..., k=3)`"),
        ("a | y = relu(x)", 6, "a name stands before a colon: `y: relu(x)`"),
        ("return self.fc(x)", 0, "the last tensor is the output: write `fc(x)`"),
        ("return", 0, "leave it out"),
        ("import torch", 0, "torch's operators are known without it; `uses:` brings in blocks of other files"),
        ("ReLU(); Tanh()", 6, "write one layer per line, or a bar between them: `ReLU() | Flatten()`"),
        ("del x", 0, ""),
        ("pass", 0, ""),
        ("y[0] = f(x)", 5, ""),
    ],
)
def test_a_statement_is_told_how_it_reads_here(text: str, start: int, help: str) -> None:
    found = complaint(text)
    assert ("CV101", help) == (found.code, found.help)
    assert found.span is not None
    assert start == found.span.start
    assert "has no place here" in found.message


def test_a_value_is_not_called_a_layer() -> None:
    assert "this is not an expression" == complaint("16 +", value=True).message
    assert 'quote it if it is a text: "leaky relu"' == complaint("leaky relu", value=True).help


@pytest.mark.parametrize("text", ["", "  "])
def test_a_value_is_missing(text: str) -> None:
    assert "a value is missing here" == complaint(text, value=True).message


def test_a_value_has_the_limit_of_an_expression() -> None:
    assert "CV104" == complaint("1 + " * 20_000 + "1", value=True).code


@pytest.mark.parametrize("text", ["conv1: Conv2d(3, 8, 3)", "- conv1:Conv2d(3, 8, 3)"])
def test_a_name_at_the_prompt_stands_in_parentheses(text: str) -> None:
    (found,) = read_layers([text]).findings
    assert "a name stands in parentheses here: `(conv1): Conv2d(3, 8, 3)`" == found.help
