"""Whether an input has a batch: the first layer tells that takes a fixed number of axes."""

from convcli.op import Operator
from convcli.quantity import Shape

_AXES = {"1d": 3, "2d": 4, "3d": 5}
_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_POOLS = ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool")
_WEIGHTY = ("linear", "addmm", "matmul", "bmm", "mm", "einsum", "embedding", "lstm", "gru", "rnn_tanh", "rnn_relu")


class Axes:
    """Listens to layers until one tells; `has_batch` is None until then.

    A convolution tells wherever it stands. Any other layer tells only where none with weights was before it: behind
    a `Linear` the axes may have other meanings. A layer that sees another number of axes than the input tells
    nothing, since the model has changed them.
    """

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.has_batch: bool | None = None
        self.is_first = True

    def hear_module(self, op: Operator, shape: Shape) -> None:
        """Hear of a module of torch's own that is called."""
        ranks: tuple[int, ...] = op.ranks
        if len(ranks) == 1 and (self.is_first or op.name.startswith("Conv")):
            self.hear(ranks[0], shape, takes_front=op.batch_axis() == 0)
        if op.weights():
            self.is_first = False

    def hear_function(self, name: str, shape: Shape) -> None:
        """Hear of an operator of torch's, by the name that it has there."""
        bare = name.removesuffix("_with_indices")
        if name in _CONVOLUTIONS or (self.is_first and bare[:-2] in _POOLS):
            self.hear(_AXES[bare[-2:]], shape, takes_front=True)
        if name in _CONVOLUTIONS or name in _WEIGHTY:
            self.is_first = False

    def hear(self, full: int, shape: Shape, *, takes_front: bool) -> None:
        """Hear of a layer that takes so many axes with a batch, which `takes_front` says is the first of them."""
        if self.has_batch is not None or len(shape) != self.rank:
            return
        if len(shape) == full:
            self.has_batch = True
        elif len(shape) == full - 1 and takes_front:
            self.has_batch = False
