"""Lists of tensors in ONNX: what is taken out is what was put in, at no cost, and its receptive field is known."""

from pathlib import Path
from typing import Any

import pytest
from onnx_files import INT64, net, node, tensor

import convcli
from convcli.diagnostics import ConvcliError


def number(name: str, *values: int, shape: tuple[int, ...] | None = None) -> bytes:
    return tensor(name, (len(values),) if shape is None else shape, values, INT64)


ONE, TWO = number("one", 1, shape=()), number("two", 2, shape=())


def profiled(tmp_path: Path, nodes: list[bytes], *tensors: bytes) -> Any:
    (tmp_path / "net.onnx").write_bytes(net(nodes, (1, 7, 4, 4), ONE, TWO, *tensors))
    return convcli.profile(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("inputs", "attributes", "at", "shape"),
    [
        ("x two", {"axis": 1}, "one", (1, 2, 4, 4)),
        ("x two", {"axis": 1}, "last", (1, 1, 4, 4)),  # what is left over
        ("x sizes", {"axis": 1}, "one", (1, 4, 4, 4)),
        ("x sizes", {"axis": -3}, "last", (1, 4, 4, 4)),
        ("x", {"axis": 1}, "one", (1, 1, 4, 4)),
        ("x", {"axis": 1, "keepdims": 0}, "one", (1, 4, 4)),
        ("x two", {"axis": 1, "keepdims": 0}, "one", (1, 2, 4, 4)),  # which counts where no sizes are given
    ],
)
def test_a_part_is_taken_out(tmp_path: Path, inputs: str, attributes: Any, at: str, shape: tuple[int, ...]) -> None:
    split = node("SplitToSequence", inputs, "parts", **attributes)
    known = (number("last", -1, shape=()), number("sizes", 3, 4))
    report = profiled(tmp_path, [split, node("SequenceAt", f"parts {at}", "y")], *known)
    assert [one.shape for one in report.outputs] == [shape]
    assert (report.totals.macs, report.totals.other_ops, report.totals.unknown, report.uncounted) == (0, 0, (), ())


def test_a_list_grows_and_shrinks_and_is_joined(tmp_path: Path) -> None:
    nodes = [
        node("Relu", "x", "a"),
        node("SequenceConstruct", "x a", "list"),
        node("SequenceInsert", "list a one", "longer"),  # x, a, a
        node("SequenceErase", "longer", "shorter"),
        node("SequenceEmpty", "", "empty"),
        node("SequenceInsert", "empty x", "single"),
        node("ConcatFromSequence", "longer", "wide", axis=1),
        node("ConcatFromSequence", "shorter", "deep", axis=0, new_axis=1),
        node("SequenceLength", "longer", "count"),
        node("SequenceAt", "single zero", "again"),
        node("Unsqueeze", "count axes", "counts"),
        node("Concat", "counts ten", "size", axis=0),
        node("Expand", "again size", "large"),
        node("ReduceSum", "deep", "sum", keepdims=0),
        node("Mul", "wide sum", "part"),
        node("ReduceSum", "large", "whole", keepdims=0),
        node("Add", "part whole", "y"),
    ]
    known = (number("zero", 0, shape=()), number("ten", 7, 4, 4), number("axes", 0))
    report = profiled(tmp_path, nodes, *known)
    shapes = [(row.op, row.output_shapes) for row in report.layers]
    for wanted in (("cat", ((1, 21, 4, 4),)), ("cat", ((2, 1, 7, 4, 4),)), ("expand", ((3, 7, 4, 4),))):
        assert wanted in shapes
    assert [one.shape for one in report.outputs] == [(1, 21, 4, 4)]
    assert report.uncounted == ()


def test_what_is_done_to_a_part_sees_what_it_sees(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
        node("SplitToSequence", "a two", "parts", axis=1),
        node("SequenceAt", "parts one", "b"),
        node("MaxPool", "b", "y", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    report = profiled(tmp_path, nodes, tensor("w", (6, 7, 3, 3)))
    field = report.layers[-1].receptive_field
    assert (field.kind, field.size, field.stride) == ("exact", (4, 4), (2, 2))


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("SplitToSequence", "x two", "p", axis=1), node("SequenceAt", "p nine", "y")], "no tensor 9 in a list"),
        ([node("SequenceConstruct", "x x", "p"), node("SequenceAt", "p sizes", "y")], "not one number"),
        ([node("SplitToSequence", "x sizes", "p", axis=2), node("SequenceAt", "p one", "y")], "parts"),
        ([node("SplitToSequence", "x two", "p", axis=9), node("SequenceAt", "p one", "y")], "no axis 9"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, nodes: list[bytes], words: str) -> None:
    with pytest.raises(ConvcliError) as error:
        profiled(tmp_path, nodes, number("nine", 9, shape=()), number("sizes", 3, 4))
    (found,) = error.value.diagnostics
    assert found.code == "CV077"
    assert words in found.message


def test_a_place_that_depends_on_numbers_is_an_operator_that_is_not_known(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", "x two", "parts", axis=1),
        node("ReduceMax", "x", "most", keepdims=0),
        node("Cast", "most", "at", to=INT64),
        node("SequenceAt", "parts at", "y"),
    ]
    report = profiled(tmp_path, nodes)
    assert "onnx::SequenceAt" in [one.op for one in report.uncounted]
    assert "macs" in report.totals.unknown


def test_a_list_without_end_is_refused(tmp_path: Path) -> None:
    nodes = [node("SplitToSequence", "x one", "parts", axis=1), node("SequenceAt", "parts one", "y")]
    (tmp_path / "net.onnx").write_bytes(net(nodes, (1, 2**40, 1, 1), ONE))
    with pytest.raises(ConvcliError) as error:
        convcli.profile(tmp_path / "net.onnx")
    assert error.value.diagnostics[0].code == "CV120"


def test_a_list_that_comes_out_is_its_tensors(tmp_path: Path) -> None:
    report = profiled(tmp_path, [node("SplitToSequence", "x two", "y", axis=1)])
    assert [one.shape[1] for one in report.outputs] == [2, 2, 2, 1]
