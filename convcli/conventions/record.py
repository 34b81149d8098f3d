"""What a table of a convention is made of: rules, each a formula for some operators and a sentence."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from convcli.quantity import Shape
from convcli.record import Record

Number = int | Fraction
"""A count; not every tool keeps to whole numbers."""

MAC, FLOP = "MAC", "FLOP"


class Formula(Record):
    """A formula by its words; `compute` works it out from operator, inputs and outputs, None where the tool fails.

    `products` says that it stands for the multiply-accumulates of a layer, which we have counted
    too: a rule with such a formula differs from ours only by what it gives more or less.
    """

    words: str
    compute: Callable[[Any, Sequence[Shape], Sequence[Shape]], Number | None]
    products: bool = False


class Rule(Record):
    """What a tool counts for some operators: `times` a formula, and why, in a sentence.

    `functional` marks what is counted where a function is called and not where a module is; it
    matters to ptflops alone, which divides the one by the batch and not the other.
    """

    ops: str
    formula: Formula
    times: int
    sentence: str
    functional: bool = False


class Nothing(Record):
    """Operators for which a tool counts nothing, and why."""

    ops: str
    sentence: str


class Unseen(Record):
    """Operators of which it cannot be said what a tool counts for them, and why."""

    ops: str
    sentence: str


class Convention(Record):
    """How a tool counts: every operator that we have stands in one of `rules` (or several), `nothing`, `unseen`.

    Attributes:
        name: as it is given on the command line.
        package: the distribution that has the tool.
        version: the one against which the table is tested.
        call: what is called, in which mode, for the number.
        says: what the tool calls its number.
        unit: MAC where a multiply-add is one, FLOP where it is two.
        also: the second number of a tool that has two, its unit and its rules.
        divides: whether what modules count is divided by the batch.
        foreign: layers that the tool has and we have not, as its files name them.
        traced: whether layers of which no output depends are left out.
    """

    name: str
    package: str
    version: str
    call: str
    says: str
    unit: str
    rules: tuple[Rule, ...]
    nothing: tuple[Nothing, ...]
    unseen: tuple[Unseen, ...]
    also: "Convention | None" = None
    divides: bool = False
    foreign: "tuple[Rule | Nothing, ...]" = ()
    traced: bool = False

    @property
    def counting(self) -> tuple[Rule, ...]:
        """All rules, those for layers that we have not included."""
        return (*self.rules, *(one for one in self.foreign if isinstance(one, Rule)))

    @property
    def silent(self) -> tuple[Nothing, ...]:
        """All that costs nothing, layers that we have not included."""
        return (*self.nothing, *(one for one in self.foreign if isinstance(one, Nothing)))

    def ours(self, macs: int) -> int:
        """Return our multiply-accumulates in the unit of the tool."""
        return 2 * macs if self.unit == FLOP else macs
