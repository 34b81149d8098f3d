"""What Keras's other layers are in our operators. Each gets its layer and the shapes of its inputs."""

from collections.abc import Callable
from math import prod
from typing import Any

from convcli.diagnostics import Refusal, suggestion
from convcli.human import show_shape
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.complaints import ALIKE
from convcli.readers.keras.layer import Layer
from convcli.readers.trees import CURRENT, INFERRED, call, chain, fitted, unknown

Make = Callable[[Layer, Shape], Any]

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}), "relu6": ("ReLU6", {}), "sigmoid": ("Sigmoid", {}), "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"dim": 1}), "log_softmax": ("LogSoftmax", {"dim": 1}), "elu": ("ELU", {}),
    "selu": ("SELU", {}), "gelu": ("GELU", {}), "swish": ("SiLU", {}), "silu": ("SiLU", {}), "mish": ("Mish", {}),
    "hard_sigmoid": ("Hardsigmoid", {}), "hard_silu": ("Hardswish", {}), "hard_swish": ("Hardswish", {}),
    "softplus": ("Softplus", {}), "softsign": ("Softsign", {}), "leaky_relu": ("LeakyReLU", {"negative_slope": 0.2}),
}  # fmt: skip


def activation(layer: Layer) -> Expression | None:
    """Write the activation of a layer; None where it has none."""
    name = layer.word("activation", "linear")
    at: At = layer.config.place("activation") if "activation" in layer.config else layer.at
    if name in ("linear", "None"):
        return None
    if name not in ACTIVATIONS:
        meant = suggestion(name, (*ACTIVATIONS, "linear"), cutoff=ALIKE)
        if meant:
            layer.complaints.complain("CV083", f"there is no activation `{name[:40]}` that is known", at, meant)
        return fitted(lambda x: unknown(name[:40], x, macs=0, alike=True), at)
    op, arguments = ACTIVATIONS[name]
    return call(op, at, **arguments)


def plain(name: str, *values: Any, **arguments: Any) -> Make:
    """Return what writes an operator with fixed arguments."""
    return lambda layer, _: call(name, layer.at, *values, **arguments)


def nothing(layer: Layer, _: Shape) -> Any:
    """Write what does nothing in a test."""
    return call("Identity", layer.at)


def active(layer: Layer, _: Shape) -> Any:
    """Write an activation that is a layer."""
    return activation(layer) or call("Identity", layer.at)


def relu(layer: Layer, _: Shape) -> Any:
    """Write a ReLU, which may leak, and may have an upper end."""
    most, slope = layer.config.get("max_value"), layer.real("negative_slope", 0.0)
    if most is None:
        return call("LeakyReLU", layer.at, slope) if slope else call("ReLU", layer.at)
    most = layer.real("max_value", 6.0)
    return call("ReLU6", layer.at) if most == 6.0 else call("Hardtanh", layer.at, 0.0, most)


def leaky(layer: Layer, _: Shape) -> Any:
    """Write a leaky ReLU."""
    return call("LeakyReLU", layer.at, layer.real("negative_slope", layer.real("alpha", 0.3)))


def prelu(layer: Layer, x: Shape) -> Any:
    """Write a PReLU; weights that stand for more than channels are counted, no more."""
    shared = layer.config.get("shared_axes") or []
    if isinstance(shared, list) and len(shared) == len(x) - 2:
        return call("PReLU", layer.at, x[1])
    return unknown("PReLU", x, {"alpha": x[1:]}, macs=0, other=2 * prod(x), alike=True)


def elu(layer: Layer, _: Shape) -> Any:
    """Write an ELU."""
    return call("ELU", layer.at, layer.real("alpha", 1.0))


def softmax(layer: Layer, x: Shape) -> Any:
    """Write a softmax."""
    return call("Softmax", layer.at, dim=layer.axis(layer.config.get("axis", -1), len(x)))


