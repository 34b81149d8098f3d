"""ONNX files in which little is known, or too much is claimed: what is known is counted, what is wrong is named."""

from pathlib import Path
from typing import Any

import pytest
from onnx_files import INT64, function, graph, ints, model, net, node, tensor, value

import convcli
from convcli.diagnostics import ConvcliError

SIZES = (1, 3, 8, 8)
W = tensor("w", (3, 3, 3, 3))


def profiled(tmp_path: Path, data: bytes) -> Any:
    (tmp_path / "net.onnx").write_bytes(data)
    return convcli.profile(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("nodes", "name", "words"),
    [
        ([node("Relu", "x", "y z", "act")], "act", "it has 2 results, where Relu gives one"),
        ([node("Dropout", "x", "y z more", "drop")], "drop", "3 results, where Dropout gives at most 2"),
        ([node("Expand", "one s", "t more"), node("Concat", "t x", "y", axis=0)], "Expand", "gives one"),
        ([node("Size", "x", "", "count"), node("Relu", "x", "y")], "count", "it has no result"),
        ([node("Missing", "x", "", "other"), node("Relu", "x", "y")], "other", "it has no result"),
        ([node("Own", "x", "y z", "own", domain="own")], "own", "2 results, where Own gives one"),
    ],
)
def test_results_that_an_operator_does_not_give_are_refused(
    tmp_path: Path, nodes: list[bytes], name: str, words: str
) -> None:
    known = (tensor("one", (1, 1, 1, 1)), ints("s", 1, 3, 8, 8))
    own = function("Own", "a", "b", [node("Relu", "a", "b")])
    inner = graph(nodes, [value("x", SIZES)], [value("y", None)], *known)
    with pytest.raises(ConvcliError) as error:
        profiled(tmp_path, model(inner, own))
    (found,) = error.value.diagnostics
    assert found.code == "CV077"
    assert f"`{name}` is" in found.message
    assert words in found.message


MADE = node("ConstantOfShape", "s", "w", "made")
ELSEWHERE = tensor("s", (4,), None, INT64)
"""Sizes whose numbers are in another file."""


@pytest.mark.parametrize(
    ("layer", "op", "known"),
    [
        (node("Conv", "x w", "y"), "onnx::Conv", None),
        (node("GroupNormalization", "x w w", "y", num_groups=1), "onnx::groupnormalization", 0),
    ],
    ids=["convolution", "norm"],
)
def test_the_parameters_of_a_weight_of_unknown_size_are_not_known(
    tmp_path: Path, layer: bytes, op: str, known: int | None
) -> None:
    nodes = [MADE, layer, node("Conv", "x v", "z")]
    report = profiled(tmp_path, net(nodes, SIZES, ELSEWHERE, tensor("v", (2, 3, 1, 1))))
    rows = [(row.op, row.params, row.macs) for row in report.layers]
    assert rows == [("Parameter", None, 0), (op, 0, known), ("Conv2d", 6, 384)]
    assert report.totals.params == 6
    assert "params" in report.totals.unknown


def test_what_nothing_is_known_of_hides_what_is_seen_through_it(tmp_path: Path) -> None:
    magic = [node("Magic", "x", "a", domain="own"), node("Magic", "a", "b", domain="own")]
    known = [value("b", SIZES)]
    layers = [node("Conv", "b w", "c", pads=[1, 1, 1, 1]), node("Add", "c x", "d"), node("Relu", "d", "y")]
    inner = graph([*magic, *layers], [value("x", SIZES)], [value("y", None)], W, known=known)
    report = profiled(tmp_path, model(inner))
    assert [row.receptive_field and row.receptive_field.kind for row in report.layers[-3:]] == [
        None,
        "unknown",
        "unknown",
    ]


def test_one_of_several_results_may_be_known(tmp_path: Path) -> None:
    nodes = [node("Magic", "x", "a b", domain="own"), node("Add", "b x", "y")]
    inner = graph(nodes, [value("x", SIZES)], [value("y", None)], known=[value("b", SIZES)])
    report = profiled(tmp_path, model(inner))
    assert report.layers[-1].receptive_field.kind == "unknown"
    assert report.outputs[0].shape == SIZES


@pytest.mark.parametrize("layer", [node("Relu", "z", "y"), node("BatchNormalization", "z a b c d", "y")], ids=[0, 1])
def test_a_single_layer_may_read_the_last_of_several_inputs(tmp_path: Path, layer: bytes) -> None:
    inputs = [value(name, SIZES) for name in ("x", "w", "z")]
    tensors = [tensor(name, (3,)) for name in "abcd"]
    report = profiled(tmp_path, model(graph([layer], inputs, [value("y", None)], *tensors)))
    assert [one.shape for one in report.outputs] == [SIZES]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_tensor_without_elements_is_moved_like_any_other(tmp_path: Path, axis: int) -> None:
    nodes = [
        node("Slice", "x zero zero axis", "a"),
        node("Transpose", "a", "b", perm=[2, 0, 1]),
        node("Flatten", "b", "y"),
    ]
    report = profiled(tmp_path, net(nodes, (2, 3, 4), ints("zero", 0), ints("axis", axis)))
    sizes = [0 if at == axis else size for at, size in enumerate((2, 3, 4))]
    assert [one.shape for one in report.outputs] == [(sizes[2], sizes[0] * sizes[1])]
    assert [row.output_bytes for row in report.layers] == [0, 0, 0]
    assert report.totals.inference_peak_bytes == 96


def test_a_constant_without_elements_may_have_the_largest_sizes(tmp_path: Path) -> None:
    nodes = [node("ConstantOfShape", "s", "a"), node("NonZero", "a", "b"), node("Gather", "x b", "y")]
    report = profiled(tmp_path, net(nodes, SIZES, ints("s", 1, 0, 2**40, 3)))
    assert report.outputs[0].shape == (4, 0, 3, 8, 8)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (node("Gather", "x at", "y", axis=1), ""),
        (node("Mod", "x z", "y"), "torch.remainder(x, z)"),
        (node("Mod", "x z", "y", fmod=1), ""),
        (node("IsInf", "x", "y"), "torch.isinf(x)"),
        (node("IsInf", "x", "y", detect_negative=0), ""),
    ],
)
def test_what_torch_does_otherwise_is_not_written_by_its_name(tmp_path: Path, layer: bytes, words: str) -> None:
    inputs = [value("x", SIZES), value("z", SIZES), value("at", (2,), INT64)]
    (tmp_path / "net.onnx").write_bytes(model(graph([layer], inputs, [value("y", None)])))
    if words:
        assert words in convcli.convert(tmp_path / "net.onnx", "torch").text
        return
    with pytest.raises(ConvcliError) as error:
        convcli.convert(tmp_path / "net.onnx", "torch")
    assert [found.code for found in error.value.diagnostics] == ["CV074"]
