"""A bias does nothing: the normalisation behind it subtracts a mean over positions that all have the same bias.

Batch and instance norm average over all but the channels, so they take the bias of a convolution
out again; so does any normalisation that does not average over the axis along which the bias
differs. In evaluation the running mean of a batch norm has the bias in it, to the same effect.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from convcli.graph import Node
from convcli.human import counted
from convcli.op import Operator
from convcli.quantity import is_known, product
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import BIASED, NORMS


def find(case: Case) -> Iterator[tuple[int, int]]:
    """Give the layers whose bias does nothing, and what subtracts it."""
    nodes = case.graph.nodes
    undone: dict[int, int] = {}
    for norm, places in case.each_kind(NORMS):
        known: dict[int, bool] = {}
        for at in places:
            made = nodes[at].inputs[0]
            if made[0] >= 0 and case.is_read_once(made):
                op = nodes[made[0]].op
                if id(op) not in known:
                    known[id(op)] = _undoes(norm, op)
                if known[id(op)]:
                    undone[made[0]] = at
    modules = {nodes[at].module for at in undone}
    needed = {node.module for at, node in enumerate(nodes) if node.module in modules and at not in undone}
    for at in sorted(undone):  # a layer that is applied several times has one bias
        if nodes[at].call == 1 and nodes[at].module not in needed:
            yield at, undone[at]


def _undoes(norm: Node, biased: Operator) -> bool:
    """Say whether a normalisation subtracts the bias of an operator in front of it."""
    shape = norm.input_shapes[0]
    if biased.name not in BIASED or not biased.values["bias"] or shape is None:
        return False
    averaged = _averaged(norm.op, shape)
    return bool(averaged) and biased.channel_axis(len(shape)) not in averaged


def _averaged(op: Any, shape: tuple[int, ...]) -> set[int]:
    """Return the axes over which a normalisation subtracts a mean; none where it subtracts a given one."""
    rank = len(shape)
    axes = set(range(rank))
    if op.name == "batch_norm":
        return axes - {1} if op.training else set()
    if op.name.startswith(("BatchNorm", "SyncBatchNorm")):
        return axes - {1}
    if op.name.startswith("InstanceNorm"):
        return set(range(rank - op.axes, rank))
    if op.name == "instance_norm":
        return axes - {0, 1} if op.use_input_stats else set()
    if op.name in ("GroupNorm", "group_norm"):
        apart = is_known(shape[1]) and op.num_groups == shape[1]
        return axes - ({0, 1} if apart else {0})
    if op.name == "LayerNorm2d":
        return {1}
    return set(range(rank - len(op.normalized_shape), rank))


def say(case: Case, places: Sequence[tuple[int, int]]) -> Said:
    """Say which bias does nothing, and how many numbers it has."""
    at, norm = places[0]
    sizes = [product(case.graph.nodes[place].op.weights()["bias"]) for place, _ in places]
    message = f"the bias of `{case.name(at)}` does nothing: `{case.name(norm)}` subtracts it again"
    label = f"{counted(sizes[0], 'parameter')} for nothing"
    if len(sizes) > 1:
        label += f", {sum(sizes):,} in all {len(sizes):,} such layers"
    return Said(message, label, "write `bias=False`")
