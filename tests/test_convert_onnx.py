"""ONNX, written: read back it is the same network, the checker takes it, and it computes what torch computes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from test_convert_diagrams import hostile_graphs
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.converting import Asked, writer
from convcli.diagnostics import ConvcliError
from convcli.readers.bundled import bundled_names
from convcli.writers.onnx_file.initial import numbers

NETWORKS = (
    "resnet18",
    "mobilenet_v3_small",
    "densenet121",
    "googlenet",
    "unet2015",
    "dcgan_generator",
    "vit_b_32",
    "tcn",
    "crnn",
    "efficientnet_cc_b0_4e",
)
ALIKE = ("params", "trainable", "buffers", "macs")
SHAPE = "2x4x12x10"
LAYERS = (
    "Conv2d(4, 8, 3, stride=2, padding=1)",
    "Conv2d(4, 8, 4, padding='same', groups=2)",
    "Conv2d(4, 8, 3, padding=1, padding_mode='circular')",
    "ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1)",
    "MaxPool2d(3, 2, 1, ceil_mode=True)",
    "AvgPool2d(3, 2, 1, count_include_pad=False)",
    "LPPool2d(2, 3, 2)",
    "AdaptiveAvgPool2d(1)",
    "AdaptiveAvgPool2d((6, 5))",
    "AdaptiveMaxPool2d((5, 3))",
    "BatchNorm2d(4)",
    "BatchNorm2d(4, affine=False)",
    "InstanceNorm2d(4)",
    "GroupNorm(2, 4)",
    "LayerNorm(10)",
    "LayerNorm2d(4)",
    "RMSNorm(10)",
    "LocalResponseNorm(3)",
    "Linear(10, 7)",
    "Flatten() | Linear(480, 7)",
    "ReLU6()",
    "LeakyReLU(0.2)",
    "PReLU(4)",
    "ELU(0.5)",
    "CELU(0.5)",
    "SELU()",
    "GELU()",
    "GELU(approximate='tanh')",
    "SiLU()",
    "Mish()",
    "Softplus(beta=2)",
    "Tanhshrink()",
    "Hardshrink()",
    "Softshrink(0.3)",
    "Threshold(0.1, 20)",
    "Hardsigmoid()",
    "LogSigmoid()",
    "Softmin(dim=1)",
    "LogSoftmax(dim=-1)",
    "GLU(dim=1)",
    "Dropout(0.3)",
    "ZeroPad2d((-1, 2, 0, -2))",
    "ConstantPad2d(2, 3.5)",
    "ReflectionPad2d(2)",
    "CircularPad2d(2)",
    "Upsample(scale_factor=1.5)",
    "Upsample(size=(7, 23), mode='nearest-exact')",
    "Upsample(scale_factor=1.7, mode='bilinear')",
    "Upsample(scale_factor=2, mode='bilinear', align_corners=True)",
    "Upsample(scale_factor=2, mode='bicubic')",
    "interpolate(x, size=(7, 5), mode='bicubic', antialias=True)",
    "PixelShuffle(2)",
    "PixelUnshuffle(2)",
    "ChannelShuffle(2)",
    "squeeze(x[:, 0:1], 1)",
    "expand(x[:, 0:1], (2, 4, 12, 10))",
    "permute(x, (0, 2, 3, 1))",
    "flip(x, (1, 2))",
    "repeat(x, (1, 2, 1, 1))",
    "chunk(x, 2, dim=1)[1]",
    "unbind(x, dim=1)[2]",
    "stack([x, x], dim=1)",
    "relu(x[:, 1, ..., 2:7:2])",
    "relu(x[None, :, -1])",
    "narrow(x, 2, 1, 5)",
    "center_crop(x, 5)",
    "add(x, x, alpha=2)",
    "sub(3, x)",
    "div(x, 2, rounding_mode='floor')",
    "pow(abs(x), 2.5)",
    "rsqrt(abs(x) + 1)",
    "clamp(x, min=0)",
    "maximum(x, 0 - x)",
    "mean(x, dim=(2, 3))",
    "amax(x, dim=1, keepdim=True)",
    "matmul(x, transpose(x, 2, 3))",
    "normalize(x)",
    "scaled_dot_product_attention(x, x, x)",
    "flatten(x, 1, 2) | MultiheadAttention(10, 2, batch_first=True)",
    "flatten(x, 1, 2) | MultiheadAttention(10, 2, bias=False)",
    "CondConv2d(4, 6, 3, num_experts=3, stride=2, padding=1)",
    "CondConv2d(4, 6, 3, num_experts=3, padding='same', groups=2, bias=False)",
    "(flatten(x, 1, 2) | LSTM(10, 5, batch_first=True))[0]",
    "(flatten(x, 1, 2) | LSTM(10, 5, num_layers=2, bidirectional=True))[0]",
    "(flatten(x, 1, 2) | LSTM(10, 5, num_layers=2, bidirectional=True, batch_first=True))[1][1]",
    "(x[0, 0] | LSTM(10, 5, bias=False))[1][0]",
    "(flatten(x, 1, 2) | GRU(10, 5, bidirectional=True))[0]",
    "(flatten(x, 1, 2) | GRU(10, 5, num_layers=3))[1]",
    "(flatten(x, 1, 2) | RNN(10, 5, bidirectional=True, batch_first=True))[0]",
    "(flatten(x, 1, 2) | RNN(10, 5, nonlinearity='relu'))[0]",
)


def written(tmp_path: Path, model: str, **options: Any) -> Path:
    path = tmp_path / "net.onnx"
    path.write_bytes(convcli.convert(model, "onnx", **options).data)
    return path


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_network_comes_back(tmp_path: Path, name: str) -> None:
    ours, back = convcli.profile(name), convcli.profile(written(tmp_path, name))
    assert [getattr(back.totals, one) for one in ALIKE] == [getattr(ours.totals, one) for one in ALIKE]
    assert [one.shape for one in back.outputs] == [one.shape for one in ours.outputs]
    assert [one.shape for one in back.inputs] == [one.shape for one in ours.inputs]
    fields = {row.name: row.receptive_field for row in back.layers}
    shared = [row for row in ours.layers if row.name in fields]
    assert len(shared) > 0.7 * len(ours.layers)
    assert [row.name for row in shared if fields[row.name] != row.receptive_field] == []


@pytest.mark.parametrize("layers", LAYERS)
def test_every_layer_comes_back_with_its_sizes_and_costs(tmp_path: Path, layers: str) -> None:
    ours = convcli.profile(layers, input=SHAPE)
    back = convcli.profile(written(tmp_path, layers, input=SHAPE))
    assert [one.shape for one in back.outputs] == [one.shape for one in ours.outputs]
    assert (back.totals.params, back.totals.macs) == (ours.totals.params, ours.totals.macs)
    assert "macs" not in back.totals.unknown


def refused(graph: Any, path: Path) -> tuple[str, ...]:
    """Write a graph; return the codes where it cannot be."""
    try:
        path.write_bytes(writer("onnx")(Asked(graph, None, None, None))[0])  # type: ignore[arg-type]
    except ConvcliError as error:
        return tuple(found.code for found in error.diagnostics)
    return ()


@given(hostile_graphs())
def test_whatever_layers_are_called_the_file_is_read(tmp_path_factory: pytest.TempPathFactory, graph: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.onnx"
    codes = refused(graph, path)
    if codes:
        assert codes == ("CV078",)
        return
    report = convcli.profile(path)
    assert [one.shape for one in report.outputs] == [graph.shape(one) for one in graph.outputs]
    assert report.totals.params == sum(node.op.params() for node in graph.nodes if node.call == 1)


# ---- weights


def test_weights_are_inputs_that_nobody_has_to_give(tmp_path: Path) -> None:
    path = written(tmp_path, "conv 8 k3 | bn", input="3x8x8")
    assert path.stat().st_size < 2_000
    assert [one.name for one in convcli.profile(path).inputs] == ["input"]


def test_init_fills_them_the_same_each_time() -> None:
    one, other = (convcli.convert("conv 8 k3 | bn", "onnx", input="3x8x8", init=True).data for _ in range(2))
    assert one == other
    assert len(one) > 4 * (8 * 27 + 8 * 4)


def test_numbers_have_the_size_that_kaiming_gives_them() -> None:
    from array import array

    made = array("f", numbers("w", (256, 64, 3, 3), "weight"))
    assert len(made) == 256 * 64 * 9
    assert abs(sum(made) / len(made)) < 1e-3
    assert 0.5 < sum(one * one for one in made) / len(made) * 576 / 2 < 2
    assert {*array("f", numbers("b", (8,), "bias"))} == {0.0}
    assert {*array("f", numbers("v", (8,), "running_var"))} == {1.0}


def test_more_than_a_file_holds_is_refused() -> None:
    with pytest.raises(ConvcliError, match="at most 2 GiB"):
        convcli.convert("regnet_y_128gf", "onnx", init=True)


# ---- what cannot be written


@pytest.mark.parametrize(
    "layers",
    [
        "lstm: LSTM(8, 4, proj_size=2)",
        "pool: MaxPool1d(2, return_indices=True)",
        "BatchNorm1d(5, track_running_stats=False)",
    ],
)
def test_a_layer_without_words_is_named_with_its_place(tmp_path: Path, layers: str) -> None:
    (tmp_path / "net.yaml").write_text(f"input: [5, 8]\nlayers:\n  - {layers}\n")
    with pytest.raises(ConvcliError) as error:
        convcli.convert(tmp_path / "net.yaml", "onnx")
    (found,) = error.value.diagnostics
    assert (found.code, found.span and found.span.line) == ("CV078", 3)


def test_what_is_no_text_needs_a_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["convert", "lenet5", "--to", "onnx"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[CV079]" in result.stderr
    path = tmp_path / "lenet.onnx"
    assert CliRunner().invoke(app, ["convert", "lenet5", "-o", str(path)]).exit_code == 0
    assert convcli.profile(path).totals.params == 61_706


# ---- against onnx, onnxruntime and torch


@pytest.mark.parametrize("name", NETWORKS)
def test_the_checker_takes_it(tmp_path: Path, name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    onnx.checker.check_model(str(written(tmp_path, name)), full_check=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnxruntime_loads_it_with_the_same_sizes(tmp_path: Path, name: str) -> None:
    ort = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    session = ort.InferenceSession(str(written(tmp_path, name)), providers=["CPUExecutionProvider"])
    assert [tuple(one.shape) for one in session.get_outputs()] == [one.shape for one in convcli.profile(name).outputs]


@pytest.mark.torch
@pytest.mark.parametrize("layers", LAYERS)
def test_it_computes_what_torch_computes(layers: str) -> None:
    torch = pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx", reason="needs onnx")
    ort = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    data = convcli.convert(layers, "onnx", input=SHAPE, init=True).data
    tensors = onnx.load_from_string(data).graph.initializer
    weights = {one.name: torch.from_numpy(onnx.numpy_helper.to_array(one).copy()) for one in tensors}
    module = convcli.build(layers, input=SHAPE).eval()
    module.load_state_dict({name: weights.get(name, old) for name, old in module.state_dict().items()})
    x = torch.randn(2, 4, 12, 10, generator=torch.Generator().manual_seed(0))
    (found,) = ort.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"input": x.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), module(x), rtol=1e-4, atol=1e-5)
