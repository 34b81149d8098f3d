"""The way from what was asked for to a Python model, if it is one."""

from typing import TYPE_CHECKING, Any

from convcli.bench.torch_or_not import find_torch
from convcli.readers.python_name import python_name

if TYPE_CHECKING:
    from convcli.settled import Settled


def python_model(model: Any, *, train: bool = False) -> "Settled | None":
    """Read a torch.nn.Module, or what the name of one stands for; None where a text is no such name.

    It is called as in evaluation, or with `train` as in training.

    Raises:
        ConvcliError: torch is not installed, there is no such model, or its code fails.
    """
    named = python_name(model) if isinstance(model, str) else None
    if isinstance(model, str) and named is None:
        return None
    from convcli.tracing.read import read_instance, read_named  # needs the whole catalogue

    torch = find_torch()
    return read_named(named, torch, train=train) if named is not None else read_instance(model, torch, train=train)
