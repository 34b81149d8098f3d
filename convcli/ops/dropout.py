"""Dropout and its kin: what they drop in training, they let pass in evaluation, so none costs anything.

The functions are counted as in evaluation too, whatever their `training` says.
"""

from typing import Any, ClassVar

from convcli.argument import FLAG, PROBABILITY, Tensor, Word, argument
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.human import show_shape
from convcli.op import ANYTHING, Operator
from convcli.quantity import Shape


class Identity(Operator):
    """Lets its input pass. It takes no arguments (torch ignores any)."""

    takes = ANYTHING


class AnyDropout(Operator):
    """Sets random parts of the input to zero in training; lets it pass in evaluation: 0."""

    takes = ANYTHING

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        return (x,)


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


class Dropout2d(DropoutModule):
    """Drops channels of `N x C x H x W`; as torch does, other inputs pass too."""


class Dropout3d(DropoutModule):
    """Drops channels of `N x C x D x H x W`; as torch does, other inputs pass too."""


class AlphaDropout(DropoutModule):
    """Drops elements so that mean and variance stay, as `SELU` wants."""


class FeatureAlphaDropout(DropoutModule):
    """Drops channels so that mean and variance stay, as `SELU` wants."""


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


class DropoutElements(DropoutFunction):
    """Drops elements."""

    name = "dropout"


class DropoutChannels1d(DropoutChannels):
    """Drops channels of `N x C x L`, or `C x L`."""

    name = "dropout1d"
    ranks = (3,)
    unbatched = True


class DropoutChannels2d(DropoutChannels):
    """Drops channels of `N x C x H x W`."""

    name = "dropout2d"


class DropoutChannels3d(DropoutChannels):
    """Drops channels of `N x C x D x H x W`."""

    name = "dropout3d"
    least_rank = 1


class AlphaDropoutFunction(DropoutFunction):
    """Drops elements so that mean and variance stay."""

    name = "alpha_dropout"
    training: bool = argument(FLAG, False)


class FeatureAlphaDropoutFunction(DropoutChannels):
    """Drops channels so that mean and variance stay."""

    name = "feature_alpha_dropout"
    training: bool = argument(FLAG, False)


class StochasticDepth(AnyDropout):
    """torchvision's: drops a residual branch for the whole batch, or row by row."""

    p: float = argument(PROBABILITY)
    mode: str = argument(Word("batch", "row"))

    def build(self, nn: Any, **factory: Any) -> Any:
        return nn.Identity()


class DropPath(AnyDropout):
    """timm's: drops a residual branch row by row."""

    drop_prob: float = argument(PROBABILITY, 0.0)
    scale_by_keep: bool = argument(FLAG, True)

    def build(self, nn: Any, **factory: Any) -> Any:
        return nn.Identity()


class StochasticDepthFunction(Function, AnyDropout):
    """torchvision's `StochasticDepth` as a function."""

    name = "stochastic_depth"
    input: Any = argument(Tensor())
    p: float = argument(PROBABILITY)
    mode: str = argument(Word("batch", "row"))
    training: bool = argument(FLAG, True)


class DropPathFunction(Function, AnyDropout):
    """timm's `DropPath` as a function."""

    name = "drop_path"
    x: Any = argument(Tensor())
    drop_prob: float = argument(PROBABILITY, 0.0)
    training: bool = argument(FLAG, False)
    scale_by_keep: bool = argument(FLAG, True)
