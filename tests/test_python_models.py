"""Python models: what is named is found and built without memory, traced without computing, and left as it was."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError
from convcli.readers.python_name import Named
from convcli.rendered import Report
from convcli.tracing.load import load

runner = CliRunner()


class Small(nn.Module):
    """Functions, sums, a bare weight, a condition on a shape, a loop over a list."""

    def __init__(self, num_classes: int = 10, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.ModuleList([nn.Conv2d(width, width, 1, groups=2) for _ in range(2)])
        self.gamma = nn.Parameter(torch.ones(width, 1, 1))
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, num_classes)

    def forward(self, x: Any) -> Any:
        x = nn.functional.relu(self.stem(x))
        for block in self.blocks:
            x = x + block(x) * self.gamma
        if x.shape[-1] > 16:
            x = nn.functional.max_pool2d(x, 2)
        return self.fc(self.norm(x).mean((2, 3)))


def profiled(model: nn.Module, *shape: int, **options: Any) -> Report:
    """Count a model, and hold the totals against torch's."""
    report = convcli.profile(model, input=shape, **options)
    assert report.totals.params == sum(one.numel() for one in model.parameters())
    assert report.totals.buffers == sum(one.numel() for one in model.buffers())
    return report


def ops(report: Report) -> list[str]:
    return [row.op for row in report.layers]


def test_functions_sums_bare_weights_and_conditions_are_seen() -> None:
    report = profiled(Small(), 2, 3, 32, 32)
    assert ops(report) == [
        "Conv2d", "relu", "Conv2d", "Parameter", "mul", "add", "Conv2d", "mul", "add", "max_pool2d", "BatchNorm2d",
        "mean", "Linear",
    ]  # fmt: skip
    assert [row.name for row in report.layers[:4]] == ["stem", "relu", "blocks.0", "gamma"]
    assert report.outputs[0].shape == (2, 10)
    assert report.uncounted == ()
    assert "max_pool2d" not in ops(profiled(Small(), 2, 3, 16, 16))
    assert report.totals.macs * 2 == flops(Small(), 2, 3, 32, 32)


def flops(model: nn.Module, *shape: int) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(shape))
    return int(counter.get_total_flops())


def test_the_receptive_field_follows_the_graph() -> None:
    report = profiled(Small(), 1, 3, 32, 32)
    field = report.layers[9].receptive_field
    assert field is not None
    assert (field.kind, field.size, field.stride) == ("exact", (4, 4), (2, 2))


def test_a_model_is_left_as_it_was() -> None:
    model = Small()
    model.norm.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    convcli.profile(model, input=(2, 3, 32, 32))
    with pytest.raises(ConvcliError):
        convcli.profile(model, input=(2, 4, 32, 32))
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert {one.device.type for one in model.parameters()} == {"cpu"}
    assert not nn.modules.module._global_forward_hooks
    assert not nn.modules.module._global_forward_pre_hooks


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.layer = nn.Linear(8, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: Any) -> Any:
        return self.head(self.layer(self.layer(self.embed(ids))))


def test_shared_modules_and_tied_weights_count_once_and_an_input_that_is_looked_up_has_integers() -> None:
    report = profiled(Shared(), 2, 5)
    assert report.inputs[0].dtype == "int64"
    assert [(row.op, row.module, row.call, row.params) for row in report.layers] == [
        ("Embedding", "embed", 1, 160), ("Linear", "layer", 1, 72), ("Linear", "layer", 2, 0),
        ("Parameter", "embed.weight", 2, 0), ("linear", None, 1, 0),
    ]  # fmt: skip
    assert report.totals.macs == 10 * (64 + 64 + 160)


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.aux = nn.Linear(4, 2)
        self.register_buffer("scale", torch.ones(4, 1, 1))

    def forward(self, x: Any) -> Any:
        return self.conv(x) * self.scale


def test_weights_that_nothing_reads_are_counted_and_buffers_stand_where_they_are_read() -> None:
    report = profiled(Unused(), 1, 3, 8, 8)
    assert ops(report) == ["Conv2d", "Buffer", "mul", "Unused"]
    assert report.layers[3].weights == {"weight": (2, 4), "bias": (2,)}


