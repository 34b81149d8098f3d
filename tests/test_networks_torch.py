"""The bundled networks against torch: names, sizes, weights, parameters, MACs, and what every layer is."""

from collections.abc import Iterator

import pytest

pytest.importorskip("torch")

from zoo import REFERENCES, TORCHVISION, Trace, build, leaves, torchvision, trace

import convcli
from convcli.readers.bundled import bundled_names
from convcli.report import LayerReport, Report

ALL = [*TORCHVISION, *REFERENCES]
SIZES = dict.fromkeys(TORCHVISION, ((224, 224), (192, 288), (299, 299))) | {
    "lenet5": ((32, 32),),  # its c5 sees all of s4
    "unet": ((512, 512), (64, 96), (320, 480)),
    "unet2015": ((572, 572), (188, 204), (300, 412)),
}
ANY = ((32, 32), (64, 48), (97, 33))

by_name = pytest.mark.parametrize("name", ALL)


def test_every_bundled_network_is_compared() -> None:
    assert set(ALL) == set(bundled_names())


def cases() -> Iterator[tuple[str, tuple[int, int], int]]:
    """Return each network with each size and a batch."""
    for name in ALL:
        for place, size in enumerate(SIZES.get(name, ANY)):
            yield name, size, 1 + place % 2
            if place == 0:
                yield name, size, 2


@pytest.mark.parametrize(("name", "size", "batch"), list(cases()), ids=str)
def test_names_sizes_and_macs(name: str, size: tuple[int, int], batch: int) -> None:
    channels = convcli.profile(name).inputs[0].shape[1]
    shape = (batch, channels, *size)
    assert trace(build(name), shape) == ours(convcli.profile(name, input=shape, batched=True))


def ours(report: Report) -> Trace:
    """Return what a report says, in the order of execution."""
    calls = [(layer.module, layer.output_shapes[0]) for layer in report.layers if layer.module]
    return Trace(calls, report.outputs[0].shape, report.totals.macs)


@by_name
def test_weights_have_torchs_names_and_shapes(name: str) -> None:
    layers = convcli.profile(name).layers
    found = {f"{a.module}.{weight}": shape for a in layers if a.call == 1 for weight, shape in a.weights.items()}
    assert found == {weight: tuple(tensor.shape) for weight, tensor in build(name).named_parameters()}


@by_name
def test_totals(name: str) -> None:
    totals, model = convcli.profile(name).totals, build(name)
    assert totals.params == sum(weight.numel() for weight in model.parameters())
    assert totals.buffers == sum(buffer.numel() for buffer in model.buffers())


@by_name
def test_every_layer_is_the_operator_that_torch_prints(name: str) -> None:
    printed = {module: repr(built) for module, built in leaves(build(name)).items()}
    rows = {row.module: row for row in convcli.profile(name).layers if row.module and row.call == 1}
    assert rows.keys() == printed.keys()
    for module, text in printed.items():
        assert what(rows[module]) == what(convcli.shape(text).layers[0]), module


def what(row: LayerReport) -> tuple[str, dict[str, object]]:
    """Return an operator and its arguments; a pool's stride is its kernel where none is given, as torch prints it."""
    stride = row.args.get("stride", 1)
    return row.op, row.args if stride is not None else row.args | {"stride": row.args["kernel_size"]}


@pytest.mark.parametrize("name", TORCHVISION)
def test_published_figures(name: str) -> None:
    totals = convcli.profile(name).totals
    for weights in torchvision().get_model_weights(name):
        assert totals.params == weights.meta["num_params"]
        assert round(totals.macs / 1e9, 3) == weights.meta["_ops"]


@pytest.mark.parametrize("width", [0.35, 0.75, 1.4])
def test_mobilenet_v2_at_other_widths(width: float) -> None:
    model = build("mobilenet_v2", width_mult=width)
    assert trace(model, (1, 3, 224, 224)) == ours(convcli.profile("mobilenet_v2", set={"width": width}))
