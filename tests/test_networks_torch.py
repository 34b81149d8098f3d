"""The bundled networks against torch: names, sizes, weights, parameters, MACs, and what every layer is."""

from collections.abc import Iterator

import pytest

pytest.importorskip("torch")

from torch import nn
from zoo import TORCHVISION, ZOO, Trace, build, leaves, printed, trace
from zoo.entry import Torchvision, torchvision

import convcli
from convcli.readers.bundled import bundled_names
from convcli.report import LayerReport, Report

by_name = pytest.mark.parametrize("name", list(ZOO))


def test_every_bundled_network_is_compared() -> None:
    assert set(ZOO) == set(bundled_names())


def cases() -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Return each network with each of its sizes, and a batch."""
    for name, entry in ZOO.items():
        for place, size in enumerate(entry.sizes):
            yield name, size, 1 + place % 2


@pytest.mark.parametrize(("name", "size", "batch"), list(cases()), ids=str)
def test_names_sizes_and_macs(name: str, size: tuple[int, ...], batch: int) -> None:
    channels = convcli.profile(name).inputs[0].shape[1]
    shape = (batch, channels, *size)
    assert trace(name, shape) == ours(convcli.profile(name, input=shape, batched=True))


@by_name
def test_the_first_size_is_the_one_in_the_file(name: str) -> None:
    assert convcli.profile(name).inputs[0].shape[2:] == ZOO[name].sizes[0]


def ours(report: Report) -> Trace:
    """Return what a report says, in the order of execution."""
    calls = [
        (layer.module, layer.output_shapes[0]) for layer in report.layers if layer.module and layer.op != "Parameter"
    ]
    return Trace(calls, [output.shape for output in report.outputs], report.totals.macs)


@by_name
def test_weights_have_torchs_names_and_shapes(name: str) -> None:
    layers = convcli.profile(name).layers
    found = {
        f"{a.module}.{weight}".rstrip("."): shape  # a bare weight has no name of its own
        for a in layers
        if a.call == 1
        for weight, shape in a.weights.items()
    }
    theirs = {ZOO[name].name(weight): tuple(tensor.shape) for weight, tensor in build(name).named_parameters()}
    assert found == theirs


@by_name
def test_totals(name: str) -> None:
    totals, model = convcli.profile(name).totals, build(name)
    assert totals.params == params(model)
    assert totals.buffers == sum(buffer.numel() for buffer in model.buffers())


@by_name
def test_every_layer_is_the_operator_that_torch_prints(name: str) -> None:
    entry = ZOO[name]
    modules = {entry.name(module): built for module, built in leaves(build(name)).items()}
    for row in convcli.profile(name).layers:  # that all which torch calls are there is seen above
        if row.module and row.call == 1 and row.op != "Parameter":
            text = printed(modules[row.module])
            if row.op in entry.unlike:
                assert row.op == text.partition("(")[0], row.module
            else:
                assert what(row) == what(convcli.shape(text).layers[0]), row.module


def what(row: LayerReport) -> tuple[str, dict[str, object]]:
    """Return an operator and its arguments, as far as they say the same in different words.

    A pool's stride is its kernel where none is given, as torch prints it. 1 - 0.9997 is 0.0003.
    """
    stride = row.args.get("stride", 1)
    args = row.args if stride is not None else row.args | {"stride": row.args["kernel_size"]}
    return row.op, {name: float(f"{value:.9g}") if isinstance(value, float) else value for name, value in args.items()}


@pytest.mark.parametrize("name", TORCHVISION)
def test_published_figures(name: str) -> None:
    entry = ZOO[name].build
    assert isinstance(entry, Torchvision)
    left_out = params(build(name, **entry.published)) - params(build(name))
    channels, *size = convcli.profile(name).inputs[0].shape[1:]
    for weights in torchvision().get_model_weights(entry.model):
        picture = (weights.transforms().crop_size * 2)[:2]
        totals = convcli.profile(name, input=(channels, *size[:-2], *picture)).totals
        assert totals.params + left_out == weights.meta["num_params"]
        assert round(totals.macs / 1e9, 3) == weights.meta["_ops"]


def params(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize("width", [0.35, 0.75, 1.4])
@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"])
def test_mobilenets_at_other_widths(name: str, width: float) -> None:
    report = convcli.profile(name, set={"width": width})
    assert trace(name, (1, 3, 224, 224), width_mult=width) == ours(report)


@pytest.mark.parametrize(("name", "size"), [("vit_b_16", 384), ("vit_b_32", 96)])
def test_a_vision_transformer_has_a_place_for_each_patch(name: str, size: int) -> None:
    report = convcli.profile(name, input=(2, 3, size, size))
    assert trace(name, (2, 3, size, size), image_size=size) == ours(report)
    assert report.totals.params == params(build(name, image_size=size))