def test_weight_norm_and_parametrizations_show_the_weights_that_there_are() -> None:
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), nn.ReLU())
    report = profiled(model, 1, 3, 8, 8)
    assert report.totals.macs == 36 * 4 * 27
    assert report.layers[-1].output_shapes == ((1, 4, 6, 6),)


class InPlace(nn.Module):
    def forward(self, x: Any) -> Any:
        y = x * 2
        part = y[:, :1]
        part.add_(1)
        nn.functional.relu(y, inplace=True)
        return y + part


def test_what_shares_memory_changes_with_it() -> None:
    report = profiled(InPlace(), 1, 3, 4, 4)
    assert ops(report) == ["mul", "slice", "add", "update", "relu", "update", "add"]
    assert report.layers[3].inputs == ("mul", "add")


class Cast(nn.Module):
    """Changes the type of its numbers."""

    def forward(self, x: Any) -> Any:
        return (x > 0).to(x.dtype) * x + x.to(torch.int64)


def test_a_cast_keeps_nothing_for_backward_and_has_the_bytes_of_its_type() -> None:
    totals = profiled(Cast(), 1, 4, 8, 8).totals
    assert totals.unknown == ()
    assert totals.inference_peak_bytes >= 256 * (4 + 4 + 8)


class Numbers(nn.Module):
    """Builds itself with real numbers, as torchvision's RegNets do."""

    def __init__(self) -> None:
        super().__init__()
        widths = torch.linspace(4, 16, 3).int().tolist()
        self.layers = nn.Sequential(*[nn.Conv2d(a, b, 1) for a, b in zip([3, *widths], widths, strict=False)])

    def forward(self, x: Any) -> Any:
        return self.layers(x)


class Initialised(nn.Module):
    """Gives its weights numbers in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        nn.init.trunc_normal_(self.layer.weight, std=0.02)
        nn.init.constant_(tensor=self.layer.bias, val=1)
        self.layer.weight.data.normal_().mul_(2).add_(1)
        self.steps = int(torch.tensor([3.0]).mul_(2).item())

    def forward(self, x: Any) -> Any:
        for _ in range(self.steps):
            x = self.layer(x)
        return x


def test_initialising_is_left_out_unless_a_number_is_wanted() -> None:
    model = load(Named("m", "test_python_models", "Initialised", None), torch)
    assert (model.steps, {one.device.type for one in model.parameters()}) == (6, {"meta"})


FILE = """
from torch import nn
from test_python_models import Numbers, Small

print("no report")
MODEL = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
NUMBER = 3

def texts(**given):
    print(list(given.values()))
    return MODEL

def broken():
    raise ValueError("not today")

def leaves():
    raise SystemExit(0)

def unfit():
    raise RuntimeError("operator torchvision::nms does not exist")

