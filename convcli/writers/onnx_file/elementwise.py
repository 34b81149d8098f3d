"""Layers that compute element by element, along axes, or matrix by matrix, in ONNX's words."""

from convcli.argument import Slot
from convcli.writers.onnx_file.builder import Row, Writing

PLAIN = {
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "selu": "Selu", "softsign": "Softsign", "mish": "Mish",
    "hardswish": "HardSwish", "neg": "Neg", "abs": "Abs", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
    "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos", "identity": "Identity",
}  # fmt: skip
PAIRS = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "maximum": "Max", "minimum": "Min"}


def plain(w: Writing) -> None:
    """Write a function of each element without arguments."""
    w.last(PLAIN[w.op.name.lower()], w.x)


def same(w: Writing) -> None:
    """Write what does nothing when a network is asked."""
    w.last("Identity", w.x)


def dropout(w: Writing) -> None:
    """Write `Dropout`."""
    w.last("Dropout", w.x, w.builder.number(w.argument("p")))


def pairs(w: Writing) -> None:
    """Write a function of two tensors, or of a tensor and a number."""
    one, other = w.tensor("input"), w.tensor("other")
    alpha = w.argument("alpha")
    if alpha not in (None, 1):
        other = w.one("Mul", other, w.builder.number(alpha))
    mode = w.argument("rounding_mode")
    if mode is None:
        w.last(PAIRS[w.op.name], one, other)
    elif mode == "floor":
        w.last("Floor", w.one("Div", one, other))
    else:
        w.refuse(f"rounding_mode={mode!r} has no word there")


def power(w: Writing) -> None:
    """Write `pow` and `square`."""
    exponent = w.builder.number(2) if w.op.name == "square" else w.tensor("exponent")
    w.last("Pow", w.x if w.op.name == "square" else w.tensor("input"), exponent)


def rsqrt(w: Writing) -> None:
    """Write `rsqrt`."""
    w.last("Reciprocal", w.one("Sqrt", w.x))


def bounded(w: Writing) -> None:
    """Write `ReLU6`, `Hardtanh` and `clamp`."""
    name = w.op.name.lower()
    low, high = (0, 6) if name == "relu6" else (w.argument("min_val"), w.argument("max_val"))
    if name == "clamp":
        low, high = w.argument("min"), w.argument("max")
    w.last(
        "Clip", w.x, "" if low is None else w.builder.number(low), *([] if high is None else [w.builder.number(high)])
    )


def sloped(w: Writing) -> None:
    """Write `LeakyReLU`, and `RReLU` as it is when a network is asked."""
    slope = w.argument("negative_slope")
    slope = (w.argument("lower") + w.argument("upper")) / 2 if slope is None else slope
    w.last("LeakyRelu", w.x, alpha=float(slope))


def exponential(w: Writing) -> None:
    """Write `ELU` and `CELU`."""
    w.last("Elu" if w.op.name.lower() == "elu" else "Celu", w.x, alpha=float(w.argument("alpha")))


def gelu(w: Writing) -> None:
    """Write `GELU`."""
    w.last("Gelu", w.x, approximate=w.argument("approximate"))


def hard_sigmoid(w: Writing) -> None:
    """Write `Hardsigmoid`."""
    w.last("HardSigmoid", w.x, alpha=1 / 6, beta=0.5)


def silu(w: Writing) -> None:
    """Write `SiLU`, for which these versions have no word."""
    w.last("Mul", w.x, w.one("Sigmoid", w.x))


def log_sigmoid(w: Writing) -> None:
    """Write `LogSigmoid`."""
    w.last("Neg", w.one("Softplus", w.one("Neg", w.x)))


def softplus(w: Writing) -> None:
    """Write `Softplus`."""
    beta = w.argument("beta")
    if beta == 1:
        w.last("Softplus", w.x)
        return
    inner = w.one("Softplus", w.one("Mul", w.x, w.builder.number(beta)))
    w.last("Div", inner, w.builder.number(beta))


def shrunk(w: Writing) -> None:
    """Write `Hardshrink`, `Softshrink` and `Tanhshrink`."""
    name = w.op.name.lower()
    if name == "tanhshrink":
        w.last("Sub", w.x, w.one("Tanh", w.x))
        return
    bound = float(w.argument("lambd"))
    w.last("Shrink", w.x, lambd=bound, bias=bound if name == "softshrink" else 0.0)


def threshold(w: Writing) -> None:
    """Write `Threshold`."""
    above = w.one("Greater", w.x, w.builder.number(w.argument("threshold")))
    w.last("Where", above, w.x, w.builder.number(w.argument("value")))


