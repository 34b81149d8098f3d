"""The bundled networks: how their files look, and the published figures they carry."""

import re
from pathlib import Path
from typing import Any

import pytest

import convcli
from convcli.asking import read_model
from convcli.document import Node, Scalar, Sequence
from convcli.readers.bundled import FOLDER, bundled_names

FILES = sorted(FOLDER.glob("*.yaml"))
NAMES = bundled_names()
LONGEST = 120

by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
by_name = pytest.mark.parametrize("name", NAMES)


def test_each_family_and_each_variant_is_a_network_of_its_own() -> None:
    networks = [read_model(path)[0] for path in FILES]
    assert list(NAMES) == [name for n in networks for name in (n.name, *(variant.name for variant in n.variants))]
    assert len(set(NAMES)) == len(NAMES)


@by_file
def test_a_file_opens_with_what_it_is_and_where_it_is_from(path: Path) -> None:
    what, source, name, *_ = path.read_text(encoding="utf-8").splitlines()
    assert what.startswith("# ")
    assert source.startswith("# Source: ")
    assert name.startswith("name: ")


@by_file
def test_a_file_fits_on_two_screens(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
    assert max(map(len, lines)) <= LONGEST


@by_file
def test_every_variant_has_a_check_of_its_own(path: Path) -> None:
    network, _ = read_model(path)
    for variant in network.variants:
        report = convcli.profile(path, variant=variant.name)
        assert report.variant == variant.name
        assert variant.check is not None, variant.name


@by_name
def test_a_network_has_the_figures_that_its_file_promises(name: str) -> None:
    report = convcli.profile(name)
    outputs = [list(output.shape or ())[1:] for output in report.outputs]
    found = {
        "output": outputs if len(outputs) > 1 else outputs[0],
        "params": report.totals.params,
        "macs": report.totals.macs,
    }
    assert promises(name) == found
    lacking = [found for found in report.uncounted if found.missing not in (("receptive_field",), ("memory",))]
    assert lacking == []  # memory: that of recurrent layers


JOINED = ("retinanet_resnet50_fpn", "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14")
"""Networks that join tensors along an axis: positions of different scales, or tokens and one more."""


@by_name
def test_receptive_fields_are_known_but_where_positions_are_joined(name: str) -> None:
    unknown = {lacks.op for lacks in convcli.profile(name).uncounted if "receptive_field" in lacks.missing}
    assert unknown == ({"cat"} if name in JOINED else set())


def promises(name: str) -> dict[str, Any]:
    """Return the figures under `check`, a variant's in place of its file's."""
    network, chosen = read_model(name)
    checks = [network.check, *(variant.check for variant in network.lineage(chosen))]
    return {key.text: figure(node) for check in checks if check for key, node in check.items}


def figure(node: Node) -> Any:
    if isinstance(node, Sequence):
        return [figure(item) for item in node.items]
    assert isinstance(node, Scalar)
    return int(node.text)


def has_classes(name: str) -> bool:
    """Say whether a network classifies whole inputs."""
    network, _ = read_model(name)
    return any(found.name == "num_classes" for found in network.variables) and len(promises(name)["output"]) == 1


@pytest.mark.parametrize("name", [name for name in NAMES if has_classes(name)])
def test_the_number_of_classes_is_a_variable_that_changes_one_layer_alone(name: str) -> None:
    before, after = convcli.profile(name), convcli.profile(name, set={"num_classes": 7})
    assert after.outputs[0].shape == (1, 7)
    changed = [(a, b) for a, b in zip(before.layers, after.layers, strict=True) if a.weights != b.weights]
    assert [a.op for a, _ in changed] in (["Linear"], ["Conv2d"])
    assert after.totals.params - before.totals.params == changed[0][1].params - changed[0][0].params
    assert changed[0][1].params == changed[0][0].params // before.outputs[0].shape[1] * 7


@pytest.mark.parametrize("name", [name for name in NAMES if re.fullmatch(r"(resnet|vgg|densenet)\d+(_bn)?", name)])
def test_a_name_says_how_many_layers_have_weights(name: str) -> None:
    number = int(re.sub(r"\D", "", name))
    layers = convcli.profile(name).layers
    weighted = [a for a in layers if a.op in ("Conv2d", "Linear") and "downsample" not in a.name]
    assert len(weighted) == number


def test_lenet_has_the_figures_of_its_paper_where_the_paper_is_followed() -> None:
    params = {layer.name.partition(".")[0]: layer.params for layer in convcli.profile("lenet5").layers if layer.params}
    assert {"c1": 156, "c5": 48_120, "f6": 10_164}.items() <= params.items()
    # trainable averages have 12 and 32; c3 has 60 of its 96 connections; the paper's output is no linear layer
    all_of_the_paper = sum(params.values()) + 12 + 32 - (96 - 60) * 25 - params["output"]
    assert all_of_the_paper == 60_000


def test_lenet_takes_no_size_but_its_own() -> None:
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile("lenet5", input=(1, 40, 40))
    assert [found.code for found in caught.value.diagnostics] == ["CV202"]


@pytest.mark.parametrize(
    ("width", "millions"), [(0.35, 59), (0.5, 97), (0.75, 209), (1.0, 300), (1.3, 509), (1.4, 582)]
)
def test_mobilenet_v2_has_the_macs_that_its_authors_list(width: float, millions: int) -> None:
    assert convcli.profile("mobilenet_v2", set={"width": width}).totals.macs // 10**6 == millions


def test_the_u_net_of_the_paper_has_the_sizes_of_its_figure() -> None:
    sizes = [layer.output_shapes[0][-1] for layer in convcli.profile("unet2015").layers if layer.op == "Conv2d"]
    down = [570, 568, 282, 280, 138, 136, 66, 64, 30, 28]
    up = [54, 52, 102, 100, 198, 196, 390, 388, 388]
    assert sizes == down + up


@pytest.mark.parametrize(("width", "sizes"), [(16, 256), (32, 64)])
def test_a_u_net_takes_other_widths_and_sizes(width: int, sizes: int) -> None:
    report = convcli.profile("unet", set={"width": width, "size": sizes, "image_channels": 1})
    assert report.inputs[0].shape == (1, 1, sizes, sizes)
    assert report.outputs[0].shape == (1, 2, sizes, sizes)


def test_a_u_net_refuses_a_size_that_16_does_not_divide() -> None:
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile("unet", input=(3, 350, 512))
    assert [found.code for found in caught.value.diagnostics] == ["CV228"]


def test_xception_has_the_running_statistics_that_keras_counts_as_parameters() -> None:
    report = convcli.profile("xception")
    norms = [layer for layer in report.layers if layer.op == "BatchNorm2d"]
    assert report.totals.buffers - len(norms) == 54_528  # torch also counts the batches
    assert report.totals.params + 54_528 == 22_910_480


@pytest.mark.parametrize("name", ["unet3d", "unet3d_nearest", "unet3d_trilinear", "unet3d2016"])
def test_the_3d_u_net_has_the_parameters_of_its_paper_but_for_batch_norm(name: str) -> None:
    report = convcli.profile(name)
    norms = sum(layer.params or 0 for layer in report.layers if layer.op == "BatchNorm3d")
    assert report.totals.params - norms // 2 == 19_069_955


def test_crnn_has_the_size_that_its_paper_says() -> None:
    assert round(convcli.profile("crnn").totals.params / 1e6, 1) == 8.3


def test_tcn_has_the_size_that_its_paper_says() -> None:
    report = convcli.profile("tcn")
    weight_norm = sum(layer.output_shapes[0][1] for layer in report.layers if layer.name.endswith(("conv1", "conv2")))
    assert round(report.totals.params + weight_norm, -4) == 70_000


def test_wavenet_needs_as_many_samples_as_its_implementation_says() -> None:
    history = 1 + 5 * sum(2**level for level in range(10))
    assert convcli.profile("wavenet", input=(256, history + 1)).outputs[0].shape == (1, 256, 1)
    with pytest.raises(convcli.ConvcliError):
        convcli.profile("wavenet", input=(256, history))