class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Conv2d(16, 8, 3)

    def forward(self, x):
        x = self.a(x)
        return self.b(x)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mynets.py").write_text(FILE, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "mynets", raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("mynets.py:MODEL", 224), ("mynets:MODEL", 224), ("mynets:Numbers", 16 + 50 + 176),
        ("mynets:Small", 418), ("mynets:Small(num_classes=2)", 346), ("mynets.py:Small(2, width=-4 + 8)", 0),
    ],
)  # fmt: skip
def test_a_model_is_named(name: str, params: int) -> None:
    result = runner.invoke(app, ["profile", name, "-i", "1x3x32x32", "--format", "json"])
    report = json.loads(result.stdout)
    if params:
        assert result.exit_code == 0, result.stdout
        assert (report["totals"]["params"], report["network"]["format"]) == (params, "python")
    else:
        assert (result.exit_code, report["findings"][0]["code"]) == (2, "CV061")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("mynets:Smal", "CV060", "`Small`"),
        ("nowhere.at.all:Net", "CV060", "nowhere"),
        ("nowhere.py:Net", "CV060", "nowhere.py"),
        ("mynets:NUMBER", "CV061", "an int"),
        ("mynets:MODEL(3)", "CV061", "arguments"),
        ("mynets:Small(depth=3)", "CV061", "'depth'"),
        ("mynets:Small(widht=3)", "CV061", "did you mean `width`?"),
        ("mynets:Small(1, 2, 3, 4)", "CV061", "it takes `num_classes`, `width`"),
        ("mynets.py", "CV060", "`mynets.py:MODEL`, `mynets.py:Wrong`"),
        ("mynets.py:broken", "CV062", "mynets.py:14:5"),
        ("mynets.py:Wrong", "CV062", "mynets.py:30:9"),
        ("mynets.py:leaves", "CV062", "SystemExit"),
        ("mynets.py:unfit", "CV062", "install the two that belong together"),
        ("mynets:MODEL", "CV007", "batch included"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(name: str, code: str, words: str) -> None:
    sizes = [] if code == "CV007" else ["-i", "1x3x32x32"]
    result = runner.invoke(app, ["profile", name, *sizes])
    assert result.exit_code == 2
    assert f"error[{code}]" in result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("folder")
def test_the_table_goes_up_to_what_failed() -> None:
    result = runner.invoke(app, ["profile", "mynets.py:Wrong", "-i", "1x3x32x32"])
    assert "1x8x30x30" in result.stdout
    assert "expected 16 input channels, found 8" in result.stderr


@pytest.mark.parametrize("text", ["x[:, 0]", "HEAD:net.yaml", "a | b:c", "C:/net.yaml", ":x", "x:"])
def test_other_texts_are_no_names_of_models(text: str) -> None:
    from convcli.readers.python_name import python_name

    assert python_name(text) is None


@pytest.mark.usefixtures("folder")
def test_either_side_of_a_diff_may_be_a_model() -> None:
    same = runner.invoke(app, ["diff", "mynets:Small", "mynets.py:Small()", "-i", "1x3x32x32"])
    assert (same.exit_code, "no difference" in same.stdout) == (0, True)
    other = runner.invoke(app, ["diff", "mynets:Small", "mynets:Small(2)", "-i", "1x3x32x32", "--exit-code"])
    assert other.exit_code == 1
    assert "fc" in other.stdout


def test_what_cannot_be_built_says_so() -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.verify(Unused(), input=(2, 3, 8, 8))
    assert error.value.diagnostics[0].code == "CV067"
    assert convcli.verify(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), input=(2, 3, 8, 8)).good


def test_frozen_weights_are_not_trainable() -> None:
    model = Small()
    model.stem.requires_grad_(requires_grad=False)
    model.fc.weight.requires_grad_(requires_grad=False)
    report = profiled(model, 2, 3, 32, 32)
    assert report.totals.params - report.totals.trainable == 224 + 80
    assert [row.params - row.trainable for row in report.layers if row.op in ("Conv2d", "Linear")] == [224, 0, 0, 80]


class Mean(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Any) -> Any:
        return self.conv(x).mean((2, 3))


CONVOLUTIONS = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())


@pytest.mark.parametrize(
    ("model", "size", "options", "shape"),
    [
        (Mean(), (3, 8, 8), {}, (1, 3, 8, 8)),
        (Mean(), (3, 8, 8), {"batch": 5}, (5, 3, 8, 8)),
        (Mean(), (3, 8, 8), {"batched": False}, (1, 3, 8, 8)),
        (Mean(), (2, 3, 8, 8), {}, (2, 3, 8, 8)),
        (CONVOLUTIONS, (3, 8, 8), {}, (1, 3, 8, 8)),
        (CONVOLUTIONS, (3, 8, 8), {"batched": True}, (3, 8, 8)),
        (nn.Linear(3, 4), (3,), {}, (1, 3)),
        (nn.Linear(3, 4), (3,), {"batched": True}, (3,)),
        (nn.Embedding(3, 4), (3,), {}, (3,)),
        (nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), (3,), {}, (1, 3)),
        (nn.LSTM(3, 4), (7, 3), {}, (7, 3)),
        (nn.LSTM(3, 4, batch_first=True), (7, 3), {}, (1, 7, 3)),
    ],
)
def test_a_size_may_come_without_batch(model: nn.Module, size: Any, options: Any, shape: Any) -> None:
    assert convcli.profile(model, input=size, **options).inputs[0].shape == shape


def test_a_batch_is_given_once() -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(Mean(), input=(2, 3, 8, 8), batch=4)
    assert error.value.diagnostics[0].code == "CV002"


