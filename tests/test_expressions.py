"""Expressions: how they are read, where their parts stand, and how they are written back."""

from typing import Any

import pytest
from expression_strategies import CHAINS, EXPRESSIONS, nodes, without_places
from hypothesis import example, given
from hypothesis import strategies as st

from convcli.diagnostics import ConvcliError
from convcli.layer.parse import parse
from convcli.layer.syntax import (
    Attribute,
    Binary,
    Call,
    Chain,
    Compare,
    Conditional,
    Constant,
    Dots,
    Expression,
    Index,
    Keyword,
    List,
    Name,
    Short,
    Slice,
    Unary,
)  # fmt: skip
from convcli.layer.write import write
from convcli.readers.document import read_document
from convcli.source import Source, phrase


def read(text: str) -> str:
    """Read a text, and show its tree without the places, kinds included: 1 and True are equal in Python."""
    return shown(parse(phrase(text, "test")))


def shown(tree: Any) -> str:
    """Show a tree without the places."""
    return repr(without_places(tree))


def attempt(text: str) -> Expression | None:
    """Read a text; None where it is refused."""
    try:
        return parse(phrase(text, "test"))
    except ConvcliError:
        return None


A, B, X = Name("a"), Name("b"), Name("x")
ONE, TWO, THREE = Constant(1), Constant(2), Constant(3)
RELU = Call(Name("ReLU"), (), ())