def soft(w: Writing) -> None:
    """Write `Softmax`, `Softmin` and `LogSoftmax`."""
    name, dim = w.op.name.lower().replace("_", ""), w.argument("dim")
    if name == "softmax2d":
        dim = -3
    elif dim is None:
        dim = 0 if len(w.shape) in (0, 1, 3) else 1
    if name == "softmin":
        w.last("Softmax", w.one("Neg", w.x), axis=dim)
    else:
        w.last("LogSoftmax" if name == "logsoftmax" else "Softmax", w.x, axis=dim)


def gated(w: Writing) -> None:
    """Write `GLU`."""
    one, other = w.emit("Split", [w.x], many=2, axis=w.argument("dim"), num_outputs=2)
    w.last("Mul", one, w.one("Sigmoid", other))


REDUCED = {"sum": "ReduceSum", "mean": "ReduceMean", "amax": "ReduceMax", "amin": "ReduceMin"}


def reduced(w: Writing) -> None:
    """Write `mean` and the like."""
    dims, keep = _axes(w), int(bool(w.argument("keepdim")))
    w.last(REDUCED[w.op.name], w.x, w.ints(*dims), keepdims=keep)


def _axes(w: Writing) -> list[int]:
    dim = w.argument("dim")
    rank = len(w.shape)
    return [*range(rank)] if dim is None or dim == () else [*dim] if isinstance(dim, tuple) else [dim]


def found_at(w: Writing) -> None:
    """Write `argmax` and `argmin`."""
    if w.argument("dim") is None:
        x = w.one("Reshape", w.x, w.ints(-1))
        w.last(w.op.name.replace("arg", "Arg").replace("m", "M"), x, axis=0, keepdims=0)
        return
    op = "ArgMax" if w.op.name == "argmax" else "ArgMin"
    w.last(op, w.x, axis=w.argument("dim"), keepdims=int(bool(w.argument("keepdim"))))


def product(w: Writing) -> None:
    """Write `matmul` and `bmm`."""
    w.last("MatMul", *w.inputs)


def normalized(w: Writing) -> None:
    """Write `normalize`, for the norms that there are words for."""
    p = w.argument("p")
    if p not in (1, 2) or isinstance(w.argument("dim"), tuple):
        w.refuse(f"a norm of p={p} has no word there")
    norm = w.one("ReduceL1" if p == 1 else "ReduceL2", w.x, w.ints(w.argument("dim")), keepdims=1)
    w.last("Div", w.x, w.one("Max", norm, w.builder.number(w.argument("eps"))))


def attention(w: Writing) -> None:
    """Write `scaled_dot_product_attention` by what it is made of."""
    if w.argument("is_causal") or w.argument("enable_gqa"):
        w.refuse("is_causal and enable_gqa are not written")
    q, k, v = (w.tensor(name) for name in ("query", "key", "value"))
    rank, mask = len(w.shapes[1]), w.argument("attn_mask")
    order = [*range(rank - 2), rank - 1, rank - 2]
    scale = w.argument("scale")
    scale = w.shapes[0][-1] ** -0.5 if scale is None else scale
    scores = w.one("Mul", w.one("MatMul", q, w.one("Transpose", k, perm=order)), w.builder.number(scale))
    if isinstance(mask, Slot):
        scores = w.one("Add", scores, w.inputs[mask.input])
    w.last("MatMul", w.one("Softmax", scores, axis=-1), v)


ROWS: tuple[Row, ...] = (
    (
        plain,
        "ReLU relu Sigmoid sigmoid Tanh tanh SELU selu Softsign softsign Mish mish Hardswish hardswish neg abs exp",
    ),
    (plain, "log sqrt reciprocal sin cos Identity"),
    (same, "StochasticDepth DropPath stochastic_depth drop_path Dropout1d Dropout2d Dropout3d AlphaDropout"),
    (same, "FeatureAlphaDropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout"),
    (dropout, "Dropout dropout"),
    (pairs, "add sub mul div maximum minimum"),
    (power, "pow square"),
    (rsqrt, "rsqrt"),
    (bounded, "ReLU6 relu6 Hardtanh hardtanh clamp"),
    (sloped, "LeakyReLU leaky_relu RReLU rrelu"),
    (exponential, "ELU elu CELU celu"),
    (gelu, "GELU gelu"),
    (hard_sigmoid, "Hardsigmoid hardsigmoid"),
    (silu, "SiLU silu"),
    (log_sigmoid, "LogSigmoid logsigmoid"),
    (softplus, "Softplus softplus"),
    (shrunk, "Hardshrink hardshrink Softshrink softshrink Tanhshrink tanhshrink"),
    (threshold, "Threshold threshold"),
    (soft, "Softmax softmax Softmin softmin Softmax2d LogSoftmax log_softmax"),
    (gated, "GLU glu"),
    (reduced, "sum mean amax amin"),
    (found_at, "argmax argmin"),
    (product, "matmul bmm"),
    (normalized, "normalize"),
    (attention, "scaled_dot_product_attention"),
)
