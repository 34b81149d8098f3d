"""Results of the commonest operators, made from shapes alone: torch's own way to them on meta is a long one.

A shortcut answers only where nothing about a result is in doubt, else None: then torch is asked, or refuses.
"""

from collections.abc import Callable
from typing import Any

Shortcut = Callable[..., Any]


def _plain(tensor: Any) -> bool:
    return bool(tensor.is_meta and tensor.dtype.is_floating_point and not tensor.is_nested)


def _alike(x: Any, *others: Any) -> bool:
    """Say whether all tensors are on meta and of one floating point type; there may be None among them."""
    kind = x.dtype
    return _plain(x) and all(one is None or (one.is_meta and one.dtype == kind) for one in others)


def _same(x: Any, *_: Any, **__: Any) -> Any:
    """Each element becomes another one."""
    return x.new_empty(x.shape) if _plain(x) and x.is_contiguous() else None


def _in_place(x: Any, *_: Any, **__: Any) -> Any:
    """Each element is replaced by another one."""
    return x if _plain(x) else None


def _sides(x: Any, y: Any, **options: Any) -> Any:
    """Two tensors element by element, the smaller one repeated, or a tensor and a number."""
    if not hasattr(x, "shape") or options.get("rounding_mode") is not None or isinstance(y, bool | complex):
        return None
    if not hasattr(y, "shape"):
        return _same(x)
    if not (_alike(x, y) and x.is_contiguous() and y.is_contiguous()):
        return None
    for whole, part in ((x, y), (y, x)):
        if _spreads(part.shape, whole.shape):
            return whole.new_empty(whole.shape)
    return None


def _spreads(part: Any, whole: Any) -> bool:
    """Say whether a tensor is repeated to the shape of another one."""
    if part == whole:
        return True
    behind = whole[len(whole) - len(part) :]
    return len(part) <= len(whole) and all(a in (1, b) for a, b in zip(part, behind, strict=True))


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    if weight.dim() != 2 or not x.dim() or x.shape[-1] != weight.shape[1] or not _alike(x, weight, bias):
        return None
    fits = bias is None or bias.shape == weight.shape[:1]
    return x.new_empty((*x.shape[:-1], weight.shape[0])) if fits else None


def _batch_norm(x: Any, *tensors: Any, **named: Any) -> Any:
    if named or len(tensors) < 8 or x.dim() < 2 or not x.is_contiguous():
        return None
    weights = tensors[:4]
    fits = all(one is None or tuple(one.shape) == (x.shape[1],) for one in weights) and _alike(x, *weights)
    from_the_input = tensors[4]
    return x.new_empty(x.shape) if fits and (from_the_input or None not in weights[2:]) else None


def _layer_norm(x: Any, over: Any, weight: Any = None, bias: Any = None, *_: Any) -> Any:
    shape = tuple(over)
    fits = shape and tuple(x.shape[-len(shape) :]) == shape and _alike(x, weight, bias)
    fits = fits and all(one is None or tuple(one.shape) == shape for one in (weight, bias))
    return x.new_empty(x.shape) if fits else None


def _attention(query: Any, key: Any, value: Any, mask: Any = None, *_: Any, **named: Any) -> Any:
    if mask is not None or named.get("enable_gqa") or named.get("attn_mask") is not None:
        return None
    fits = _alike(query, key, value) and query.dim() > 2 and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    fits = fits and query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]
    return query.new_empty((*query.shape[:-1], value.shape[-1])) if fits else None


def _roll(x: Any, shifts: Any, dims: Any = ()) -> Any:
    fits = len(dims) == len(shifts) and all(-x.dim() <= one < x.dim() for one in dims)
    return _same(x) if fits else None


_ELEMENTS = (
    "relu hardtanh relu6 hardswish hardsigmoid silu mish gelu elu selu celu leaky_relu softplus sigmoid tanh neg exp "
    "sqrt rsqrt abs square sin cos"
)
SHORTCUTS: dict[str, Shortcut] = {
    **dict.fromkeys(_ELEMENTS.split(), _same),
    **{f"{name}_": _in_place for name in _ELEMENTS.split() if name != "softplus"},
    **dict.fromkeys(("add", "sub", "mul", "div"), _sides),
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "scaled_dot_product_attention": _attention,
    "roll": _roll,
}
"""By the names of torch's operators, those that change a tensor in place with their `_`."""
