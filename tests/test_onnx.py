"""ONNX files, read without onnx: sizes by our rules, weights counted once, and what is not known said so."""

import struct
from pathlib import Path
from typing import Any

import pytest
from onnx_files import INT64, Body, attribute, field, function, graph, ints, model, net, node, tensor, value
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

STEM = (tensor("stem.weight", (4, 3, 3, 3)), tensor("stem.bias", (4,)))


def read(tmp_path: Path, data: bytes, **options: Any) -> convcli.Report:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    return convcli.profile(path, **options)


def last(tmp_path: Path, nodes: list[bytes], shape: Any, *tensors: bytes, **options: Any) -> Any:
    """Return the shape that a network gives."""
    return read(tmp_path, net(nodes, shape, *tensors, **options)).outputs[0].shape


def conv(**attributes: Any) -> bytes:
    return node("Conv", "x stem.weight stem.bias", "y", "/stem/Conv", **attributes)


# ---- what a network is


def test_names_sizes_and_numbers(tmp_path: Path) -> None:
    first = node("Conv", "x stem.weight stem.bias", "c", "/stem/Conv", strides=[2, 2], pads=[1, 1, 1, 1])
    report = read(
        tmp_path,
        net([first, node("Relu", "c", "r", "/act/Relu"), node("Add", "r r", "y", "/Add")], (1, 3, 8, 8), *STEM),
    )
    rows = [
        (one.name, one.module, one.op, one.inputs, one.output_shapes, one.params, one.macs) for one in report.layers
    ]
    size = (1, 4, 4, 4)
    assert rows == [
        ("stem", "stem", "Conv2d", ("x",), (size,), 112, 1728),
        ("act", "act", "ReLU", ("stem",), (size,), 0, 0),
        ("add", None, "add", ("act", "act"), (size,), 0, 0),
    ]
    assert (report.format, report.name, report.uncounted) == ("onnx", "net", ())


def test_weights_that_are_inputs_too_are_weights(tmp_path: Path) -> None:
    inputs = [value("x", (1, 3, 8, 8)), value("stem.weight", (4, 3, 3, 3)), value("stem.bias", (4,))]
    report = read(tmp_path, model(graph([conv()], inputs, [value("y", None)], *STEM)))
    assert [one.name for one in report.inputs] == ["x"]
    assert report.totals.params == 112


def test_a_weight_that_two_layers_read_is_counted_once(tmp_path: Path) -> None:
    w = tensor("w", (3, 3, 1, 1))
    twice = [node("Conv", "x w", "a", "one"), node("Conv", "a w", "y", "two")]
    report = read(tmp_path, net(twice, (1, 3, 4, 4), w))
    assert (report.totals.params, report.totals.macs) == (9, 2 * 9 * 16)
    assert [row.call for row in report.layers] == [1, 2]


def test_weights_that_nodes_make_are_weights(tmp_path: Path) -> None:
    nodes = [node("ConstantOfShape", "s", "w"), node("Conv", "x w", "y", "conv")]
    report = read(tmp_path, net(nodes, (1, 3, 4, 4), ints("s", 8, 3, 1, 1)))
    assert [(row.name, row.params) for row in report.layers] == [("conv", 24)]


@pytest.mark.parametrize("channels", [8, 5000])  # the numbers of the second are too many to be worked out
@pytest.mark.parametrize(("number", "biases"), [(0.0, 0), (0.5, 1)])
def test_a_bias_of_zeros_that_an_exporter_lets_be_worked_out_is_none(
    tmp_path: Path, channels: int, number: float, biases: int
) -> None:
    nodes = [node("Expand", "one s", "b"), node("Conv", "x w b", "y", "conv")]
    known = (tensor("w", (channels, 3, 1, 1)), tensor("one", (), (number,)), ints("s", channels))
    report = read(tmp_path, net(nodes, (1, 3, 4, 4), *known))
    assert [row.params for row in report.layers] == [channels * (3 + biases)]


