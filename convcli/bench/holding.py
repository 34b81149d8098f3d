"""What is made for each node of a network that has weights: torch's module, or weights and buffers as they are."""

from collections.abc import Iterator
from typing import Any

from convcli.bench.plan import paths_of
from convcli.graph import Node
from convcli.ops.held import Held


def made_for(torch: Any, node: Node, **factory: Any) -> Iterator[tuple[str, Any]]:
    """Give what a node's call needs, by its names: a module, a bare weight, tensors that only stand there as zeros.

    `factory` is the device of all, and the dtype of floating point numbers.
    """
    op = node.op
    if not isinstance(op, Held):
        yield str(node.module), op.build(torch.nn, **factory)
        return
    for path, (name, shape) in zip(paths_of(node), (*op.own.items(), *op.state.items()), strict=True):
        kind = op.types[0] if name == "" else "int64" if name.rpartition(".")[2] in op.integer_buffers else "float32"
        dtype = factory.get("dtype") if kind == "float32" else getattr(torch, kind)
        zeros = torch.zeros(shape, dtype=dtype, device=factory.get("device"))
        trains = name not in op.frozen
        yield path, torch.nn.Parameter(zeros, requires_grad=trains) if name in op.own else zeros
