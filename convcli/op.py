"""What an operator is: one class that answers everything about itself.

A class body declares the arguments in torch's order, with torch's names and defaults:

    class Linear(Operator):
        in_features: int = argument(POSITIVE, inferred=True)
        out_features: int = argument(POSITIVE)
        bias: bool = argument(FLAG, True)

Formulas are written for plain integers, with `+ - * //`, `ceil_div` and `product` only: the same
lines then answer for unknown sizes and write themselves out for `--explain` (see `quantity`).
Operators are immutable; equal arguments give the same object.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from convcli.argument import REQUIRED, Argument, Slot, Tensor, normal
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.quantity import UNKNOWN, Shape, named, product
from convcli.record import Record
from convcli.tape import Piece
from convcli.window.reading import Reading, element_wise

T = TypeVar("T", bound="Operator")

FLOATS, INTEGERS, ANYTHING = "floating point", "integer", "any"


class Answer(Record):
    """What an operator does to inputs of given shapes."""

    __slots__ = ()

    outputs: tuple[Shape, ...]
    dtypes: tuple[str, ...]
    macs: int
    other_ops: int


class Operator:
    """The base of all operators. Subclasses override what differs from an element-wise function."""

    name: ClassVar[str] = ""
    """torch's name: `Conv2d` for a module, `cat` for a function."""
    module: ClassVar[bool] = True
    """Whether it is a torch.nn class; otherwise a function over tensors."""
    axes: ClassVar[int] = 0
    """The number of spatial axes, 0 where there is no fixed number."""
    ranks: ClassVar[tuple[int, ...]] = ()
    """The input's possible numbers of dimensions, batch included; empty where any will do."""
    unbatched: ClassVar[bool] = False
    """Whether the input may also come without its batch axis (one dimension fewer)."""
    several: ClassVar[bool] = False
    """Whether the results are a list, whatever their number, as those of `chunk`."""
    arity: ClassVar[tuple[int, int]] = (1, 1)
    """The least and the largest number of input tensors of a module."""
    lazy: ClassVar[bool] = False
    """Whether torch has a lazy form of the module (`LazyConv2d`)."""
    lazy_defaults: ClassVar[dict[str, Any]] = {}
    """The defaults that differ in the lazy form."""
    takes: ClassVar[str] = FLOATS
    """The type of number in the input."""
    arguments: ClassVar[dict[str, Argument]] = {}
    """All arguments by name, in torch's order."""
    integer_buffers: ClassVar[tuple[str, ...]] = ("num_batches_tracked",)
    skips: ClassVar[bool] = False
    """Whether it may leave out some of an axis that it reads through no window that is known."""
    variadic: ClassVar[str] = ""
    """The argument that takes all further positional values as one list: `Parameter(64, 1, 1)`."""

    frozen: frozenset[str] = frozenset()
    """The weights that are not trained, see `freeze`."""

    values: dict[str, Any]
    """The arguments of this operator, in normal form."""

    def __init_subclass__(cls) -> None:
        declared = dict(cls.arguments)
        for name, value in cls.__dict__.items():
            if isinstance(value, Argument):
                declared[name] = Argument(value.kind, value.default, value.inferred, value.keyword_only, name)
        cls.arguments = declared
        cls.name = cls.__dict__.get("name", cls.__name__)
        cls._known = {}

    _known: ClassVar[dict[tuple[Any, ...], "Operator"]] = {}

    @classmethod
    def of(cls: type[T], **values: Any) -> T:
        """Return the operator with these arguments; those left out take their defaults.

        Raises:
            Refusal: a value is not of its argument's kind, or torch refuses the combination.
        """
        return cls.make(bind(cls, (), values))

    @classmethod
    def make(cls: type[T], values: dict[str, Any]) -> T:
        """Return the operator with these bound values (from `bind`), none of them `_`."""
        key = (*values.values(), *map(type, values.values()))  # 2 and 2.0 are equal, and not the same
        try:
            known = cls._known.get(key)
        except TypeError:  # a number that grows (see `growing`), which is equal to none for good
            return cls._new(values)
        if known is None:
            known = cls._known[key] = cls._new(values)
        return known  # type: ignore[return-value]

    @classmethod
    def _new(cls: type[T], values: dict[str, Any]) -> T:
        made = object.__new__(cls)
        made.values = values
        made.__dict__.update(values)
        made.check()
        return made

    @classmethod
    def usual(cls) -> dict[str, Any]:
        """Return each argument's default in its normal form, `REQUIRED` where it has none."""
        if "_usual" not in cls.__dict__:
            cls._usual = {name: normal(one.kind, one.default, cls.axes) for name, one in cls.arguments.items()}
        return cls._usual

    _usual: ClassVar[dict[str, Any]]

    # ---- what subclasses answer

    def check(self) -> None:
        """Refuse combinations of arguments that torch's constructor refuses."""

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        """Return the axis of the channels in an input with `rank` dimensions."""
        return rank - cls.axes - 1 if cls.axes else min(1, rank - 1)

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        """Return what `_` means for argument `name`: by default the input's channels."""
        return inputs[0][cls.channel_axis(len(inputs[0]))]

    def batch_axis(self) -> int:
        """Return the axis of the batch in a batched input."""
        return 0

    def template(self, rank: int) -> tuple[Shape, ...]:
        """Return input shapes with `rank` dimensions that fit the arguments, `UNKNOWN` where free."""
        return ((UNKNOWN,) * rank,)

    def outputs(self, *inputs: Any, **_: Any) -> tuple[Shape, ...]:
        """Return the shape of each result.

        Raises:
            Refusal: torch refuses these inputs.
        """
        return (inputs[0],)

    def dtypes(self, inputs: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Return the type of each of the `count` results."""
        return (inputs[0] if inputs else "float32",) * count

    def group(self, results: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arrange the results as torch returns them; only an LSTM nests them."""
        return results

    @classmethod
    def check_inferable(cls, inputs: Sequence[Shape]) -> None:
        """Refuse inputs from which nothing can be inferred: those of the wrong number of dimensions."""
        ranks = {*cls.ranks, *((rank - 1 for rank in cls.ranks) if cls.unbatched else ())}
        if (ranks and len(inputs[0]) not in ranks) or not inputs[0]:
            expected = " or ".join(f"{rank}-d" for rank in sorted(ranks)) or "at least 1-d"
            raise Refusal("CV203", f"{cls.name} takes a {expected} input, found {show_shape(inputs[0])}")

    def weights(self) -> dict[str, Shape]:
        """Return the shape of each parameter, by its name in torch's `state_dict`."""
        return {}

    def buffers(self) -> dict[str, Shape]:
        """Return the shape of each buffer, by its name in torch's `state_dict`."""
        return {}

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        """Return the multiply-accumulates."""
        return 0

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        """Return all other arithmetic operations."""
        return 0

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        """Return how a result is made of the inputs, by default place by place; one left out is read whole."""
        return tuple(element_wise(at, shape, outputs[result]) for at, shape in enumerate(inputs))

    def fetched(self, inputs: Sequence[Shape]) -> int:
        """Return how many numbers of its weights and buffers a call reads: all of them, but for counters."""
        buffers = [shape for name, shape in self.buffers().items() if name not in self.integer_buffers]
        return self.params() + sum(map(product, buffers))

    def dropped(self, x: Shape, y: Shape) -> tuple[tuple[int, int], ...]:
        """Return for each spatial axis how many positions no window reads, and the end of what is read; () for none."""
        return ()

    def memory(self, *tape_and_inputs: Any, **_: Any) -> tuple[Piece, ...] | None:
        """Play a call on a tape (see `tape`) and return the results; None where that is not known."""
        return None

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return torch's own module (`nn` is `torch.nn`); `factory` is device and dtype."""
        extra = factory if self.arguments.keys() and self.has_factory() else {}
        return getattr(nn, self.name)(**self.values, **extra)

    def caller(self, module: Any, asked: frozenset[int] | None = None) -> Callable[..., Any]:
        """Return what calls the module that `build` has made; `asked` are the results that somebody reads."""
        return module  # type: ignore[no-any-return]

    @classmethod
    def has_factory(cls) -> bool:
        """Say whether torch's constructor takes `device` and `dtype`: where there are weights."""
        return cls.weights is not Operator.weights or cls.buffers is not Operator.buffers

    # ---- what all share

    def answer(self, inputs: tuple[Shape, ...], dtypes: tuple[str, ...]) -> Answer:
        """Work out everything that depends on the inputs.

        Raises:
            Refusal: torch refuses these inputs.
        """
        outputs = self.outputs(*inputs)
        costs = self.macs(inputs, outputs), self.other_ops(inputs, outputs)
        return Answer(outputs, self.dtypes(dtypes, len(outputs)), *costs)

    def params(self) -> int:
        """Return the number of parameters."""
        return sum(product(shape) for shape in self.weights().values())

    def computes(self) -> bool:
        """Say whether it has MACs at any size."""
        return type(self).macs is not Operator.macs

    def trained(self) -> int:
        """Return the number of parameters that are trained."""
        weights = self.weights()
        return sum(product(shape) for name, shape in weights.items() if name not in self.frozen)

    def freeze(self: T, names: Iterable[str]) -> T:
        """Return a copy some of whose weights are not trained."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, frozen=frozenset(names))
        return copy

    def expect_rank(self, shape: Shape) -> None:
        """Refuse an input with a number of dimensions that the operator does not take."""
        if self.ranks:
            self.check_inferable((shape,))

    def text(self) -> str:
        """Write the operator as a user would: required arguments first, then what differs."""
        parts: list[str] = []
        for name, value in self.values.items():
            declared = self.arguments[name]
            if isinstance(declared.kind, Tensor) and isinstance(value, Slot | tuple):
                continue
            if name == self.variadic and value:
                parts.extend(map(str, value))
            elif declared.default is REQUIRED:
                parts.append(declared.kind.show(value))
            elif value != self.usual()[name]:
                parts.append(f"{name}={declared.kind.show(value)}")
        return f"{self.name}({', '.join(parts)})"

    def shown(self: T) -> T:
        """Return a copy whose integer arguments remember their names, for `--explain`."""
        copy = object.__new__(type(self))
        copy.__dict__.update({name: named(value, name) for name, value in self.values.items()})
        copy.values = self.values
        return copy

    def __repr__(self) -> str:
        return self.text()
