"""Calls that compute element by element, along axes, or matrix by matrix."""

from typing import Any

from convcli.argument import Slot
from convcli.aten.call import Call, Ref, refs
from convcli.aten.made import Made, applied, costed
from convcli.quantity import UNKNOWN, product

OTHER = {"pow": "exponent"}
SIDES = {
    "true_divide": "div",
    "divide": "div",
    "subtract": "sub",
    "multiply": "mul",
    "rsub": "sub",
    "floor_divide": "div",
}
ACTIVATIONS = {"_softmax": "softmax", "_safe_softmax": "softmax", "_log_softmax": "log_softmax",
               "log_sigmoid": "logsigmoid"}  # fmt: skip
DROPPED = ("half_to_float", "dtype", "inplace", "training", "train", "generator", "input_scale")


def sides(call: Call) -> Made | None:
    """`add`, `mul` and the like: two tensors, or a tensor and a number."""
    name = SIDES.get(call.name, call.name)
    first, second = call.args["self"], call.args[OTHER.get(name, "other")]
    alpha, mode = call.args.get("alpha", 1), call.args.get("rounding_mode")
    if call.name == "rsub":
        first, second = second, first
    if call.name == "floor_divide":
        mode = "floor"
    inputs = refs([first, second])
    places = iter(range(2))
    values: dict[str, Any] = {
        "input": Slot(next(places)) if isinstance(first, Ref) else first,
        OTHER.get(name, "other"): Slot(next(places)) if isinstance(second, Ref) else second,
    }
    if name in ("add", "sub") and alpha != 1:
        values["alpha"] = alpha
    if mode is not None:
        values["rounding_mode"] = mode
    if any(isinstance(value, bool | complex) for value in values.values()):
        return None
    return applied(call, name, inputs, **values)


def clamp(call: Call) -> Made:
    """`clamp` to numbers, or to tensors."""
    bounds = [call.args[name] for name in ("min", "max") if name in call.args and call.args[name] is not None]
    if not refs(bounds):
        return one(call)
    return costed(call, refs(call.args), 0, len(bounds) * product(call.outputs[0].shape), alike=True)


def one(call: Call) -> Made:
    """A function of each element, or along an axis."""
    x = call.first("self", "input")
    name = ACTIVATIONS.get(call.name, call.name)
    args = {key: value for key, value in call.args.items() if key not in ("self", "input", *DROPPED)}
    return applied(call, name, [x], **args)


def bounded(call: Call) -> Made:
    """`clamp_min` and `clamp_max`: `clamp` with one bound."""
    side = call.name.removeprefix("clamp_")
    return applied(call, "clamp", [call.args["self"]], **{side: call.args[side]})


def dropout(call: Call) -> Made:
    """`dropout`, which does nothing here."""
    return applied(call, call.name, [call.first("input", "self")], p=call.args["p"])


def reduced(call: Call) -> Made:
    """`mean`, `sum` and the like along axes, or over all."""
    args = {key: value for key, value in call.args.items() if key not in ("self", "dtype")}
    dim = args.get("dim")
    args["dim"] = tuple(dim) if isinstance(dim, list | tuple) and dim else dim if isinstance(dim, int) else None
    return applied(call, call.name, [call.args["self"]], **args)


def elementwise(call: Call) -> Made:
    """A comparison, a function or a choice of each element that the catalogue does not have."""
    free = call.name in FREE
    inputs = refs(call.args)
    return costed(
        call, inputs, 0, 0 if free else product(call.outputs[0].shape), alike=True, keeps=KEEPS.get(call.name)
    )


def three(call: Call) -> Made:
    """`addcmul` and the like: three tensors, element by element, with a factor between."""
    factors = 3 if call.name == "lerp" or call.args.get("value", 1) != 1 else 2
    return costed(call, refs(call.args), 0, factors * product(call.outputs[0].shape), alike=True)


