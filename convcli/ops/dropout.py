"""Dropout and its kin: what they drop in training, they let pass in evaluation, so none costs anything.

The functions are counted as in evaluation too, whatever their `training` says.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from convcli.argument import FLAG, PROBABILITY, Tensor, Word, argument
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.layout import alike
from convcli.op import ANYTHING, Operator
from convcli.quantity import Shape
from convcli.tape import Piece, Tape


class Identity(Operator):
    """Lets its input pass. It takes no arguments (torch ignores any)."""

    takes = ANYTHING

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        tape.passes(0)
        return (x,)


class AnyDropout(Operator):
    """Sets random parts of the input to zero in training; lets it pass in evaluation: 0."""

    takes = ANYTHING
    zero_alone: ClassVar[bool] = True
    """Whether a single zero is the mask where everything is dropped."""

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        return (x,)

    def chance(self) -> float:
        """Return how often it drops."""
        chance: float = self.values["p"]
        return chance

    def drops(self, tape: Tape) -> bool:
        """Say whether it drops anything, in a module in training, in a function where `training` says so."""
        training: bool = self.values.get("training", tape.training)
        return training and self.chance() > 0

    def mask(self, x: Shape) -> Shape:
        """Return the shape of what the input is multiplied by: a number for each element."""
        return x

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        if not self.drops(tape):
            tape.passes(0)
            return (x,)
        mask = tape.new(() if self.zero_alone and self.chance() == 1 else self.mask(x.shape), x.kind)
        tape.keep(mask)
        y = tape.over(x) if self.overwrites() else tape.new(x.shape, x.kind, alike(x.shape, [(x.shape, x.strides)]))
        tape.drop(mask)
        return (y,)

    def overwrites(self) -> bool:
        """Say whether the result replaces the input."""
        return bool(self.values.get("inplace", False))


def one_a_channel(x: Shape, batched: int) -> Shape:
    """Return the shape of a mask with a number for each channel; fewer dimensions than `batched` have no batch."""
    whole = x if len(x) >= batched else (1, *x)
    return (*whole[:2], *(1,) * (len(whole) - 2))


class Shifting(AnyDropout):
    """Drops to a negative value, and shifts all so that mean and variance stay: always a new tensor."""

    def overwrites(self) -> bool:
        return self.chance() == 1 and super().overwrites()

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        if not self.drops(tape) or self.chance() == 1:
            return super().memory(tape, x)
        shift = tape.new(self.mask(x.shape), x.kind)
        result = super().memory(tape, x)
        tape.drop(shift)
        return result


class DropoutModule(AnyDropout):
    """The arguments of torch's dropout modules."""

    p: float = argument(PROBABILITY, 0.5)
    inplace: bool = argument(FLAG, False)


class Dropout(DropoutModule):
    """Drops elements."""


class Dropout1d(DropoutModule):
    """Drops channels of `N x C x L`, or `C x L`."""

    ranks = (3,)
    unbatched = True

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x, 3)


class Dropout2d(DropoutModule):
    """Drops channels of `N x C x H x W`; as torch does, other inputs pass too."""

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x, 2)


class Dropout3d(DropoutModule):
    """Drops channels of `N x C x D x H x W`; as torch does, other inputs pass too."""

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x if len(x) == 5 else (1, *x), 2)


class AlphaDropout(DropoutModule, Shifting):
    """Drops elements so that mean and variance stay, as `SELU` wants."""


class FeatureAlphaDropout(DropoutModule, Shifting):
    """Drops channels so that mean and variance stay, as `SELU` wants."""

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x, 2)


class DropoutFunction(Function, AnyDropout):
    """The arguments of torch's dropout functions."""

    input: Any = argument(Tensor())
    p: float = argument(PROBABILITY, 0.5)
    training: bool = argument(FLAG, True)
    inplace: bool = argument(FLAG, False)