def test_other_forms_of_a_weight_are_the_weight(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "fc.weight", "t", perm=[1, 0]),
        node("MatMul", "x t", "m", "/fc/MatMul"),
        node("Add", "fc.bias m", "y", "/fc/Add"),
    ]
    report = read(tmp_path, net(nodes, (2, 5, 7), tensor("fc.weight", (3, 7)), tensor("fc.bias", (3,))))
    assert [(row.name, row.op, row.params, row.macs) for row in report.layers] == [("fc", "Linear", 24, 210)]


def test_statistics_are_buffers(tmp_path: Path) -> None:
    names = ("weight", "bias", "running_mean", "running_var")
    nodes = [node("BatchNormalization", "x " + " ".join(f"bn.{name}" for name in names), "y", "/bn/BatchNormalization")]
    report = read(tmp_path, net(nodes, (1, 4, 5, 5), *(tensor(f"bn.{name}", (4,)) for name in names)))
    assert (report.totals.params, report.totals.buffers) == (8, 9)


def test_what_no_weight_slot_has_is_a_parameter_or_a_number(tmp_path: Path) -> None:
    nodes = [node("Mul", "x scale", "a", "scaled"), node("Mul", "a half", "y", "halved")]
    half = tensor("half", (), [0.5])
    report = read(tmp_path, net(nodes, (1, 4, 5, 5), tensor("scale", (4, 1, 1)), half))
    assert [(row.name, row.op, row.params) for row in report.layers] == [
        ("scale", "Parameter", 4),
        ("scaled", "mul", 0),
        ("halved", "mul", 0),
    ]


# ---- sizes


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({}, (6, 7)),
        ({"pads": [1, 1, 1, 1]}, (8, 9)),
        ({"pads": [0, 1, 2, 0]}, (8, 8)),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 3]}, (4, 3)),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (4, 5)),
        ({"auto_pad": "VALID", "strides": [2, 2]}, (3, 4)),
        ({"dilations": [2, 3], "pads": [2, 3, 2, 3]}, (8, 9)),
    ],
)
def test_padding_of_convolutions(tmp_path: Path, attributes: dict[str, Any], size: tuple[int, int]) -> None:
    report = read(tmp_path, net([conv(**attributes)], (1, 3, 8, 9), *STEM))
    assert report.outputs[0].shape == (1, 4, *size)
    assert (report.layers[-1].op, report.layers[-1].name, report.totals.params) == ("Conv2d", "stem", 112)
    assert report.totals.macs == size[0] * size[1] * 108


@pytest.mark.parametrize(
    ("op", "attributes", "size"),
    [
        ("MaxPool", {"strides": [2, 2]}, (3, 4)),
        ("MaxPool", {"strides": [2, 2], "ceil_mode": 1}, (4, 4)),
        ("MaxPool", {"strides": [2, 2], "ceil_mode": 1, "pads": [0, 0, 1, 1]}, (4, 5)),
        ("AveragePool", {"strides": [2, 2], "pads": [1, 1, 1, 1]}, (4, 5)),
        ("AveragePool", {"strides": [3, 3], "auto_pad": "SAME_UPPER"}, (3, 3)),
        ("LpPool", {"strides": [2, 2], "pads": [1, 0, 1, 0]}, (4, 4)),
        ("GlobalAveragePool", {}, (1, 1)),
        ("GlobalMaxPool", {}, (1, 1)),
    ],
)
def test_pools(tmp_path: Path, op: str, attributes: dict[str, Any], size: tuple[int, int]) -> None:
    kernel = {} if op.startswith("Global") else {"kernel_shape": [3, 3]}
    report = read(tmp_path, net([node(op, "x", "y", **kernel, **attributes)], (1, 2, 8, 9)))
    assert report.outputs[0].shape == (1, 2, *size)
    assert report.uncounted == ()


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({}, (6, 7)),
        ({"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 0]}, (8, 9)),
        ({"strides": [3, 2], "output_shape": [10, 12]}, (10, 12)),
        ({"strides": [2, 2], "auto_pad": "SAME_UPPER"}, (8, 10)),
        ({"strides": [2, 2], "pads": [2, 0, 0, 1]}, (7, 10)),
    ],
)
def test_transposed_convolutions(tmp_path: Path, attributes: dict[str, Any], size: tuple[int, int]) -> None:
    nodes = [node("ConvTranspose", "x up.weight", "y", "up", **attributes)]
    report = read(tmp_path, net(nodes, (1, 3, 4, 5), tensor("up.weight", (3, 4, 3, 3))))
    assert report.outputs[0].shape == (1, 4, *size)
    assert (report.layers[0].op, report.totals.macs) == ("ConvTranspose2d", 3 * 4 * 9 * 20)