FORMS: list[tuple[str, Expression]] = [
    ("1", ONE), ("-1", Constant(-1)), ("+1", ONE), ("1.5", Constant(1.5)), ("1e-5", Constant(1e-5)),
    ("1_000", Constant(1000)),
    ("'a'", Constant("a")), ('"a"', Constant("a")), ("True", Constant(True)), ("true", Constant(True)),
    ("false", Constant(False)),
    ("None", Constant(None)), ("null", Constant(None)), ("_", Name("_")), ("a", A), ("nn.a", A), ("torch.nn.a", A),
    ("F.a", A), ("torch.a", A),
    ("torch.nn.functional.a", A), ("a.b", Attribute(A, "b")), ("a.b.b", Attribute(Attribute(A, "b"), "b")),
    ("nn", Name("nn")),
    ("a[1]", Index(A, (ONE,))), ("a[1, 2]", Index(A, (ONE, TWO))), ("a[:]", Index(A, (Slice(None, None, None),))),
    ("a[1:2:3]", Index(A, (Slice(ONE, TWO, THREE),))), ("a[::2]", Index(A, (Slice(None, None, TWO),))),
    ("a[..., 1]", Index(A, (Dots(), ONE))),
    ("a[b]", Index(A, (B,))), ("a[-1]", Index(A, (Constant(-1),))), ("a[None]", Index(A, (Constant(None),))),
    ("ReLU()", RELU), ("nn.ReLU()", RELU), ("a(1)", Call(A, (ONE,), ())),
    ("a(1, b=2)", Call(A, (ONE,), (Keyword("b", TWO),))),
    ("a(1)(x)", Call(Call(A, (ONE,), ()), (X,), ())), ("a.b(x)", Call(Attribute(A, "b"), (X,), ())),
    ("(a | b)(x)", Call(Chain((A, B)), (X,), ())),
    ("-a", Unary("-", A)), ("not a", Unary("not", A)), ("--1", ONE), ("-(-a)", Unary("-", Unary("-", A))),
    ("-a[1]", Unary("-", Index(A, (ONE,)))),
    ("a + b", Binary("+", A, B)), ("a - b - 1", Binary("-", Binary("-", A, B), ONE)),
    ("a - (b - 1)", Binary("-", A, Binary("-", B, ONE))),
    ("a + b * 2", Binary("+", A, Binary("*", B, TWO))), ("(a + b) * 2", Binary("*", Binary("+", A, B), TWO)),
    ("a // b % 2", Binary("%", Binary("//", A, B), TWO)),
    ("a / b @ x", Binary("@", Binary("/", A, B), X)), ("a and b or x", Binary("or", Binary("and", A, B), X)),
    ("not a == b", Unary("not", Compare("==", A, B))),
    ("a and b and x", Binary("and", Binary("and", A, B), X)), ("a < b", Compare("<", A, B)),
    ("a < b < x", Binary("and", Compare("<", A, B), Compare("<", B, X))),
    ("a in b", Compare("in", A, B)), ("a not in b", Compare("not in", A, B)),
    ("a is None", Compare("==", A, Constant(None))),
    ("a if b else x", Conditional(B, A, X)), ("a if b else x if 1 else 2", Conditional(B, A, Conditional(ONE, X, TWO))),
    ("[]", List((), "[]")), ("[1, 2]", List((ONE, TWO), "[]")), ("()", List((), "()")), ("(1,)", List((ONE,), "()")),
    ("(1, 2)", List((ONE, TWO), "()")),
    ("1, 2", List((ONE, TWO), "()")), ("(a)", A), ("a | b", Chain((A, B))), ("a | b | x", Chain((A, B, X))),
    ("ReLU() | a * 2", Chain((RELU, Binary("*", A, TWO)))),
    ("(a + b) | x", Chain((Binary("+", A, B), X))), ("(a | b) * 2", Binary("*", Chain((A, B)), TWO)),
    ("a + (b | x)", Binary("+", A, Chain((B, X)))),
    ("(a if b else x) | a", Chain((Conditional(B, A, X), A))),
    ("(a | b) if x else None", Conditional(X, Chain((A, B)), Constant(None))),
    ("a(b | x)", Call(A, (Chain((B, X)),), ())), ("a('|')", Call(A, (Constant("|"),), ())),
    ("[a | b]", List((Chain((A, B)),), "[]")),
    ("conv 64", Short("conv", (Constant(64),), ())),
    ("conv 64 k3", Short("conv", (Constant(64),), (Keyword("k", THREE),))),
    ("a k3x1", Short("a", (), (Keyword("k", List((THREE, ONE), "()")),))), ("a 0.5", Short("a", (Constant(0.5),), ())),
    ("a -2", Short("a", (Constant(-2),), ())), ("(a -2)", Binary("-", A, TWO)),
    ("conv 1 k3 | b", Chain((Short("conv", (ONE,), (Keyword("k", THREE),)), B))),
    ("a b=1", Short("a", (), (Keyword("b", ONE),))), ("a psame", Short("a", (), (Keyword("p", Constant("same")),))),
    ("a nobias", Short("a", (), (Keyword("bias", Constant(False)),))), ("a op1", Short("a", (), (Keyword("op", ONE),))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FORMS, ids=[text for text, _ in FORMS])
def test_a_form_is_read(text: str, expected: Expression) -> None:
    assert repr(expected) == read(text)


@pytest.mark.parametrize(("text", "_"), FORMS, ids=[text for text, _ in FORMS])
def test_a_form_is_written_back(text: str, _: Expression) -> None:
    assert read(text) == read(write(parse(phrase(text, "test"))))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a |", "| a", "a || b", "a + b | x", "a | b + x", "a | b if x else a", "a if b else x | a",
        "lambda: x", "[a for a in b]", "{1: 2}", "{1}",
        "f'{a}'", "a := 1", "a ** 2", "a & b", "a ^ b", "~a", "a << 1", "*a", "a(*b)", "a(**b)", "1j", "b'a'", "...",
        "a[...:1]", "a = 1", "a; b",
        "yield", "await a", "9223372036854775808", "1e400", "a(", "a)", "'a", "a b c)", "conv 64 @", "conv 64 k3 ??",
        "\0", "a\\", "# a", "a.1", "1a",
        "0777", "a!", "a?", "$a", "a if b", "a else b", "a.b()=1", "a(b=1, 2)",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused_at_a_place_inside(text: str) -> None:
    with pytest.raises(ConvcliError) as caught:
        parse(phrase(text, "test"))
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert 0 <= found.span.start <= found.span.end <= max(1, len(text))


@pytest.mark.parametrize("depth", [10, 50])
def test_calls_may_nest(depth: int) -> None:
    assert attempt("a(" * depth + ")" * depth)


def test_a_long_chain_is_not_deep() -> None:
    tree = attempt(" | ".join(["ReLU()"] * 2_000))
    assert isinstance(tree, Chain)
    assert len(tree.items) == 2_000


def test_a_long_chain_in_parentheses_is_not_deep() -> None:
    tree = attempt(f"({' | '.join(['ReLU()'] * 500)}) * 2")
    assert isinstance(tree, Binary)
    assert isinstance(tree.left, Chain)
    assert len(tree.left.items) == 500


def test_equal_texts_share_one_tree() -> None:
    assert parse(phrase("a + b", "one")) is parse(phrase("a + b", "two"))


# ---- round trips


@given(text=CHAINS)
@example("not (a if b else x)")
@example("(a | b) | x")
@example("a((a | b) | x)")
@example("(-1).layer1")
@example("-(1)(2)")
@example("(a, b)[1]")
@example("a[(1, 2)]")
@example("a[(1, 2), 3]")
@example("a[()]")
@example("a - -1")
@example("(not a) + 1")
@example("(a < b) < x")
@example("conv 8 k3 | (relu)")
def test_what_is_written_back_reads_the_same(text: str) -> None:
    tree = attempt(text)
    if tree is not None:
        assert shown(tree) == read(write(tree))


@pytest.mark.parametrize(
    "text",
    ["(1).layer1", "1.5.layer1", "a b", "x | a b", "a b | k3 5", "x | a conv 8", "conv 8 | k3 a", "a b | x | b c d"],
)
def test_odd_texts_are_written_back(text: str) -> None:
    assert read(text) == read(write(parse(phrase(text, "test"))))


def test_a_keyword_given_twice_is_refused() -> None:
    assert attempt("a(b=1, b=2)") is None


# ---- places


def check_places(tree: Expression, text: str) -> None:
    """Assert that the text at the place of each node reads as that node."""
    for node in nodes(tree):
        start, end = node.at
        assert 0 <= start < end <= len(text)
        piece = text[start:end]
        if isinstance(node, Name):
            assert piece.endswith(node.name) or piece.isidentifier()
        elif isinstance(node, Keyword):
            assert piece.startswith(node.name) or node.name == "bias"
        elif isinstance(node, Call | Index | Attribute | List):
            assert shown(node) == read(piece)


@given(text=EXPRESSIONS)
@example("größe(層, é[1], 'ß') + größe")
@example("cat([層 , 層.é],\tdim=1)")
def test_the_place_of_every_node_holds_its_text(text: str) -> None:
    tree = attempt(text)
    if tree is not None:
        check_places(tree, text)


@pytest.mark.parametrize(
    "text", ["conv 64 k3 s2", "a | conv 64 k3x1 b=größe | bn", "größe | conv 8 k3", "  a  |  b  ", "relu relu relu"]
)
def test_the_places_of_short_words_hold_their_text(text: str) -> None:
    for node in nodes(parse(phrase(text, "test"))):
        piece = text[node.at[0] : node.at[1]]
        assert piece == piece.strip()
        assert not isinstance(node, Short) or piece.split()[0] == node.word


PLAIN = "größe(層, dim=1) | body.é[0]"


@pytest.mark.parametrize(
    "scalar",
    [
        PLAIN, f"'{PLAIN}'", f'"{PLAIN}"', ">-\n  größe(層,\n  dim=1)\n  | body.é[0]",
        "|-\n  größe(層,\n    dim=1)\n  | body.é[0]",
        "größe(層,\n  dim=1)\n  | body.é[0]", "'größe(層,\n\n  dim=1) | body.é[0]'",
        '"größe(層, \\\n  dim=1) | body.é[0]"',
        "größe(層, dim=1) | body.é[0]  # größe", "# größe\n  größe(層, dim=1) | body.é[0]",
        '"gr\\u00f6\\xdfe(層, dim=1) | body.\\xe9[0]"', f">2-\n  {PLAIN}",
        f"&a {PLAIN}",
    ],
)  # fmt: skip
def test_places_survive_yamls_quotes_and_folds(scalar: str) -> None:
    document: Any = read_document(Source("net.yaml", f"# größe 層\nkey: {scalar}\n"), [])
    found = document.items[0][1].phrase
    tree = parse(found)
    parts = [found.span(*node.at).text() for node in nodes(tree) if isinstance(node, Name | Keyword | Constant)]
    assert ["層", "dim=1", "1", "body", "0"] == [part for part in parts if not part.startswith("gr")]
    assert len(parts) == 6


@given(text=st.text(max_size=40))
def test_any_text_is_read_or_refused_at_a_place_inside(text: str) -> None:
    try:
        check_inside(parse(phrase(text, "test")), text)
    except ConvcliError as error:
        for found in error.diagnostics:
            assert found.span is not None
            assert 0 <= found.span.start <= found.span.end <= max(1, len(text))


def check_inside(tree: Expression, text: str) -> None:
    """Assert that all nodes stand inside the text."""
    for node in nodes(tree):
        assert 0 <= node.at[0] <= node.at[1] <= len(text)