class DropoutChannels(DropoutFunction):
    """Drops channels; in training torch wants some axes, unless all or no channels are dropped."""

    least_rank: ClassVar[int] = 2

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        if self.training and 0 < self.p < 1 and len(x) < self.least_rank:
            message = f"{self.name} takes an input of {self.least_rank} dimensions or more, found {show_shape(x)}"
            raise Refusal("CV203", message)
        return super().outputs(x)

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x, 2)


class DropoutElements(DropoutFunction):
    """Drops elements."""

    name = "dropout"


class DropoutChannels1d(DropoutChannels):
    """Drops channels of `N x C x L`, or `C x L`."""

    name = "dropout1d"
    ranks = (3,)
    unbatched = True

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x, 3)


class DropoutChannels2d(DropoutChannels):
    """Drops channels of `N x C x H x W`."""

    name = "dropout2d"


class DropoutChannels3d(DropoutChannels):
    """Drops channels of `N x C x D x H x W`."""

    name = "dropout3d"
    least_rank = 1

    def mask(self, x: Shape) -> Shape:
        return one_a_channel(x if len(x) == 5 else (1, *x), 2)


class AlphaDropoutFunction(DropoutFunction, Shifting):
    """Drops elements so that mean and variance stay."""

    name = "alpha_dropout"
    training: bool = argument(FLAG, False)


class FeatureAlphaDropoutFunction(DropoutChannels, Shifting):
    """Drops channels so that mean and variance stay."""

    name = "feature_alpha_dropout"
    training: bool = argument(FLAG, False)


class DropsBranch(AnyDropout):
    """Drops a residual branch, by one number for each sample or for the whole batch."""

    zero_alone = False

    def chance(self) -> float:
        chance: float = self.values["p" if "p" in self.values else "drop_prob"]
        return chance

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return a module that drops in training; torch has none."""

        class Module(nn.Module):  # type: ignore[misc]  # nn is known only when it is handed in
            op = self

            def forward(self, x: Any) -> Any:
                return self.op.dropped_from(x, training=self.training)

            def extra_repr(self) -> str:
                return self.op.text().partition("(")[2].removesuffix(")")

        Module.__name__ = Module.__qualname__ = self.name
        return Module()

    def bound(self, torch: Any) -> Callable[..., Any]:
        """Drop as the arguments say."""
        return partial(self.dropped_from, training=self.values["training"])

    def dropped_from(self, x: Any, *, training: bool) -> Any:
        """Multiply by a random 0 or 1 for each sample, or for the whole batch, so scaled that the mean stays."""
        chance = self.chance()
        if not training or not chance:
            return x
        noise = x.new_empty(self.mask(tuple(x.shape))).bernoulli_(1 - chance)
        return x * (noise.div_(1 - chance) if chance < 1 and self.values.get("scale_by_keep", True) else noise)

    def mask(self, x: Shape) -> Shape:
        rows = x[:1] if self.values.get("mode", "row") == "row" else (1,) * len(x[:1])
        return (*rows, *(1,) * (len(x) - 1))


class StochasticDepth(DropsBranch):
    """torchvision's: drops a residual branch for the whole batch, or row by row."""

    p: float = argument(PROBABILITY)
    mode: str = argument(Word("batch", "row"))


class DropPath(DropsBranch):
    """timm's: drops a residual branch row by row."""

    drop_prob: float = argument(PROBABILITY, 0.0)
    scale_by_keep: bool = argument(FLAG, True)


class StochasticDepthFunction(Function, DropsBranch):
    """torchvision's `StochasticDepth` as a function."""

    name = "stochastic_depth"
    bound = DropsBranch.bound
    input: Any = argument(Tensor())
    p: float = argument(PROBABILITY)
    mode: str = argument(Word("batch", "row"))
    training: bool = argument(FLAG, True)


class DropPathFunction(Function, DropsBranch):
    """timm's `DropPath` as a function."""

    name = "drop_path"
    bound = DropsBranch.bound
    x: Any = argument(Tensor())
    drop_prob: float = argument(PROBABILITY, 0.0)
    training: bool = argument(FLAG, False)
    scale_by_keep: bool = argument(FLAG, True)