@pytest.mark.parametrize(
    ("attributes", "inputs", "size", "op"),
    [
        (
            {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
            "x _ f",
            (16, 13),
            "interpolate",
        ),
        ({"mode": "linear"}, "x _ _ s", (5, 20), "interpolate"),
        ({"mode": "linear", "coordinate_transformation_mode": "align_corners"}, "x _ _ s", (5, 20), "interpolate"),
        ({"mode": "nearest"}, "x _ f", (16, 13), "onnx::Resize"),
        ({"mode": "nearest", "axes": [2, 3]}, "x _ _ two", (5, 20), "onnx::Resize"),
        (
            {"mode": "nearest", "axes": [2, 3], "keep_aspect_ratio_policy": "not_larger"},
            "x _ _ two",
            (5, 6),
            "onnx::Resize",
        ),
    ],
)
def test_resizing(tmp_path: Path, attributes: dict[str, Any], inputs: str, size: tuple[int, int], op: str) -> None:
    known = (tensor("f", (4,), [1.0, 1.0, 2.0, 1.5]), ints("s", 1, 2, 5, 20), ints("two", 5, 20))
    report = read(tmp_path, net([node("Resize", inputs, "y", **attributes)], (1, 2, 8, 9), *known))
    assert report.outputs[0].shape == (1, 2, *size)
    assert report.layers[0].op == op
    assert report.totals.macs == 0


def test_arithmetic_with_sizes_is_worked_out(tmp_path: Path) -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n axes", "n1"),
        node("Slice", "s two big", "hw"),
        node("Cast", "hw", "hwf", to=1),
        node("Mul", "hwf half", "small"),
        node("Floor", "small", "down"),
        node("Cast", "down", "hw2", to=INT64),
        node("ReduceProd", "hw2", "all", keepdims=1),
        node("Concat", "n1 minus all", "target", axis=0),
        node("Slice", "x from to dims", "part"),
        node("Reshape", "part target", "y", "last"),
    ]
    known = (
        tensor("zero", (), [0], INT64),
        ints("axes", 0),
        ints("two", 2),
        ints("big", 2**62),
        tensor("half", (1,), [0.5]),
        ints("minus", -1),
        ints("from", 0, 1),
        ints("to", 7, 2**62),
        ints("dims", 2, 3),
    )
    report = read(tmp_path, net(nodes, ("n", 6, 8, 9), *known), input="5x6x8x9")
    assert report.outputs[0].shape == (5, 6 * 7 * 8 // 16, 16)
    assert [row.op for row in report.layers] == ["slice", "slice", "reshape"]


@pytest.mark.parametrize(
    ("node_", "known", "shape"),
    [
        (node("Flatten", "x", "y", axis=2), (), (6, 20)),
        (node("Squeeze", "x", "y", axes=[0]), (), (6, 4, 5)),
        (node("Unsqueeze", "x", "y", axes=[0, 2]), (), (1, 1, 1, 6, 4, 5)),
        (node("Transpose", "x", "y"), (), (5, 4, 6, 1)),
        (node("Slice", "x", "y", starts=[-3], ends=[-1], axes=[3]), (), (1, 6, 4, 2)),
        (
            node("Slice", "x s e a t", "y"),
            (ints("s", -1), ints("e", -(2**63)), ints("a", 3), ints("t", -2)),
            (1, 6, 4, 3),
        ),
        (node("Pad", "x", "y", pads=[0, 0, 1, 2, 0, 0, 3, 0]), (), (1, 6, 8, 7)),
        (node("Pad", "x p _ a", "y"), (ints("p", 1, 2), ints("a", 1)), (1, 9, 4, 5)),
        (node("Tile", "x t", "y"), (ints("t", 2, 1, 1, 3),), (2, 6, 4, 15)),
        (node("Expand", "x t", "y"), (ints("t", 3, 1, 1, 1),), (3, 6, 4, 5)),
        (node("DepthToSpace", "x", "y", blocksize=1), (), (1, 6, 4, 5)),
        (node("SpaceToDepth", "x", "y", blocksize=2), (), (1, 24, 2, 2)),
        (node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0), (), (1, 6)),
        (node("ArgMax", "x", "y", axis=1), (), (1, 1, 4, 5)),
        (node("Gather", "x i", "y", axis=1), (tensor("i", (), [2], INT64),), (1, 4, 5)),
        (node("Einsum", "x x", "y", equation="bchw,bdhw->bcd"), (), (1, 6, 6)),
        (node("Clip", "x", "y", min=0.0, max=6.0), (), (1, 6, 4, 5)),
        (node("LRN", "x", "y", size=3), (), (1, 6, 4, 5)),
        (node("Softmax", "x", "y"), (), (1, 6, 4, 5)),
    ],
)
def test_other_operators(tmp_path: Path, node_: bytes, known: tuple[bytes, ...], shape: tuple[int, ...]) -> None:
    for opset in (7, 12, 17):
        assert last(tmp_path, [node_], (1, 6, 4, 5), *known, opset=opset) == shape


