"""Batch and instance normalisation, and how normalising is counted.

Operations are those of the evaluation mode. A layer that works out its own statistics takes, for n
elements in S sets (one set for each mean), 5n + 2S: the mean n, the differences n, their squares n,
the mean of those n, the division by the deviation n; and for each set one addition of eps and one
square root. A weight adds n, a bias n.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, POSITIVE, REAL, Nothing, argument, optional
from convcli.diagnostics import Refusal
from convcli.expect import wrong_channels
from convcli.human import show_shape
from convcli.layout import Strides, as_picture
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, product
from convcli.tape import Piece, Tape


def expect_at_least(op: Operator, rank: int, x: Shape) -> None:
    """Refuse an input with too few dimensions."""
    if len(x) < rank:
        found = f"found {len(x)}-d {show_shape(x)}"
        raise Refusal("CV203", f"{op.name} takes an input of {rank} dimensions or more, {found}")


def expect_values(op: Operator, count: int, x: Shape, where: str) -> None:
    """Refuse statistics over a single value: its variance is 0 whatever it is."""
    if count < 2:
        raise Refusal(
            "CV240",
            f"{op.name} takes statistics over {where}, and the input {show_shape(x)} has only one value there",
            help="normalise where there is more: before the pooling, or with a larger input or batch",
        )


class Normalization(Operator):
    """What all of them share: a weight and a bias of one shape, where there are any."""

    def affine_shape(self) -> Shape:
        """Return the shape of the weight and of the bias."""
        raise NotImplementedError

    def weights(self) -> dict[str, Shape]:
        affine = self.values.get("affine", self.values.get("elementwise_affine"))
        names = ("weight", "bias") if self.values.get("bias") else ("weight",)
        return dict.fromkeys(names, self.affine_shape()) if affine else {}

    def own_statistics(self, x: Shape, sets: int) -> int:
        """Return the operations of a layer that normalises `sets` sets by their own mean and variance."""
        n = product(x)
        return 5 * n + 2 * sets + len(self.weights()) * n

    def build(self, nn: Any, **factory: Any) -> Any:
        """Leave out a `bias` that is the default: older versions of torch know it in LayerNorm only."""
        values = {name: value for name, value in self.values.items() if name != "bias" or not value}
        return getattr(nn, self.name)(**values, **factory)


def normalize(tape: Tape, x: Piece, sets: int, strides: Strides | None = None) -> Piece:
    """Play a normalisation: the input, and for each of `sets` means the mean and the deviation's inverse."""
    tape.keep(x)
    statistics = [tape.new((sets,), tape.dtype) for _ in range(2 if sets else 0)]
    tape.keep(*statistics)
    y = tape.out(strides=strides)
    tape.drop(*statistics)
    return y


def normalize_samples(tape: Tape, x: Piece, *, own: bool, axes: int, repeated: tuple[int, int]) -> Piece:
    """Play an instance normalisation, which torch does as batch norm of one sample with all samples' channels.

    `repeated` are the weights and statistics that it repeats for each sample: those kept, and the others.
    """
    sets = product(x.shape[:-axes])
    tensors = [tape.new((sets,), tape.dtype) for _ in range(sum(repeated))]
    tape.keep(*tensors[: repeated[0]])
    flat = tape.in_order(x)
    y = normalize(tape, flat, sets if own else 0)
    tape.drop(*tensors, flat)
    return y


class ByChannel(Normalization):
    """Batch and instance normalisation: one weight, bias, running mean and variance for each channel."""

    lazy = True

    num_features: int = argument(POSITIVE, inferred=True)
    eps: float = argument(REAL, 1e-5)
    momentum: float | None = argument(optional(REAL), 0.1)
    affine: bool = argument(FLAG, True)
    track_running_stats: bool = argument(FLAG, True)

    def affine_shape(self) -> Shape:
        return (self.num_features,)

    def buffers(self) -> dict[str, Shape]:
        if not self.track_running_stats:
            return {}
        each = (self.num_features,)
        return {"running_mean": each, "running_var": each, "num_batches_tracked": ()}

    def template(self, rank: int) -> tuple[Shape, ...]:
        axis = self.channel_axis(rank)
        return (tuple(self.num_features if i == axis else UNKNOWN for i in range(rank)),)

    def expect_channels(self, x: Shape) -> None:
        """Refuse other channels than `num_features`; without weights and statistics torch takes any."""
        axis = self.channel_axis(len(x))
        if x[axis] != self.num_features and (self.affine or self.track_running_stats):
            raise wrong_channels(self, "num_features", x[axis], x, axis)