def test_where_it_fails_with_a_batch_and_without_the_error_says_both() -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(Mean(), input=(5, 8, 8))
    (found,) = error.value.diagnostics
    assert (found.code, "5x8x8, and with a batch, 1x5x8x8" in found.help) == ("CV062", True)
    with pytest.raises(ConvcliError) as other:
        convcli.profile(Mean(), input=(1, 5, 8, 8))
    assert other.value.diagnostics[0].help == ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "args", "params"),
    [
        ("mynets:Small", ["num_classes=2"], 346),
        ("mynets.py:Small(2)", ["width=8"], 346),
        ("mynets.py:texts", ["a=relu", "b='1'", "c=[2, -3]", "d=None", "e=x.y-z"], 0),
    ],
)
def test_arguments_are_given_one_by_one(name: str, args: list[str], params: int) -> None:
    given = [part for one in args for part in ("--arg", one)]
    result = runner.invoke(app, ["profile", name, *given, "-i", "3x32x32", "--format", "json"])
    assert result.exit_code == 0, result.output
    if params:
        assert json.loads(result.stdout)["totals"]["params"] == params
    else:
        assert "['relu', '1', [2, -3], None, 'x.y-z']" in result.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "arg", "words"),
    [
        ("mynets:Small", "width", "--arg width"),
        ("mynets:Small", "=3", "name=value"),
        ("mynets:Small", "width=1 + 1", "no plain value"),
        ("resnet18", "width=3", "no Python model"),
    ],
)
def test_an_argument_that_is_none_is_refused(name: str, arg: str, words: str) -> None:
    result = runner.invoke(app, ["profile", name, "--arg", arg, "-i", "3x32x32"])
    assert (result.exit_code, "error[CV061]" in result.stderr, words in result.stderr) == (2, True, True)


class Structured(nn.Module):
    """Takes a dictionary with a list in it, integers, and what has no place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.embed = nn.Embedding(10, 4)
        self.aux = nn.Linear(4, 2)

    def forward(self, batch: Any, ids: Any, scale: Any = None, *, mask: Any = None) -> Any:
        x = self.conv(batch["image"]) + batch["more"][1]
        y = x.mean((2, 3)) + self.embed(ids + 1).mean(1)
        y = y if mask is None else y * mask
        return (y, self.aux(y)) if self.training else y


class Spread(nn.Module):
    def forward(self, *xs: Any, **named: Any) -> Any:
        return sum(xs[1:], xs[0]) + sum(named.values())


SIZES: dict[str, Any] = {"batch.image": (2, 3, 8, 8), "batch.more.0": (1,), "batch.more.1": (4, 1, 1)}


@pytest.mark.parametrize(
    ("model", "input", "named"),
    [
        (Structured(), SIZES | {"ids": "int64:2x5"}, ["batch.image", "batch.more.0", "batch.more.1", "ids"]),
        (Structured(), SIZES | {"ids": "int32:2x5", "mask": (2, 1)}, [*SIZES, "ids", "mask"]),
        (Spread(), (2, 3), ["input"]),
        (Spread(), {"xs.0": (2, 3), "xs.1": (3,), "more": (1,)}, ["xs.0", "xs.1", "more"]),
    ],
)
def test_inputs_are_dictionaries_lists_and_integers(model: nn.Module, input: Any, named: list[str]) -> None:
    report = convcli.profile(model, input=input)
    assert [one.name for one in report.inputs] == named
    assert not report.uncounted
    assert [one.dtype for one in report.inputs if one.name == "ids"] in ([], ["int64"], ["int32"])


@pytest.mark.parametrize(
    ("model", "input", "code", "words"),
    [
        (Structured(), SIZES, "CV007", "`ids`"),
        (Structured(), SIZES | {"ids": "int9:2x5"}, "CV002", "int9"),
        (Structured(), {"image": (2, 3, 8, 8)}, "CV003", "image"),
        ("resnet18", "int64:3x8x8", "CV002", "are known"),
    ],
)
def test_inputs_that_there_are_not_are_refused(model: Any, input: Any, code: str, words: str) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(model, input=input)
    assert (error.value.diagnostics[0].code, words in error.value.diagnostics[0].message) == (code, True)


def test_a_model_is_called_as_in_training() -> None:
    model, input = Structured().eval(), SIZES | {"ids": "int64:2x5"}
    assert ops(convcli.profile(model, input=input))[-1] == "Unused"
    report = convcli.profile(model, input=input, train=True)
    assert (ops(report)[-1], len(report.outputs), model.training) == ("Linear", 2, False)
    for wrong in ({"model": "resnet18"}, {"model": model, "run": convcli.Run()}):
        with pytest.raises(ConvcliError, match="train"):
            convcli.profile(**wrong, train=True)


class Spectral(nn.Module):
    """Complex numbers, small integers, sampling by places."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 28)
        self.filter = nn.Parameter(torch.randn(3, 28, 15, 2))

    def forward(self, x: Any) -> Any:
        grid = nn.functional.affine_grid(self.conv(x).view(-1, 2, 3), list(x.shape), align_corners=False)
        x = nn.functional.grid_sample(x, grid, align_corners=False)
        spectrum = torch.fft.rfft2(x) * torch.view_as_complex(self.filter)
        return torch.fft.irfft2(spectrum, s=x.shape[-2:]) + spectrum.abs().sum() + x.short().float()


