"""The tables of conventions against the tools themselves: random layers of every operator, and every network.

The tools are no part of the tests' environment: .ci/run makes one for this file, with tests/tools.txt.
"""

from __future__ import annotations

import contextlib
import copy
import operator
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fvcore")
pytest.importorskip("thop")

import torch
from differential import Case, aligned_cases, ours, placed, spread, tensors
from function_cases import OURS_ALONE, function
from hypothesis import HealthCheck, Phase, given, settings
from real_tools import Failed, Net, ask, installed
from reference_layers import REFERENCE
from torch import nn
from zoo import ZOO
from zoo import build as build_network

import convcli
from convcli.binding import bind
from convcli.conventions.count import count
from convcli.conventions.record import Convention
from convcli.conventions.tables import FILES, Lookup, table
from convcli.function import Function
from convcli.graph import Graph, Input, Node
from convcli.op import Operator
from convcli.ops import catalogue

CASES = 8
"""How many layers of each operator are given to each tool."""
TABLES: dict[str, Convention] = {name: table(name) for name in FILES if name != "darknet"}
"""All that are packages of Python; what Darknet prints of network files is in `test_darknet.py`."""
SIGNS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}
ON_CPU = {"fvcore", "ptflops", "calflops"}
"""Tools that count something else on the meta device, or nothing at all."""
ONLY_META = {"torch"}
"""Tools that are asked on the meta device, where no fused kernel hides from them."""
WRITTEN_OUT = {"LayerNorm2d", "Permute"}
"""Modules of torchvision's, which tools see in the form that it gives them."""
IMAGE = (2, 4, 6, 5)
MORE: dict[str, list[Case]] = {
    "Unflatten": [Case({"dim": 1, "unflattened_size": (2, 2)}, (IMAGE,))],
    "unflatten": [Case({"dim": 1, "sizes": (2, 2)}, (IMAGE,))],
    "FractionalMaxPool3d": [Case({"kernel_size": 2, "output_size": 2}, ((1, 2, 4, 5, 6),))],
    "slice": [Case({"index": (0, slice(1, 3))}, (IMAGE,))],
    "batch_norm": [Case({}, (IMAGE, (4,), (4,))), Case({}, (IMAGE, (4,), (4,), (4,), (4,)))],
    "Permute": [Case({"dims": [0, 2, 3, 1]}, (IMAGE,))],
    "permute": [Case({"dims": [0, 2, 3, 1]}, (IMAGE,))],
    "instance_norm": [Case({}, (IMAGE, (4,), (4,), (4,), (4,)))],
    "group_norm": [Case({"num_groups": 2}, (IMAGE, (4,), (4,)))],
    "layer_norm": [Case({"normalized_shape": (5,)}, (IMAGE, (5,), (5,)))],
    **{f"MaxUnpool{n}d": [Case({"kernel_size": 2}, ((2, 4, *(3,) * n),) * 2, later="int64")] for n in (1, 2, 3)},
    **{f"max_unpool{n}d": [Case({"kernel_size": 2}, ((2, 4, *(3,) * n),) * 2, later="int64")] for n in (1, 2, 3)},
}  # fmt: skip
"""Layers of operators that are hardly ever drawn as they should be."""


def cases(cls: type[Operator]) -> list[Case]:
    """Draw layers of an operator that neither we nor torch refuse, the larger ones of many."""
    found: list[Case] = []

    @settings(
        max_examples=60, database=None, derandomize=True, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=aligned_cases(cls, size=6))
    def draw(case: Case) -> None:
        fits = all(shape and max(shape) <= 64 for shape in case.inputs)
        fits = fits and (case.arguments.get("eps") or 0) >= 0  # else there are NaNs, which no tracer finds equal
        if fits and case not in found and not ours(cls, case).refused and runs(cls, case):
            found.append(case)

    if cls.name != "slice":  # its argument cannot be drawn
        draw()
    return [*sorted(found, key=lambda case: sum(map(sum, case.inputs)))[-CASES:], *MORE.get(cls.name, [])]


def runs(cls: type[Operator], case: Case) -> bool:
    """Say whether torch takes a layer as it is written here: by place, a sum as a sign."""
    try:
        with torch.no_grad():
            built(cls, case)(*tensors(case, "cpu"))
    except (RuntimeError, TypeError, ValueError, IndexError, AssertionError):
        return False
    return True


def built(cls: type[Operator], case: Case) -> nn.Module:
    """Return a network of the layer alone, in evaluation mode."""
    if issubclass(cls, Function):
        return Net(partial(called, cls, case.arguments)).eval()
    if cls.name in WRITTEN_OUT:
        return Net(REFERENCE[cls.name](**case.arguments)).eval()
    return Net(cls.make(bind(cls, (), case.arguments)).build(nn)).eval()


def called(cls: type[Function], arguments: dict[str, Any], *items: torch.Tensor) -> Any:
    """Call a function of torch, with positional arguments as far as they go."""
    free = [name for name in cls.tensor_arguments() if name not in arguments]
    left = {**spread(cls, free, list(items)), **{k: v for k, v in arguments.items() if v is not None}}
    positional = []
    for name, declared in cls.arguments.items():
        if name not in left or declared.keyword_only:
            break
        positional.append(left.pop(name))
    chosen = SIGNS.get(cls.name) or ALONE.get(cls.name) or function(cls.name)
    return chosen(*positional, **left)