class AnyBatchNorm(ByChannel):
    """Normalises each channel over the batch.

    In evaluation one scale and one shift: 2n. Without running statistics the batch's own are
    taken in evaluation too: 5n + 2 * num_features, n for the weight, n for the bias.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.axes:
            cls.ranks = (2, 3) if cls.axes == 1 else (cls.axes + 2,)

    @classmethod
    def channel_axis(cls, rank: int) -> int:
        return min(1, rank - 1)

    def check(self) -> None:
        none_left = not self.track_running_stats and self.eps is not UNKNOWN and self.eps <= 0
        if self.eps < 0 or none_left:
            words = "more than 0 without running statistics" if none_left else "0 or more"
            raise Refusal("CV210", f"{self.name}: `eps` must be {words}, found {self.eps}", argument="eps")

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        expect_at_least(self, 2, x)
        self.expect_rank(x)
        self.expect_channels(x)
        if not self.track_running_stats:
            expect_values(self, product((x[0], *x[2:])), x, "the batch and all positions")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        return 2 * product(x) if self.track_running_stats else self.own_statistics(x, x[1])

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        own = tape.training or not self.track_running_stats
        return (normalize(tape, x, x.shape[1] if own else 0, as_picture(x.shape, x)),)


class BatchNorm(AnyBatchNorm):
    """Batch normalisation with a fixed number of axes."""

    bias: bool = argument(FLAG, True, keyword_only=True)


class BatchNorm1d(BatchNorm):
    """Batch normalisation of `N x C` or `N x C x L`."""

    axes = 1


class BatchNorm2d(BatchNorm):
    """Batch normalisation of `N x C x H x W`."""

    axes = 2


class BatchNorm3d(BatchNorm):
    """Batch normalisation of `N x C x D x H x W`."""

    axes = 3


class SyncBatchNorm(AnyBatchNorm):
    """Batch normalisation over the batches of all processes, of `N x C` and any further axes."""

    lazy = False

    process_group: None = argument(Nothing(), None)
    bias: bool = argument(FLAG, True, keyword_only=True)


class InstanceNorm(ByChannel):
    """Normalises each channel of each sample over its positions.

    5n + 2 * N * C, n for the weight, n for the bias; with running statistics 2n in evaluation.
    The lazy forms have `affine` and `track_running_stats` on, as torch's do.
    """

    unbatched = True
    lazy_defaults: ClassVar[dict[str, Any]] = {"affine": True, "track_running_stats": True}

    affine: bool = argument(FLAG, False)
    track_running_stats: bool = argument(FLAG, False)
    bias: bool = argument(FLAG, True, keyword_only=True)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.ranks = (cls.axes + 2,)

    def outputs(self, x: Shape) -> tuple[Shape, ...]:
        self.expect_rank(x)
        self.expect_channels(x)
        if not self.track_running_stats:
            expect_values(self, product(x[-self.axes :]), x, "the positions of a channel")
        return (x,)

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        x = inputs[0]
        return 2 * product(x) if self.track_running_stats else self.own_statistics(x, product(x[: -self.axes]))

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...]:
        own = tape.training or not self.track_running_stats
        repeated = 2 * self.track_running_stats + self.affine, len(self.weights()) - self.affine
        return (normalize_samples(tape, x, own=own, axes=self.axes, repeated=repeated),)


class InstanceNorm1d(InstanceNorm):
    """Instance normalisation of `N x C x L` or `C x L`."""

    axes = 1


class InstanceNorm2d(InstanceNorm):
    """Instance normalisation of `N x C x H x W` or `C x H x W`."""

    axes = 2


class InstanceNorm3d(InstanceNorm):
    """Instance normalisation of `N x C x D x H x W` or `C x D x H x W`."""

    axes = 3