def test_a_small_weight_that_is_only_moved_is_no_size(tmp_path: Path) -> None:
    nodes = [node("Expand", "token s", "t"), node("Concat", "t x", "y", axis=1)]
    report = read(tmp_path, net(nodes, (2, 5, 4), tensor("token", (1, 1, 4), [0.0] * 4), ints("s", 2, 1, 4)))
    assert (report.totals.params, report.outputs[0].shape) == (4, (2, 6, 4))
    assert [row.op for row in report.layers] == ["Parameter", "expand", "cat"]


# ---- dynamic sizes


def test_open_sizes_are_asked_for_and_given_by_name(tmp_path: Path) -> None:
    data = net([conv()], ("batch", 3, "height", 9), *STEM)
    with pytest.raises(ConvcliError, match="1x3x\\?x9"):
        read(tmp_path, data)
    assert read(tmp_path, data, input={"x": "4x3x11x9"}).outputs[0].shape == (4, 4, 9, 7)
    with pytest.raises(ConvcliError, match="no input `z`"):
        read(tmp_path, data, input={"z": "4x3x11x9"})


def test_another_size_than_that_of_the_file_is_worked_out_too(tmp_path: Path) -> None:
    assert read(tmp_path, net([conv()], (1, 3, 8, 8), *STEM), input="2x3x12x8").outputs[0].shape == (2, 4, 10, 6)


