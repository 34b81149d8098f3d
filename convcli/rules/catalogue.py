"""The catalogue of rules, in the order of their codes. A new rule is a file of this folder, and an entry here.

A rule's file has two functions:

    find(case)         gives each place at fault: a node of the graph, and what was found there
    say(case, places)  returns what is said of places that stand on one line of a file

Files are imported only for networks that have an operator which can be at fault at all, so that a
network to which nothing can be said costs next to nothing.
"""

from collections.abc import Callable
from typing import Any

from convcli.diagnostics import WARNING
from convcli.record import Record


def _always(_: Any) -> bool:
    return True


class Rule(Record):
    """A rule.

    Attributes:
        code: as messages show it.
        slug: its name, as people write it; also its section in `docs/rules.md`.
        level: how bad it is, unless somebody says otherwise.
        title: what is wrong, in a few words.
        file: the file of this folder that has it.
        ops: the names of the operators that can be at fault; empty where any can.
        when: whether an operator of that name can be, by its arguments.
    """

    code: str
    slug: str
    level: str
    title: str
    file: str
    ops: frozenset[str] = frozenset()
    when: Callable[[Any], bool] = _always


def _each_axis(*families: str) -> str:
    return " ".join(f"{family}{axes}d" for family in families for axes in (1, 2, 3))


CONVOLUTIONS = frozenset(_each_axis("Conv").split())
TRANSPOSED = frozenset(_each_axis("ConvTranspose").split())
POOLS = frozenset(_each_axis("MaxPool", "AvgPool", "LPPool", "max_pool", "avg_pool", "lp_pool").split())


def _strides(op: Any) -> bool:
    """Say whether a window moves by more than one."""
    steps = op.steps() if hasattr(op, "steps") else op.stride
    return any(step != 1 for step in steps)


RULES: tuple[Rule, ...] = (
    Rule(
        "CV301", "dropped-pixels", WARNING, "Rows or columns of the input are dropped", "dropped_pixels",
        CONVOLUTIONS | POOLS | {"Unfold", "unfold"}, _strides,
    ),
    Rule(
        "CV306", "checkerboard", WARNING, "A transposed convolution covers its output unevenly", "checkerboard",
        TRANSPOSED, _strides,
    ),
)  # fmt: skip
