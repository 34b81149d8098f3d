"""A network whose graph is settled already: it is asked like one in words."""

from typing import Any

import pytest

from convcli.asking import report_of, shared_options
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Input, Node
from convcli.op import Operator
from convcli.ops.catalogue import operator
from convcli.ops.opaque import opaque
from convcli.quantity import UNKNOWN, Shape
from convcli.report import Report
from convcli.resolve.boundary import Given
from convcli.settled import Settled, graph_at, whole_shapes

OPEN = (Input("image", (UNKNOWN, 3, UNKNOWN, 8), "float32"), Input("mask", (UNKNOWN, 1), "float32"))


def node(name: str, op: Operator, source: int, shape: Shape) -> Node:
    return Node(name, name, 1, op, ((source, 0),), (shape,), op.answer((shape,), ("float32",)), None, ())


def make(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
    image, mask = whole_shapes(OPEN, given)
    conv = operator("Conv2d").of(in_channels=3, out_channels=4, kernel_size=1)
    shape = (image[0], 4, *image[2:])
    nodes = (
        node("conv", conv, -1, image),
        node("wave", opaque("Wave", (shape,), ("float32",), {"weight": (5,)}, scale=2), 0, shape),
        node("relu", operator("ReLU").of(), 1, shape),
    )
    inputs = tuple(made._replace(shape=size) for made, size in zip(OPEN, (image, mask), strict=True))
    return Graph("net", "net.x", "x", None, image[0], inputs, nodes, ((2, 0),)), ()


NET = Settled("net", "net.x", "x", make, OPEN)


def asked(**options: Any) -> Report:
    settings = {name: options.pop(name) for name in ("variant", "settings") if name in options}
    shared = shared_options(**{"input": None, "batch": None, "batched": None, "max_layers": None, **options})
    return report_of(NET, needs_input=True, **shared, **settings)


def test_a_layer_without_an_operator_has_a_size_and_no_costs() -> None:
    report = asked(input={"image": (2, 3, 8, 8)})
    conv, wave, relu = report.layers
    assert [row.output_shapes for row in (conv, wave, relu)] == [((2, 4, 8, 8),)] * 3
    assert (wave.op, wave.text, wave.params, wave.macs, wave.other_ops) == ("Wave", "Wave(scale=2)", 5, None, None)
    assert (report.totals.params, report.totals.macs) == (16 + 5, 2 * 64 * 12)
    assert {"macs", "flops", "other_ops"} <= set(report.totals.unknown)
    (found,) = report.uncounted
    assert (found.op, found.layers) == ("Wave", ("wave",))
    assert set(found.missing) == {"macs", "other_ops", "memory", "receptive_field"}


@pytest.mark.parametrize("convention", ["torch", "fvcore", "thop", "calflops"])
def test_other_conventions_have_no_cost_for_it_either(convention: str) -> None:
    report = report_of(NET, sizes={"": (2, 3, 8, 8)}, convention=convention, versus=convention)
    assert report.layers[1].cost is None
    assert not report.cost.known


def test_equal_opaque_operators_are_one_and_others_are_not() -> None:
    one = opaque("Wave", ((1,),), ("float32",), {"weight": (5,)}, scale=2)
    assert opaque("Wave", ((1,),), ("float32",), {"weight": (5,)}, scale=2) is one
    assert opaque("Wave", ((1,),), ("float32",), {"weight": (5,)}, scale=2.0) is not one
    assert opaque("Wave", ((2,),), ("float32",), {"weight": (5,)}, scale=2) is not one


@pytest.mark.parametrize(
    ("options", "shapes"),
    [
        ({"input": "2x3x4x8"}, ((2, 3, 4, 8), (1, 1))),
        ({"input": {"image": "2x3x4x8", "mask": "2x1"}}, ((2, 3, 4, 8), (2, 1))),
        ({"input": "3x4x8"}, ((1, 3, 4, 8), (1, 1))),
        ({"input": "3x4x8", "batch": 5}, ((5, 3, 4, 8), (5, 1))),
        ({"input": "3x4x8", "batched": False}, ((1, 3, 4, 8), (1, 1))),
    ],
)
def test_a_size_may_come_without_batch(options: Any, shapes: Any) -> None:
    assert tuple(made.shape for made in asked(**options).inputs) == shapes


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({}, "CV007", "image"),
        ({"input": {"picture": "2x3x4x8"}}, "CV003", "picture"),
        ({"input": "2x3x4x8", "batched": True, "batch": 2}, "CV002", "--batch"),
        ({"input": "2x3x4x8", "batch": 2}, "CV002", "--batch"),
        ({"input": "2x3x4x8", "variant": "large"}, "CV005", "large"),
        ({"input": "2x3x4x8", "settings": {"width": 3}}, "CV004", "width"),
    ],
)
def test_a_wrong_question_is_refused(options: Any, code: str, words: str) -> None:
    with pytest.raises(ConvcliError) as error:
        asked(**options)
    (found,) = error.value.diagnostics
    assert found.code == code
    assert words in found.message


def test_a_graph_can_be_had_alone() -> None:
    graph, findings = graph_at(NET, Given({"": (1, 3, 2, 8)}))
    assert (graph.batch, findings, graph.shape((2, 0))) == (1, (), (1, 4, 2, 8))
