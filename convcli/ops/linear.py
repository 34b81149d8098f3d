"""Linear and bilinear maps, and weights that stand alone.

Output shapes as in torch's documentation of `Linear` and `Bilinear`.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, POSITIVE, Many, argument
from convcli.diagnostics import Refusal
from convcli.expect import wrong_channels
from convcli.human import show_shape
from convcli.layout import reshaped
from convcli.op import Operator
from convcli.ops.broadcast import same
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import WEIGHT, Piece, Tape
from convcli.window.reading import Reading, last_axes


def features(name: str, inputs: Sequence[Shape], which: int = 0) -> int:
    """Return the last size of an input: what `_` means for an operator whose features come last.

    Raises:
        Refusal: there is no such input, or it has no dimensions.
    """
    if len(inputs) <= which:
        raise Refusal("CV232", f"{name} takes {which + 1} tensors, found {len(inputs)}")
    if not inputs[which]:
        raise no_dimensions(name)
    return inputs[which][-1]


def no_dimensions(name: str) -> Refusal:
    """Refuse an input without dimensions."""
    return Refusal("CV203", f"{name} takes an input of 1 dimension or more, found a single number")


def multiply_rows(tape: Tape, x: Piece, shape: Shape) -> Piece:
    """Play the product with a weight: the rows are kept, as a copy where they do not lie one after the other."""
    rows = x
    if len(x.shape) != 2 and not reshaped(x.shape, x.strides, (product(x.shape[:-1]), x.shape[-1]))[0]:
        rows = tape.copy(x)
    tape.keep(rows)
    y = tape.new(shape)
    if rows is not x:
        tape.drop(rows)
    return y


def apply_matrix(tape: Tape, x: Piece, shape: Shape | None = None) -> Piece:
    """Play the product with a weight, of what mixed precision makes of both."""
    (read,) = tape.narrowed(x)
    y = multiply_rows(tape, read, tape.shapes[0] if shape is None else shape)
    if read is not x:
        tape.drop(read)
    return y


class Linear(Operator):
    """Multiplies the last axis by a matrix: `... x in_features` becomes `... x out_features`.

    MACs: rows * in_features * out_features. Other operations: one addition for each output
    element, where there is a bias.
    """

    lazy = True

    in_features: int = argument(POSITIVE, inferred=True)
    out_features: int = argument(POSITIVE)
    bias: bool = argument(FLAG, True)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 1

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return features(cls.name, inputs)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ((UNKNOWN,) * (rank - 1) + (self.in_features,),)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        if features(self.name, (x,)) != self.in_features:
            raise wrong_channels(self, "in_features", x[-1], x, -1)
        return ((*x[:-1], self.out_features),)

    def weights(self) -> dict[str, Shape]:
        weight = (self.out_features, self.in_features)
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.narrow_weights(self.weights()["weight"])
        return (apply_matrix(tape, x),)

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * self.in_features

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return (last_axes(0, len(inputs[0]), (), {-1: None}),)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) if self.bias else 0


class Bilinear(Operator):
    """Combines two inputs: each output feature is a weighted sum of all products of their features.

    `... x in1_features` and `... x in2_features`, equal but for the last axis, become
    `... x out_features`.

    MACs: rows * in1_features * in2_features * out_features. Other operations: the bias, one
    addition for each output element.
    """

    arity = (2, 2)

    in1_features: int = argument(POSITIVE, inferred=True)
    in2_features: int = argument(POSITIVE, inferred=True)
    out_features: int = argument(POSITIVE)
    bias: bool = argument(FLAG, True)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return rank - 1

    @classmethod
    def infer(cls, name: str, inputs: Sequence[Shape]) -> Any:
        return features(cls.name, inputs, 1 if name == "in2_features" else 0)

    def template(self, rank: int) -> tuple[Shape, ...]:
        rows = (UNKNOWN,) * (rank - 1)
        return (*rows, self.in1_features), (*rows, self.in2_features)

    def outputs(self, a: Shape, b: Shape) -> tuple[Shape, ...]:
        for name, shape in (("in1_features", a), ("in2_features", b)):
            if features(self.name, (shape,)) != self.values[name]:
                raise wrong_channels(self, name, shape[-1], shape, -1)
        rows = tuple(size for size in map(same, a[:-1], b[:-1]) if size is not None)
        if len(a) != len(b) or len(rows) != len(a) - 1:
            message = f"{self.name}: its inputs must be equal but for the last axis"
            raise Refusal("CV228", f"{message}, found {show_shape(a)} and {show_shape(b)}")
        return ((*rows, self.out_features),)

    def weights(self) -> dict[str, Shape]:
        weight = (self.out_features, self.in1_features, self.in2_features)
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        return tuple(last_axes(at, len(shape), (), {-1: None}) for at, shape in enumerate(inputs))

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) * self.in1_features * self.in2_features

    def memory(self, tape: Tape, a: Piece, b: Piece) -> tuple[Piece, ...]:
        tape.keep(a, b)
        without_bias = tape.out()
        if not self.bias:
            return (without_bias,)
        y = tape.out()
        tape.drop(without_bias)
        return (y,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        return product(outputs[0]) if self.bias else 0


class Parameter(Operator):
    """A bare weight: takes no tensor and gives itself, `Parameter(64, 1, 1)` a tensor of 64x1x1.

    A single number is `Parameter(shape=[])`. In `weights` its name is empty: torch's `state_dict`
    calls it by the layer's own name. `build` gives an `nn.Parameter`, which is no module.
    """

    arity = (0, 0)
    variadic: ClassVar[str] = "shape"

    shape: Shape = argument(Many(POSITIVE, spread=None))
    requires_grad: bool = argument(FLAG, True, keyword_only=True)

    def template(self, rank: int) -> tuple[Shape, ...]:
        return ()

    def outputs(self) -> tuple[Shape, ...]:
        return (self.shape,)

    def weights(self) -> dict[str, Shape]:
        return {"": self.shape}

    def trained(self) -> int:
        return self.params() if self.requires_grad else 0

    def memory(self, tape: Tape) -> tuple[Piece, ...]:
        return (Piece(WEIGHT, self.shape, tape.dtype, None, self.requires_grad),)

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return an `nn.Parameter` of zeros."""
        zeros = nn.Parameter().new_zeros(self.shape, **factory)
        return nn.Parameter(zeros, requires_grad=self.requires_grad)
