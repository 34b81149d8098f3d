"""The shapes of what is seldom in a network of convolutions: attention, regions, losses, signals, texts."""

from convcli.onnx.asked import Asked, counted
from convcli.quantity import UNKNOWN, Shape, is_known, product


def _one(asked: Asked, at: int) -> int:
    """Return the whole number that an input is.

    Raises:
        LookupError: it is not known.
    """
    found = asked.ints(at)
    if not found:
        raise LookupError(at)
    return found[0]


def attended(asked: Asked) -> list[Shape | None]:
    """`Attention`: with three axes the heads lie side by side; what it keeps for later is longer."""
    q, k, v = (asked.shape(at) for at in range(3))
    flat = len(q) != 4
    if flat:
        heads, inner = asked.attribute("q_num_heads", 1), asked.attribute("kv_num_heads", 1)
        q = (q[0], heads, q[1], q[2] // heads)
        k, v = ((one[0], inner, one[1], one[2] // inner) for one in (k, v))
    batch, heads, rows, _ = q
    total = k[2] + (asked.shape(4)[2] if asked.has(4) else 0)
    found: Shape = (batch, rows, heads * v[3]) if flat else (batch, heads, rows, v[3])
    return [found, (batch, k[1], total, k[3]), (batch, v[1], total, v[3]), (batch, heads, rows, total)]


def attended_flexibly(asked: Asked) -> list[Shape | None]:
    """`FlexAttention`."""
    return [(*asked.shape(0)[:-1], asked.shape(2)[-1])]


def attended_linearly(asked: Asked) -> list[Shape | None]:
    """`LinearAttention`: what it keeps for later is a matrix for each head."""
    q, k, v = (asked.shape(at) for at in range(3))
    heads, inner = asked.attribute("q_num_heads", 1), asked.attribute("kv_num_heads", 1)
    return [(*q[:2], heads * (v[2] // inner)), (q[0], inner, k[2] // inner, v[2] // inner)]


def causal(asked: Asked) -> list[Shape | None]:
    """`CausalConvWithState`."""
    x, kernel = asked.shape(), asked.shape(1)[2]
    return [x, (*x[:2], kernel - 1)]


def like_second(asked: Asked) -> list[Shape | None]:
    """`GatherElements`."""
    return [asked.shape(1)]


def grid(asked: Asked) -> list[Shape | None]:
    """`AffineGrid`: a place for each position of the size."""
    wanted = asked.ints(1) or ()
    return [(wanted[0], *wanted[2:], len(wanted) - 2)]


def columns_back(asked: Asked) -> list[Shape | None]:
    """`Col2Im`."""
    x, image, block = asked.shape(), asked.ints(1) or (), asked.ints(2) or ()
    return [(x[0], x[1] // product(block), *image)]


def determinant(asked: Asked) -> list[Shape | None]:
    """`Det`."""
    return [asked.shape()[:-2]]


def places(asked: Asked) -> list[Shape | None]:
    """`NonZero` and `NonMaxSuppression`: how many are found depends on the numbers."""
    return [(len(asked.shape()), UNKNOWN) if asked.node.op == "NonZero" else (UNKNOWN, 3)]


def compressed(asked: Asked) -> list[Shape | None]:
    """`Compress`: what a condition chooses along an axis, or of all."""
    x, wanted = asked.shape(), asked.values(1)
    count = sum(map(bool, wanted.values)) if wanted is not None and all(map(is_known, wanted.values)) else UNKNOWN
    if "axis" not in asked.node.attributes:
        return [(count,)]
    axis = asked.axis()
    return [(*x[:axis], count, *x[axis + 1 :])]


def different(asked: Asked) -> list[Shape | None]:
    """`Unique`: how many there are depends on the numbers."""
    x = asked.shape()
    if "axis" not in asked.node.attributes:
        return [(UNKNOWN,), (UNKNOWN,), (product(x),), (UNKNOWN,)]
    axis = asked.axis()
    return [(*x[:axis], UNKNOWN, *x[axis + 1 :]), (UNKNOWN,), (x[axis],), (UNKNOWN,)]


def regions(asked: Asked) -> list[Shape | None]:
    """`RoiAlign` and `MaxRoiPool`: a picture for each region."""
    x, rois = asked.shape(0), asked.shape(1)
    if asked.node.op == "MaxRoiPool":
        return [(rois[0], x[1], *asked.attribute("pooled_shape", [1, 1]))]
    return [(rois[0], x[1], asked.attribute("output_height", 1), asked.attribute("output_width", 1))]


def loss(asked: Asked) -> list[Shape | None]:
    """`NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss`: a number, or one for each target; then logarithms."""
    apart = asked.attribute("reduction", "mean") == "none"
    return [asked.shape(1) if apart else (), asked.shape()]


def window(asked: Asked) -> list[Shape | None]:
    """`HannWindow` and the like."""
    return [(_one(asked, 0),)]


def mel(asked: Asked) -> list[Shape | None]:
    """`MelWeightMatrix`."""
    return [(_one(asked, 1) // 2 + 1, _one(asked, 0))]


def fourier(asked: Asked) -> list[Shape | None]:
    """`DFT`: all frequencies, or those that are enough for a real signal, which comes back as one."""
    x = asked.shape()
    axis = asked.attribute("axis", 1) if asked.opset < 20 else _one(asked, 2) if asked.has(2) else -2
    at = counted(axis, len(x))
    half, back = asked.attribute("onesided", 0), asked.attribute("inverse", 0)
    size = _one(asked, 1) if asked.has(1) else 2 * (x[at] - 1) if half and back else x[at]
    made = size // 2 + 1 if half and not back else size
    return [(*x[:at], made, *x[at + 1 : -1], 1 if half and back else 2)]


def short_fourier(asked: Asked) -> list[Shape | None]:
    """`STFT`: a spectrum for each frame."""
    x, step = asked.shape(), _one(asked, 1)
    length = _one(asked, 3) if asked.has(3) else asked.shape(2)[0] if asked.has(2) else x[1]
    bins = length // 2 + 1 if asked.attribute("onesided", 1) else length
    return [(x[0], (x[1] - length) // step + 1, bins, 2)]


def picture(asked: Asked) -> list[Shape | None]:
    """`ImageDecoder`."""
    return [(UNKNOWN, UNKNOWN, 1 if asked.attribute("pixel_format", "RGB") == "Grayscale" else 3)]


def words(asked: Asked) -> list[Shape | None]:
    """`StringSplit`: as many columns as the longest text has words."""
    return [(*asked.shape(), UNKNOWN), asked.shape()]


def counts(asked: Asked) -> list[Shape | None]:
    """`TfIdfVectorizer`."""
    return [(*asked.shape()[:-1], max(asked.attribute("ngram_indexes", [])) + 1)]