def test_a_reshape_that_has_the_old_size_ends_the_table_there(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", "r", "first"), node("Reshape", "r s", "y", "old")]
    with pytest.raises(ConvcliError) as error:
        read(tmp_path, net(nodes, (1, 3, 8, 8), ints("s", 1, 192)), input="1x3x9x9")
    (found,) = error.value.diagnostics
    assert found.code == "CV077"
    assert "`old` is Reshape: 1x3x9x9 cannot be given the shape 1x192" in found.message
    assert [row.name for row in error.value.report.layers] == ["first"]


# ---- what is not known


def test_an_operator_that_is_not_known_is_named_and_totals_say_so(tmp_path: Path) -> None:
    nodes = [node("Magic", "x", "m", "spell", domain="com.example"), node("Relu", "m", "y", "act")]
    report = read(tmp_path, net(nodes, (1, 3, 8, 8)))
    assert [(row.op, row.output_shapes, row.macs) for row in report.layers[:1]] == [
        ("com.example::Magic", (None,), None)
    ]
    assert {"macs", "other_ops"} <= set(report.uncounted[0].missing)
    assert "macs" in report.totals.unknown
    assert ">=" in str(report)


def test_the_size_that_the_file_has_of_it_is_used_at_the_file_s_own_size(tmp_path: Path) -> None:
    nodes = [node("Magic", "x", "m", domain="com.example"), node("Conv", "m stem.weight", "y", "/stem/Conv")]
    inside = graph(nodes, [value("x", ("n", 3, 8, 8))], [value("y", None)], STEM[0], known=[value("m", ("n", 3, 4, 4))])
    assert read(tmp_path, model(inside), input="6x3x8x8").outputs[0].shape == (6, 4, 2, 2)
    assert read(tmp_path, model(inside), input="6x3x9x8").outputs[0].shape is None
    assert read(tmp_path, model(inside), input="6x3x9x8").totals.params == 108


def test_what_depends_on_numbers_has_sizes_that_are_not_known(tmp_path: Path) -> None:
    report = read(tmp_path, net([node("NonZero", "x", "y")], (1, 3, 8, 8)))
    assert report.outputs[0].shape == (4, None)


def test_the_body_of_a_loop_takes_its_weights_with_it(tmp_path: Path) -> None:
    body = graph(
        [node("Mul", "v scale", "o"), node("Identity", "c", "cc")],
        [value("i", (), INT64), value("c", (), 9), value("v", (4,))],
        [value("cc", (), 9), value("o", (4,))],
    )
    report = read(
        tmp_path,
        net([node("Loop", "n _ x", "y", body=Body(body))], (4,), tensor("n", (), [3], INT64), tensor("scale", (4,))),
    )
    assert report.totals.params == 4
    assert ([row.op for row in report.layers], report.uncounted) == (["Parameter", "mul", "mul", "mul"], ())


# ---- functions, branches, quantised networks


def test_functions_are_unfolded_with_their_attributes(tmp_path: Path) -> None:
    slope = field(1, "alpha") + field(21, "slope") + field(20, 1)
    leaky = node("LeakyRelu", "a", "b") + field(5, slope)
    twice = function("Twice", "a unused", "b", [leaky], attribute("slope", 0.25))
    outer = function("Outer", "p", "q", [node("Twice", "p", "q", domain="own")])
    data = model(
        graph(
            [node("Outer", "x", "h", "f", domain="own"), node("Twice", "h", "y", domain="own", slope=0.5)],
            [value("x", (2, 3))],
            [value("y", None)],
        ),
        twice,
        outer,
    )
    report = read(tmp_path, data)
    assert [row.args["negative_slope"] for row in report.layers] == [0.25, 0.5]


def test_the_branch_that_is_taken_is_known_where_its_condition_is(tmp_path: Path) -> None:
    yes = graph([node("Relu", "x", "o")], [], [value("o", None)])
    no = graph([node("Flatten", "x", "p")], [], [value("p", None)])
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s at", "h"),
        node("Greater", "h big", "c"),
        node("If", "c", "y", then_branch=Body(yes), else_branch=Body(no)),
    ]
    known = (tensor("at", (), [2], INT64), tensor("big", (), [10], INT64))
    for side, shape in ((11, (1, 3, 11, 4)), (10, (1, 120))):
        assert read(tmp_path, net(nodes, (1, 3, "h", 4), *known), input=f"1x3x{side}x4").outputs[0].shape == shape


def test_quantised_convolutions(tmp_path: Path) -> None:
    kinds = {"w": ((4, 3, 3, 3), 3), "b": ((4,), 6)}
    weights = [tensor(name, shape, None, kind) for name, (shape, kind) in kinds.items()]
    scales = [tensor("s", (), [0.1]), tensor("z", (), None, 2)]
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("QLinearConv", "q s z w s z s z b", "c", "conv"),
        node("DequantizeLinear", "c s z", "y"),
    ]
    report = read(tmp_path, net(nodes, (1, 3, 8, 8), *weights, *scales))
    assert (report.totals.params, report.totals.macs, report.outputs[0].shape) == (112, 36 * 108, (1, 4, 6, 6))
    assert [row.op for row in report.layers] == ["onnx::QuantizeLinear", "Conv2d", "onnx::DequantizeLinear"]