def dropout(layer: Layer, _: Shape) -> Any:
    """Write a dropout."""
    return call("Dropout", layer.at, layer.real("rate", layer.real("p", 0.5)))


def dense(layer: Layer, x: Shape) -> Any:
    """Write a linear layer; over an image it is a convolution of 1, since channels come first here."""
    units = layer.integer("units", layer.config.get("output_dim"))
    own: dict[str, Any] = {} if layer.flag("use_bias", default=True) else {"bias": False}
    if len(x) == 2:
        return call("Linear", layer.at, INFERRED, units, **own)
    if len(x) > 5:
        raise Refusal("CV203", f"Dense over {show_shape(x)} is not known")
    return call(f"Conv{len(x) - 2}d", layer.at, INFERRED, units, 1, **own)


def batch_norm(layer: Layer, x: Shape) -> Any:
    """Write a batch norm; with a scale or a shift alone it is counted, no more."""
    axis = layer.axis(layer.config.get("axis", -1), len(x))
    scale, center = layer.flag("scale", default=True), layer.flag("center", default=True)
    eps = layer.real("epsilon", 1e-3)
    if axis == 1:
        own: dict[str, Any] = {} if scale and center else {"affine": False}
        norm = call(f"BatchNorm{max(len(x) - 2, 1)}d", layer.at, INFERRED, eps=eps, momentum=0.01, **own)
        if scale == center:
            return norm
        weight = call("Parameter", layer.at, x[1], *(1 for _ in x[2:]))
        return chain(norm, call("mul" if scale else "add", layer.at, CURRENT, weight))
    named = (("gamma", scale), ("beta", center))
    weights: dict[str, Shape] = {name: (x[axis],) for name, wanted in named if wanted}
    buffers: dict[str, Shape] = {"moving_mean": (x[axis],), "moving_variance": (x[axis],)}
    return unknown("BatchNormalization", x, weights, buffers, macs=0, other=2 * prod(x), alike=True)


def layer_norm(layer: Layer, x: Shape) -> Any:
    """Write a layer norm over channels, or the root mean square's."""
    axis = layer.axis(layer.config.get("axis", -1), len(x))
    squares = layer.kind == "RMSNormalization"
    both = squares or (layer.flag("scale", default=True) and layer.flag("center", default=True))
    eps = layer.real("epsilon", 1e-6 if squares else 1e-3)
    if both and axis == 1:
        if len(x) == 4 and not squares:
            return call("LayerNorm2d", layer.at, INFERRED, eps=eps)
        norm = call("RMSNorm" if squares else "LayerNorm", layer.at, x[1], eps=eps)
        there, back = [0, *range(2, len(x)), 1], [0, len(x) - 1, *range(1, len(x) - 1)]
        turned = [call("permute", layer.at, CURRENT, order) for order in (there, back)]
        return norm if len(x) == 2 else chain(turned[0], norm, turned[1])
    named = (("gamma", "scale"), ("beta", "center"))
    weights: dict[str, Shape] = {name: (x[axis],) for name, asked in named if layer.flag(asked, default=True)}
    return unknown("LayerNormalization", x, weights, macs=0)


def normalization(layer: Layer, x: Shape) -> Any:
    """Write what takes a mean away and divides by a deviation, both of which were seen, or are given."""
    found = layer.config.get("axis", -1)
    axes = [] if found is None else [layer.axis(one, len(x)) for one in (found if isinstance(found, list) else [found])]
    sizes = tuple(x[axis] for axis in axes)
    given = layer.config.get("mean") is not None
    buffers: dict[str, Shape] = {} if given else {"mean": sizes, "variance": sizes, "count": ()}
    return unknown(layer.kind, x, {}, buffers, macs=0, other=2 * prod(x), alike=True)


