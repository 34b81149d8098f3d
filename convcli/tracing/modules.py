"""Modules of torch's that are operators of ours as they are: with their own weights, and nothing hooked in."""

from typing import Any

from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.catalogue import find
from convcli.quantity import Shape

HOMES = ("torch.nn.modules.", "torchvision.ops.", "torchvision.models.", "timm.layers.")


def operator_of(module: Any) -> Operator | None:
    """Return the operator of a module, None where it is something else, or more."""
    cls = type(module)
    found = find(cls.__name__)
    if found is None or not found.module or not cls.__module__.startswith(HOMES):
        return None
    hooks = (module._forward_pre_hooks, module._forward_hooks)  # noqa: SLF001  # torch has no other name for it
    if any(hooks) or "forward" in vars(module):
        return None
    if any(True for _ in module.children()) and cls.__name__ != "MultiheadAttention":
        return None
    try:
        op = found.of(**_values(module, found))
    except Refusal:
        return None
    return op if _shapes(module.named_parameters()) == op.weights() and _has_buffers(module, op) else None


def _has_buffers(module: Any, op: Operator) -> bool:
    own = op.buffers()
    return all(own.get(name) == shape for name, shape in _shapes(module.named_buffers()).items())


def _shapes(tensors: Any) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in tensors}


def _values(module: Any, found: type[Operator]) -> dict[str, Any]:
    values = {name: _plain(getattr(module, name)) for name in found.arguments if hasattr(module, name)}
    if found.name == "MultiheadAttention":
        return {
            **values, "bias": module.in_proj_bias is not None, "add_bias_kv": module.bias_k is not None,
            "kdim": None if module.kdim == module.embed_dim else module.kdim,
            "vdim": None if module.vdim == module.embed_dim else module.vdim,
        }  # fmt: skip
    if "bias" in values and not isinstance(values["bias"], bool):
        bare = values.get("affine", values.get("elementwise_affine", True)) is False
        values["bias"] = found.usual()["bias"] if bare else values["bias"] is not None
    return values


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value