def moved(call: Call) -> Made:
    """Elements at other places; which of them is known only from numbers."""
    inputs = refs(call.args)
    return costed(call, inputs, 0, 0, keeps=tuple(range(1, len(inputs))) if call.name in PICKS else None)


def uncounted(call: Call) -> Made:
    """Sampling at places that a tensor has, and Fourier transforms: no products, and other arithmetic in no number."""
    return costed(call, refs(call.args), 0)


def affine_grid(call: Call) -> Made:
    """`affine_grid_generator`: places in a grid that stands beforehand, times a matrix for each sample."""
    return costed(call, refs(call.args), product(call.outputs[0].shape) * call.args["theta"].shape[-1], 0)


def counted(call: Call) -> Made:
    """An operator along an axis, at one operation for each element of its input."""
    return costed(call, refs(call.args), 0, product(refs(call.args)[0].shape))


PICKS = ("index", "index_select", "gather")
"""What picks elements by the numbers in further tensors, which backward needs."""
KEEPS: dict[str, tuple[int, ...]] = dict.fromkeys(
    ("eq", "ne", "lt", "le", "gt", "ge", "logical_not", "logical_and", "logical_or"), ()
)
KEEPS |= {"where": (0,), "masked_fill": (1,)}
"""What backward needs of the inputs."""
FREE = ("where", "masked_fill", "copy", "fill", "zero", "tril", "triu", "zeros_like", "ones_like", "full_like")


def matrices(call: Call) -> Made:
    """`mm`, `bmm` and `matmul`."""
    a, b = call.args["self"], call.first("mat2", "other", "vec")
    if call.name == "bmm":
        return applied(call, "bmm", [a, b])
    return applied(call, "matmul", [a, b])


def fused(call: Call) -> Made:
    """`addmm`, `baddbmm`: a product, and a sum with another tensor."""
    factors = [value for name, value in call.args.items() if isinstance(value, Ref) and name not in ("self", "input")]
    total = product(call.outputs[0].shape)
    return costed(call, refs(call.args), total * factors[0].shape[-1], total)


def einsum(call: Call) -> Made:
    """`einsum` of two tensors: every combination of the sizes of all letters is multiplied once."""
    words, parts = call.args["equation"].replace(" ", ""), call.first("tensors", "operands")
    left, _, right = words.partition("->")
    names = left.split(",")
    if len(parts) != 2 or "." in words or any(len(n) != len(p.shape) for n, p in zip(names, parts, strict=False)):
        return costed(call, parts, UNKNOWN, equation=words)
    sizes = {
        letter: size
        for name, part in zip(names, parts, strict=True)
        for letter, size in zip(name, part.shape, strict=True)
    }
    total = product(tuple(sizes.values()))
    summed = set(sizes) - set(right)
    return costed(call, parts, total if summed else 0, 0 if summed else total, equation=words)


def dot(call: Call) -> Made:
    """`vdot` and `dot` of two vectors: every element is multiplied, and all are added."""
    x = refs(call.args)
    return costed(call, x, 0, 2 * product(x[0].shape) - 1, keeps=(0, 1))


def weight_norm(call: Call) -> Made:
    """What makes a weight of a direction and a length: a norm along all other axes, a quotient, and a product.

    Backward needs both, and the norms.
    """
    v, g = call.args["v"], call.args["g"]
    return costed(
        call, (v, g), 0, 2 * product(v.shape) + product(g.shape), keeps=(0, 1, 3), dim=call.args.get("dim", 0)
    )


def attention(call: Call) -> Made:
    """`scaled_dot_product_attention`."""
    args = dict(call.args)
    inputs = [args.pop(name) for name in ("query", "key", "value")]
    mask = args.pop("attn_mask", None)
    values = {name: Slot(at) for at, name in enumerate(("query", "key", "value"))}
    values |= {"attn_mask": Slot(3)} if mask is not None else {}
    return applied(
        call, "scaled_dot_product_attention", [*inputs, *([mask] if mask is not None else [])], **values, **args
    )