@pytest.mark.parametrize(("dtype", "size"), [("float32", 8), ("float64", 16), ("float16", 4), ("bfloat16", 8)])
def test_complex_numbers_and_samples_have_their_sizes_and_no_products(dtype: str, size: int) -> None:
    report = profiled(Spectral(), 2, 3, 28, 28, dtype=dtype)
    places = 2 * 28 * 28 * 2 * 3  # a matrix of 2 x 3 for each place, which torch's counter does not know
    assert report.totals.macs * 2 == flops(Spectral(), 2, 3, 28, 28) + 2 * places
    assert {one.op for one in report.uncounted if "other_ops" in one.missing} == {
        "grid_sampler",
        "_fft_r2c",
        "_fft_c2r",
    }
    spectrum = [row.output_bytes for row in report.layers if row.output_shapes == ((2, 3, 28, 15),)]
    (real,) = {row.output_bytes for row in report.layers if row.op == "abs"}
    assert (set(spectrum) - {real}, real) == ({2 * 3 * 28 * 15 * size}, 2 * 3 * 28 * 15 * int(dtype[-2:]) // 8)


DEFORMED = torch.library.Library("convcli_tests_deformed", "DEF")
"""In the place of torchvision's operators, which may not be compiled for the torch at hand."""
DEFORMED.define("deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor bias) -> Tensor")
DEFORMED.impl("deform_conv2d", lambda x, w, o, _: x.new_empty(x.shape[0], len(w), *o.shape[2:]), "Meta")


def test_a_deformed_convolution_has_the_products_of_a_convolution() -> None:
    model = nn.Conv2d(4, 6, 3, groups=2)
    plain = profiled(model, 2, 4, 9, 8)
    deform = torch.ops.convcli_tests_deformed.deform_conv2d
    model.forward = lambda x: deform(x, model.weight, x[:, :1, 2:, 2:], model.bias)  # type: ignore[method-assign]
    report = profiled(model, 2, 4, 9, 8)
    assert (report.totals.macs, report.totals.params) == (plain.totals.macs, plain.totals.params)
    assert [one.op for one in report.uncounted if "macs" in one.missing] == []


class Apart(nn.Module):
    """Calls attention with one tensor in three places."""

    def __init__(self, attention: nn.MultiheadAttention, **options: Any) -> None:
        super().__init__()
        self.attention = attention
        self.options = options

    def forward(self, x: Any) -> Any:
        return self.attention(x, x, x, **self.options)[0]


@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_is_one_layer_whether_it_gives_its_weights_or_not(need_weights: bool) -> None:
    attention = Apart(nn.MultiheadAttention(8, 2, batch_first=True), need_weights=need_weights)
    report = profiled(nn.Sequential(nn.Linear(8, 8), attention), 2, 5, 8)
    assert ops(report) == ["Linear", "MultiheadAttention"]
    assert report.layers[1].output_bytes == 4 * (2 * 5 * 8 + 2 * 5 * 5)
