"""What torch really does to memory: saved tensors by autograd's own hooks, allocations by what the dispatcher sees."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


torch.set_num_threads(1)  # on tensors this small, threads only wait for each other


def storages(values: Any) -> dict[int, int]:
    """Return the size of each storage behind the tensors in a value, by the storage's address."""
    found = [value.untyped_storage() for value in tree_leaves(values) if isinstance(value, torch.Tensor)]
    return {storage._cdata: storage.nbytes() for storage in found}


def saved_storages(run: Callable[[], Any], without: Iterable[Any] = ()) -> dict[int, int]:
    """Run something and return the size of each storage that autograd saves, but for those of `without`.

    The caller must hold what came out of it, else another tensor may get the address of one that is gone.
    """
    kept: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.detach())  # the tensor itself would hold the graph that holds it, for ever
        return kept[-1]

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = run()
    apart = storages(list(without))
    found = {address: size for address, size in storages(kept).items() if address not in apart}
    del result
    return found


def saved_bytes(run: Callable[[], Any], without: Iterable[Any] = ()) -> int:
    """Run something and return the bytes that autograd saves, each storage once, those of `without` not at all."""
    return sum(saved_storages(run, without).values())


class Allocations(TorchDispatchMode):
    """Counts the storages that are alive: those that are there already, and all that operators return.

    Those of `apart` are not counted.
    """

    def __init__(self, *there: Any, apart: Iterable[Any] = ()) -> None:
        super().__init__()
        self.alive: dict[int, int] = dict.fromkeys(storages(list(apart)), 0)
        self.now = self.peak = 0
        for value in tree_leaves(there):
            self._see(value)

    def _see(self, value: Any) -> None:
        if not isinstance(value, torch.Tensor):
            return
        storage = value.untyped_storage()
        if storage._cdata in self.alive:
            return
        self.alive[storage._cdata] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, storage._cdata)

    def _forget(self, address: int) -> None:
        self.now -= self.alive.pop(address, 0)

    def count_and_let_go(self, weight: torch.Tensor) -> None:
        """Count a weight's gradient as if it stayed, and let it go, where all of them would take too much."""
        assert weight.grad is not None
        self.now += weight.grad.untyped_storage().nbytes()
        weight.grad = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.add.Tensor and (sums_gradients_in_place(args[0]) or adds_bias(*args)):
            func = torch.ops.aten.add_.Tensor
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            self._see(value)
        return result


def sums_gradients_in_place(gradient: Any) -> bool:
    """Say whether autograd, unwatched, adds to this gradient in place: where nobody else holds its storage.

    While a dispatch mode watches, Python holds it too, and autograd makes a new tensor.
    """
    if torch._C._current_graph_task_id() == -1:
        return False
    return torch._C._storage_Use_Count(gradient.untyped_storage()._cdata) == WATCHED


def adds_bias(x: Any, bias: Any) -> bool:
    """Say whether this is the bias of a product whose rows were copied, which torch, unwatched, adds in place."""
    return isinstance(bias, torch.nn.Parameter) and bias.dim() == 1 and x.dim() > 1


WATCHED = 2
"""How many hold a storage that is one gradient's alone while it is watched: that gradient, and Python."""
