"""Draws texts of the expression language, and takes trees apart."""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from convcli.layer import syntax

NAMES = st.sampled_from(
    ["x", "input", "_", "a", "conv1", "skip", "width", "depths", "relu", "nn", "é", "größe", "層", "F", "torch", "true"]
)
CALLED = st.sampled_from(
    ["Conv2d", "ReLU", "cat", "nn.Linear", "torch.nn.functional.relu", "Block", "body.layer1", "größe"]
)
NUMBERS = st.one_of(
    st.integers(0, 2**63 - 1).map(str),
    st.floats(0, 1e300).map(repr),
    st.sampled_from(["1_000", "0x1f", "1e-5", ".5", "3."]),
)
STRINGS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5).map(repr)
SHORT = st.sampled_from(
    [
        "conv 64 k3 s2 p1",
        "bn",
        "maxpool k3x5 s2",
        "fc 10",
        "conv 8 k3 psame nobias",
        "dropout 0.5",
        "flatten -2",
        "up 2 mode='a'",
        "bn relu",
        "k3 relu",
    ]
)
ATOMS = st.one_of(NAMES, NAMES, NUMBERS, STRINGS, st.sampled_from(["None", "True", "False", "Ellipsis"]))
SIGNS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "@", "and", "or", "==", "!=", "<", "<=", ">", ">=", "in", "not in"]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Draw an expression made of smaller ones."""
    keyword = st.tuples(st.sampled_from(["dim", "stride", "größe"]), inner).map("=".join)
    arguments = st.tuples(st.lists(inner, max_size=3), st.lists(keyword, max_size=1)).map(
        lambda both: ", ".join(both[0] + both[1])
    )
    part = st.one_of(inner, st.just(""))
    slices = st.one_of(
        st.tuples(part, part).map(":".join), st.tuples(part, part, part).map(":".join), st.just("..."), inner
    )
    return st.one_of(
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"( {one}\t)"),
        st.tuples(inner, SIGNS, inner).map(" ".join),
        st.tuples(inner, SIGNS, inner, SIGNS, inner).map(" ".join),
        st.tuples(st.sampled_from(["-", "+", "not ", "- -"]), inner).map("".join),
        st.tuples(inner, inner, inner).map(lambda three: "{} if {} else {}".format(*three)),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=3).map(lambda items: f"({', '.join(items)}{',' * (len(items) == 1)})"),
        st.tuples(CALLED, arguments).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(inner, arguments).map(lambda call: f"({call[0]})({call[1]})"),
        st.tuples(inner, st.lists(slices, min_size=1, max_size=2)).map(lambda one: f"({one[0]})[{', '.join(one[1])}]"),
        st.tuples(inner, st.sampled_from(["layer1", "é"])).map(lambda one: f"({one[0]}).{one[1]}"),
        st.lists(inner, min_size=2, max_size=4).map(" | ".join),
    )


EXPRESSIONS = st.recursive(ATOMS, _larger, max_leaves=8)
"""Texts of which most are expressions."""

CHAINS = st.lists(st.one_of(EXPRESSIONS, SHORT), min_size=1, max_size=4).map(" | ".join)
"""Chains in which short words may stand too."""


def without_places(tree: Any) -> Any:
    """Return a tree in which all places are the same."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(
            *(
                syntax.NOWHERE if name == "at" else without_places(part)
                for name, part in zip(tree._fields, tree, strict=True)
            )
        )
    return tuple(map(without_places, tree)) if isinstance(tree, tuple) else tree


def nodes(tree: Any) -> Iterator[Any]:
    """List a tree's nodes, from the root."""
    if isinstance(tree, tuple):
        if hasattr(tree, "at"):
            yield tree
        for part in tree:
            yield from nodes(part)