def test_what_the_quantiser_of_onnxruntime_writes(tmp_path: Path) -> None:
    weights = [tensor("w", (4, 3, 3, 3), None, 3), tensor("g", (5, 8), None, 3), tensor("gb", (5,), None, 6)]
    scales = [tensor("s", (), [0.1]), tensor("z", (), None, 2), tensor("each", (5,), [0.1] * 5)]
    own = {"domain": "com.microsoft"}
    nodes = [
        node("DynamicQuantizeLinear", "x", "q s1 z1", "/in"),
        node("QLinearConv", "q s z w s z s z", "c", "/conv/Conv_quant"),
        node("QLinearAdd", "c s z c s z s z", "a", "/Add_quant", **own),
        node("QLinearSigmoid", "a s z s z", "i", "/act/Sigmoid_quant", **own),
        node("QLinearConcat", "s z a s z i s z", "j", "/Concat_quant", axis=1, **own),
        node("QLinearGlobalAveragePool", "j s z s z", "p", "/pool/GlobalAveragePool_quant", channels_last=0, **own),
        node("Flatten", "p", "f", "/Flatten"),
        node("QGemm", "f s z g each z gb s z", "y", "/fc/Gemm_quant", transB=1, **own),
    ]
    report = read(tmp_path, net(nodes, (1, 3, 8, 8), *weights, *scales))
    assert [(row.name, row.op, row.params) for row in report.layers] == [
        ("in.dynamicquantizelinear", "onnx::DynamicQuantizeLinear", 0),
        ("conv", "Conv2d", 108),
        ("add", "add", 0),
        ("act", "Sigmoid", 0),
        ("concat", "cat", 0),
        ("pool", "AdaptiveAvgPool2d", 0),
        ("flatten", "flatten", 0),
        ("fc", "Linear", 45),
    ]
    assert report.totals.macs == 108 * 36 + 40
    assert not {"macs", "other_ops"} & {*report.totals.unknown}


@pytest.mark.parametrize(
    ("node_", "ops"),
    [
        (node("FusedConv", "x w b", "y", "c", domain="com.microsoft", activation="Relu"), ["Conv2d", "relu"]),
        (node("FusedConv", "x w b s", "y", "c", domain="com.microsoft"), ["Conv2d", "Parameter", "add"]),
        (
            node("MatMulIntegerToFloat", "x m u u _ _ v", "y", "m", domain="com.microsoft"),
            ["Linear", "Parameter", "add"],
        ),
        (node("DynamicQuantizeMatMul", "x m u", "y", "m", domain="com.microsoft"), ["Linear"]),
        (node("BiasGelu", "x v", "y", "g", domain="com.microsoft"), ["Parameter", "add", "GELU"]),
    ],
)
def test_what_the_optimiser_of_onnxruntime_writes(tmp_path: Path, node_: bytes, ops: list[str]) -> None:
    sizes = {"w": (3, 3, 1, 1), "b": (3,), "s": (1, 3, 8, 8), "m": (8, 8), "v": (8,), "u": ()}
    report = read(tmp_path, net([node_], (1, 3, 8, 8), *(tensor(name, size) for name, size in sizes.items())))
    assert report.outputs[0].shape == (1, 3, 8, 8)
    assert [row.op for row in report.layers if row.op != "Unused"] == ops
    assert "macs" not in report.totals.unknown


def test_weights_that_are_dequantised_are_counted_once(tmp_path: Path) -> None:
    weights = (tensor("w", (4, 3, 3, 3), None, 3), tensor("s", (), [0.1]), tensor("z", (), None, 3))
    nodes = [node("DequantizeLinear", "w s z", "d"), node("Conv", "x d", "y", "conv")]
    report = read(tmp_path, net(nodes, (1, 3, 8, 8), *weights))
    assert [(row.name, row.params) for row in report.layers] == [("conv", 108)]


