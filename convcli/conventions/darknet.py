"""Darknet: the `BFLOPS` that AlexeyAB's fork prints of a network file, for one image.

Facts are from its source: a convolution is two operations for each weight at each place of the output, a pooling one
for each number under its window, a shortcut one for each number that is added, two if it is weighted. Every other
layer of Darknet has no count, a connected one neither.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from convcli.conventions import groups as g
from convcli.conventions.formulas import MACS
from convcli.conventions.record import FLOP, Convention, Formula, Nothing, Number, Rule, Unseen
from convcli.quantity import Shape, product

Shapes = Sequence[Shape]

NO_COUNT = "layers of Darknet that have no count there"
NO_LAYER = "Darknet has no such layer"


def _window(op: Any, _: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0]) * product(op.kernel_size)


def _square(op: Any, _: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0]) * int(op.values["size"]) ** 2


def _depth(op: Any, inputs: Shapes, outputs: Shapes) -> Number:
    return product(inputs[0]) * int(op.values["size"]) ** 2


def _added(op: Any, inputs: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0]) * (len(inputs) - 1)


def _own(op: Any, inputs: Shapes) -> int:
    """Return the multiply-accumulates of a layer that we know by its costs alone."""
    macs: int = op.answer(tuple(inputs), ("float32",) * len(inputs)).macs
    return macs


def _gates(op: Any, _: Shapes, outputs: Shapes) -> Number:
    return product(outputs[0]) * (12 if "vf.weight" in op.weights() else 9)


WINDOW = Formula("m * K", _window)
SQUARE = Formula("m * size * size", _square)
DEPTH = Formula("n * size * size", _depth)
ADDED = Formula("m for each tensor that is added", _added)
GATES = Formula("9m, 12m with a peephole", _gates)
OWN = Formula("MACs", lambda op, x, _: _own(op, x), products=True)
SIGNS = Formula("MACs / 32", lambda op, x, _: Fraction(_own(op, x), 32), products=True)

PRODUCTS = "multiply-accumulates of convolutions, two operations each"
POOLING = "pooling at 1 for each number under its window"

TABLE = Convention(
    name="darknet",
    package="AlexeyAB/darknet",
    version="59596d7",
    call="Total BFLOPS of a network file",
    says="BFLOPS in single operations, of one image",
    unit=FLOP,
    divides=True,
    rules=(
        Rule(f"{g.CONVOLUTIONS} {g.SOMEBODYS}", MACS, 2, PRODUCTS),
        Rule(f"{g.MAX_POOLS} {g.AVERAGE_POOLS} {g.PLAIN_POOL_FUNCTIONS}", WINDOW, 1, POOLING),
        Rule("add", ADDED, 1, "a shortcut at 1 for each number that is added"),
    ),
    foreign=(
        Rule("conv2d", OWN, 2, PRODUCTS),
        Rule("xnor", SIGNS, 2, "convolutions of signs at a 32nd"),
        Rule("crnn conv_lstm", OWN, 2, PRODUCTS),
        Rule("conv_lstm", GATES, 1, "the gates of a convolutional LSTM at 9, with a peephole 12"),
        Rule("local_avgpool", SQUARE, 1, POOLING),
        Rule("maxpool_depth", DEPTH, 1, POOLING),
        Rule("shortcut", ADDED, 1, "a shortcut at 1 for each number that is added"),
        Rule("weighted_shortcut", ADDED._replace(products=True), 2, "a weighted shortcut at 2 for each number"),
        Nothing("yolo gaussian_yolo region detection blur local rnn gru lstm", NO_COUNT),
        Nothing("ramp loggy relie plse stair lhtan revleaky hard_mish", NO_COUNT),
        Nothing("normalize_channels normalize_channels_softmax normalize_channels_softmax_maxval", NO_COUNT),
    ),
    nothing=(
        Nothing(f"Linear {g.RECURRENT} {g.CELLS}", NO_COUNT),
        Nothing(f"{g.BATCH_NORMS} SyncBatchNorm {g.RECTIFIERS} {g.SMOOTH} {g.SOFTMAXES} PReLU", NO_COUNT),
        Nothing(f"{g.ADAPTIVE_AVERAGES} {g.DROPOUTS} {g.PADDINGS} {g.MOVES} sub mul div", NO_COUNT),
        Nothing("Upsample UpsamplingNearest2d UpsamplingBilinear2d LocalResponseNorm CrossMapLRN2d", NO_COUNT),
        Nothing(f"{g.RECTIFIER_FUNCTIONS} {g.SMOOTH_FUNCTIONS} {g.SOFTMAX_FUNCTIONS} {g.ELEMENTWISE}", NO_COUNT),
        Nothing(f"local_response_norm {g.RESIZING_FUNCTIONS} {g.ADAPTIVE_AVERAGE_FUNCTIONS} batch_norm", NO_COUNT),
        Nothing(f"{g.INSTANCE_NORMS} {g.OTHER_NORMS} instance_norm group_norm layer_norm rms_norm", NO_LAYER),
        Nothing(f"{g.POWER_POOLS} {g.ADAPTIVE_MAXIMA} {g.OTHER_POOLS} {g.POWER_POOL_FUNCTIONS}", NO_LAYER),
        Nothing(f"{g.ADAPTIVE_MAXIMUM_FUNCTIONS} {g.OTHER_POOL_FUNCTIONS} Embedding EmbeddingBag", NO_LAYER),
    ),
    unseen=(
        Unseen(f"{g.TRANSPOSED} Bilinear MultiheadAttention {g.TRANSFORMER}", NO_LAYER),
        Unseen("bmm matmul scaled_dot_product_attention", NO_LAYER),
    ),
)  # fmt: skip
