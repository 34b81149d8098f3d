"""What a recorder asks of torch's tensors."""

from typing import Any

from convcli.quantity import Shape


def storage_of(tensor: Any) -> int:
    """Return what tensors have in common that share memory; a sparse one has none of that kind."""
    try:
        return int(tensor.untyped_storage()._cdata)  # noqa: SLF001  # torch has no other name for it
    except NotImplementedError:
        return id(tensor)


def sizes_of(tensor: Any) -> Shape | None:
    """Return the shape of a tensor; a nested one has none that is numbers."""
    try:
        shape = tuple(tensor.shape)
    except RuntimeError:
        return None
    return shape if all(type(size) is int for size in shape) else None


def tensors_in(value: Any, tensor: type) -> list[Any]:
    """Return the tensors in a value, whatever holds them."""
    if isinstance(value, tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple | set):
        return []
    return [found for item in value for found in tensors_in(item, tensor)]


def staying(torch: Any, value: Any) -> Any:
    """Return arguments with the meta device for every other one: there are no numbers that could be moved."""
    if isinstance(value, tuple):
        return tuple(staying(torch, one) for one in value)
    if isinstance(value, dict):
        return {key: staying(torch, one) for key, one in value.items()}
    return torch.device("meta") if isinstance(value, torch.device) else value


def by_gates(torch: Any, args: Any) -> Any:
    """Return the results of a recurrent layer by their shapes: torch would work through every step."""
    x, state = args[0], args[1]
    hidden = state[0] if isinstance(state, list | tuple) else state
    directions = 2 if args[7] else 1
    out = torch.empty((*x.shape[:-1], directions * hidden.shape[-1]), dtype=x.dtype, device="meta")
    states = [torch.empty_like(one) for one in (state if isinstance(state, list | tuple) else [state])]
    return (out, *states)