def middle(layer: Layer, x: Shape) -> Any:
    """Write the middle of an image, or what a random part of it becomes in a test."""
    size = [layer.integer("height"), layer.integer("width")]
    if len(x) == 4 and all(one >= other for one, other in zip(x[2:], size, strict=True)):
        return call("center_crop", layer.at, CURRENT, size)
    return unknown(layer.kind, (*x[:2], *size), macs=0)


def group_norm(layer: Layer, _: Shape) -> Any:
    """Write a group norm."""
    return call("GroupNorm", layer.at, layer.integer("groups", 32), INFERRED, eps=layer.real("epsilon", 1e-3))


def scaled(layer: Layer, x: Shape) -> Any:
    """Write a learned scale of each channel, of ConvNeXt."""
    return unknown(layer.kind, x, {"gamma": (x[1],)}, macs=0, other=prod(x), alike=True)


def same_size(layer: Layer, x: Shape) -> Any:
    """Write what changes numbers place by place, and has no weights."""
    return unknown(layer.kind, x, macs=0, other=2 * prod(x), alike=True)


# ---- sizes


def flatten(layer: Layer, _: Shape) -> Any:
    """Write a flattening; which number stands where differs from Keras, since channels come first here."""
    return call("Flatten", layer.at)


def reshape(layer: Layer, _: Shape) -> Any:
    """Write a new shape."""
    found = layer.config.get("target_shape", layer.config.get("dims"))
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        layer.refuse("target_shape", "a list of whole numbers")
        return call("Identity", layer.at)
    return call("reshape", layer.at, CURRENT, [-1 if -1 not in found else 1, *layer.dims(found)])


def permute(layer: Layer, x: Shape) -> Any:
    """Write another order of the axes, which Keras counts from 1, channels last."""
    found = layer.config.get("dims")
    if not isinstance(found, list) or sorted(map(str, found)) != sorted(map(str, range(1, len(x)))):
        layer.refuse("dims", f"the numbers 1 to {len(x) - 1} in some order")
        return call("Identity", layer.at)
    order = layer.dims([layer.axis(axis, len(x)) for axis in found])
    return call("permute", layer.at, CURRENT, [0, *order])


def _pairs(layer: Layer, name: str, axes: int) -> list[tuple[int, int]]:
    """Return what is added or taken in front of and behind each axis."""
    found = layer.config.get(name, 1)
    found = [found] * axes if type(found) is int else found
    if axes == 1 and isinstance(found, list) and len(found) == 2:
        found = [found]
    pairs = [[one, one] if type(one) is int else one for one in found] if isinstance(found, list) else []
    good = len(pairs) == axes and all(
        isinstance(one, list) and len(one) == 2 and all(type(side) is int and side >= 0 for side in one)
        for one in pairs
    )
    if not good:
        layer.refuse(name, f"two whole numbers for each of {axes} axes")
        return [(0, 0)] * axes
    return [(before, behind) for before, behind in pairs]


def padding(layer: Layer, x: Shape) -> Any:
    """Write zeros around, or what is cropped."""
    crops = layer.kind.startswith("Crop")
    found = _pairs(layer, "cropping" if crops else "padding", len(x) - 2)
    flat = [-side if crops else side for pair in reversed(found) for side in pair]
    return call(f"ZeroPad{len(x) - 2}d", layer.at, flat)


def upsampling(layer: Layer, x: Shape) -> Any:
    """Write an enlargement by whole numbers."""
    sizes = layer.several("size", len(x) - 2, layer.config.get("length") or 2)
    smooth = layer.word("interpolation", "nearest") == "bilinear" and len(x) == 4
    own: dict[str, Any] = {"mode": "bilinear"} if smooth else {}
    factor = sizes[0] if len(set(sizes)) == 1 else [float(one) for one in sizes]
    return call("Upsample", layer.at, scale_factor=factor, **own)


def resizing(layer: Layer, _: Shape) -> Any:
    """Write a resizing to a size."""
    return call("Upsample", layer.at, [layer.integer("height"), layer.integer("width")], mode="bilinear")