# ---- files


def test_a_file_of_two_gigabytes_is_read_at_once(tmp_path: Path) -> None:
    from time import process_time

    size = 4 * 2**29
    head = b"".join(field(1, one) for one in (2**20, 512, 1, 1)) + field(2, 1) + field(8, "w") + b"\x4a"
    big = head + _length(size)
    inner = (
        field(1, node("Conv", "x w", "y", "conv")) + field(11, value("x", (1, 512, 1, 1))) + field(12, value("y", None))
    )
    graph_size = len(inner) + 1 + len(_length(len(big) + size)) + len(big) + size
    front = (
        field(1, 8)
        + field(8, field(2, 17))
        + b"\x3a"
        + _length(graph_size)
        + inner
        + b"\x2a"
        + _length(len(big) + size)
        + big
    )
    path = tmp_path / "big.onnx"
    with path.open("wb") as file:
        file.write(front)
        file.truncate(len(front) + size)  # sparse: nothing is on the disk
    start = process_time()
    report = convcli.profile(path)
    assert process_time() - start < 0.5
    assert report.totals.params == 2**29


def _length(size: int) -> bytes:
    made = bytearray()
    while size > 0x7F:
        made.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*made, size])


def test_numbers_may_be_raw_or_one_by_one_or_packed(tmp_path: Path) -> None:
    head = field(1, 2) + field(2, INT64) + field(8, "s")
    packed = head + field(7, b"\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
    for form in (head + field(9, struct.pack("<2q", 2, -1)), head + field(7, 2) + field(7, -1), packed):
        assert last(tmp_path, [node("Reshape", "x s", "y")], (4, 6), form) == (2, 12)


def test_a_file_of_old_operators_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConvcliError, match="version 6"):
        read(tmp_path, net([conv()], (1, 3, 8, 8), *STEM, opset=6))


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        (["check", "net.onnx", "--max-params", "112"], 0, "net.onnx"),
        (["check", "net.onnx", "--max-params", "111"], 1, "CV401"),
        (["diff", "net.onnx", "net.onnx"], 0, "no difference"),
        (["rf", "net.onnx"], 0, "3x3"),
        (["convert", "net.onnx", "--to", "torch"], 0, "nn.Conv2d(3, 4, 3)"),
        (["convert", "net.onnx", "--to", "yaml"], 0, "stem: Conv2d(_, 4, 3)"),
        (["solve", "size", "net.onnx"], 2, "CV063"),
        (["profile", "net.onnx", "--set", "width=2"], 2, "CV004"),
    ],
)
def test_other_commands_take_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    read(tmp_path, net([conv()], (1, 3, 8, 8), *STEM))
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert shown in result.output


def test_the_format_may_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.bin").write_bytes(net([conv()], (1, 3, 8, 8), *STEM))
    result = CliRunner().invoke(app, ["profile", "model.bin", "--from", "onnx"])
    assert result.exit_code == 0, result.output
    assert "Conv2d(3, 4, 3)" in result.output


@pytest.mark.torch
def test_it_is_built(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    read(tmp_path, net([conv()], (1, 3, 8, 8), *STEM))
    assert [*convcli.build(tmp_path / "net.onnx").state_dict()] == ["stem.weight", "stem.bias"]


def test_the_page_names_every_operator_and_no_other() -> None:
    import re

    from convcli.onnx.rules import RULES
    from convcli.onnx.table import STRUCTURES, TRANSLATIONS

    page = (Path(__file__).parent.parent / "docs" / "onnx.md").read_text()
    part = page[page.index("### Operators") : page.index("## Writing")]
    named = {*re.findall(r"`(\w+)`", part)}
    ours = {name.rpartition("::")[2] for name in (*RULES, *TRANSLATIONS, *STRUCTURES)}
    assert named == ours