ALONE = {**OURS_ALONE, "stochastic_depth": lambda x, *_, **__: x, "drop_path": lambda x, *_, **__: x}
ALONE["center_crop"] = lambda x, *_, **__: x[:, :, 1:, 1:]


def graph_of(cls: type[Operator], case: Case) -> Graph:
    """Return the layer as a graph of one node."""
    op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
    pairs = zip(case.inputs, case.dtypes(), strict=True)
    inputs = tuple(Input(f"input{at}", shape, kind) for at, (shape, kind) in enumerate(pairs))
    results = tuple((-1 - at, 0) for at in range(len(inputs)))
    node = Node("x", "x", 1, op, results, case.inputs, op.answer(case.inputs, case.dtypes()), None, ())
    return Graph("x", "x", "layers", None, 1, inputs, (node,), ((0, 0),))


def mine(convention: Convention, graph: Graph) -> tuple[int, ...] | None:
    """Return what we say of a tool's number, or of its two numbers; None where that is not known."""
    found = count(graph, convention)
    also = [count(graph, convention.also).total] if convention.also else []
    return (found.total, *also) if found.known else None


def theirs(tool: str, cls: type[Operator], case: Case) -> tuple[int, ...] | None:
    """Return a tool's number of a layer, or its two numbers; None where it fails."""
    device = "meta" if tool in ONLY_META else "cpu"
    with torch.device(device):
        model = built(cls, case)
    try:  # not under the device: functions that are called in such a context are called twice
        return ask(tool, model, tensors(case, device))
    except Failed:
        return None


def test_versions() -> None:
    assert {name: one.version for name, one in TABLES.items()} == {name: installed(name) for name in TABLES}
    pinned = (Path(__file__).parent / "tools.txt").read_text("utf-8")
    for one in TABLES.values():
        assert one.package in ("torch", "torchinfo") or re.search(
            rf"^{one.package}=={one.version}$", pinned, re.MULTILINE
        )


@pytest.mark.parametrize("name", [name for name in catalogue.names() if name != "Parameter"])  # which is no layer
def test_random_layers(name: str) -> None:
    cls = catalogue.operator(name)
    wrong = []
    drawn = cases(cls)
    assert drawn
    for tool, convention in TABLES.items():
        if name in Lookup(convention).unseen:
            continue
        for case in drawn:
            own, found = mine(convention, graph_of(cls, case)), theirs(tool, cls, case)
            if own != found and not unbatched(tool, cls, case):
                wrong.append(f"{tool}: {case} {own} {found}")
    assert wrong == []


def unbatched(tool: str, cls: type[Operator], case: Case) -> bool:
    """Say whether calflops takes an image without a batch: only if its height happens to be its channels."""
    return (
        tool.startswith("calflops")
        and cls.name in ("Conv1d", "Conv2d", "Conv3d")
        and (len(case.inputs[0]) == cls.axes + 1)
    )


def sizes(name: str) -> tuple[int, ...]:
    """Return a size that a network takes, and that is soon worked out: that of a stamp, if it takes one."""
    own = ZOO[name].sizes
    for size in [(64, 64), (96, 96)] if len(own[0]) == 2 and len(own) > 1 else []:
        with contextlib.suppress(convcli.ConvcliError):
            convcli.profile(name, input=shape_of(name, 1, size), batched=True)
            return size
    return min(own)


def shape_of(name: str, batch: int, size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a network's input."""
    return (batch, convcli.profile(name).inputs[0].shape[1], *size)


MAY_BE_UNKNOWN = {"MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "LSTM", "CondConv2d"}


@pytest.mark.parametrize("tool", TABLES)
@pytest.mark.parametrize("name", ZOO)
def test_networks(name: str, tool: str) -> None:
    shape = shape_of(name, 1 + len(name) % 2, sizes(name))
    report = convcli.profile(name, input=shape, batched=True, convention=tool, versus=tool)
    if not report.cost.known:
        assert {one.op for one in report.versus.unseen} <= MAY_BE_UNKNOWN
        return
    device = "cpu" if tool in ON_CPU else "meta"
    model = copy.deepcopy(build_network(name)).to_empty(device=device)
    for module in model.modules():  # thop and ptflops do not know torch's class in a subclass of it
        if type(module).__name__ in ("Conv3DSimple", "Conv3DNoTemporal"):
            module.__class__ = nn.Conv3d
    expected = [cost.value for cost in (report.cost, report.cost.also) if cost]
    assert ask(tool, model, [torch.zeros(shape, device=device)]) == tuple(expected)


RESNET18 = {
    "torch": (3_628_146_688,),
    "fvcore": (1_819_065_856,),
    "thop": (1_824_033_792,),
    "ptflops": (1_825_313_768,),
    "ptflops-aten": (1_814_074_344,),
    "torchinfo": (1_814_083_944,),
    "calflops": (3_636_250_112, 1_814_073_344),
}


@pytest.mark.parametrize("tool", TABLES)
def test_resnet18_as_published(tool: str) -> None:
    model = copy.deepcopy(build_network("resnet18")).to_empty(device="cpu")
    assert ask(tool, model, [torch.zeros(1, 3, 224, 224)]) == RESNET18[tool]
