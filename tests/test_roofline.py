"""Bounds of layers and networks, by hand; devices and their errors; what tables and JSON show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import convcli
from convcli.diagnostics import ConvcliError
from convcli.intensity import BOTH, COMPUTE, MEMORY, Device, Intensity, together
from convcli.quantity import product
from convcli.report import LayerReport
from convcli.roofline.devices import DEVICES, Entry
from convcli.roofline.spec import device_of

SLOW = Device("slow", None, 100.0, 10.0, "")
"""Ten operations a byte are its ridge."""


def this_one(device: str) -> Entry:
    """Return what a machine might have."""
    return Entry("A processor", {"float32": 3e11 if device == "cpu" else 5e13}, 2e10, "measured today")


def layer(network: str, name: str, **options: object) -> LayerReport:
    """Return a layer of a network with its bytes."""
    report = convcli.profile(network, roofline=True, **options)  # type: ignore[arg-type]
    return next(row for row in report.layers if row.name == name)


def chain(*layers: str, size: str, **options: object) -> list[Intensity | None]:
    """Return what the layers of a chain move and compute."""
    report = convcli.shape(*layers, input=size, batched=True, roofline=True, **options)  # type: ignore[arg-type]
    return [row.roofline for row in report.layers]


def moved(*layers: str, size: str, **options: object) -> list[tuple[int | None, int | None]]:
    """Return the bytes that the layers of a chain read and write."""
    return [(one.read_bytes, one.written_bytes) for one in chain(*layers, size=size, **options) if one]


# ---- by hand


def test_the_first_convolution_of_resnet_reads_the_image_and_its_weights() -> None:
    found = layer("resnet18", "conv1").roofline
    image, weights, result = 3 * 224 * 224, 64 * 3 * 7 * 7, 64 * 112 * 112
    assert found == Intensity(4 * (image + weights), 4 * result, 2 * 118_013_952)
    assert found.ratio() == pytest.approx(61.3, abs=0.05)


def test_a_depthwise_convolution_of_mobilenet_does_little_with_a_byte() -> None:
    found = layer("mobilenet_v2", "features.2.conv.1.0").roofline
    weights, image, result = 96 * 9, 96 * 112 * 112, 96 * 56 * 56
    assert found == Intensity(4 * (image + weights), 4 * result, 2 * result * 9)
    assert found.ratio() == pytest.approx(0.9, abs=0.005)


def test_a_downsampling_of_one_pixel_in_four_reads_one_in_four() -> None:
    found = layer("resnet18", "layer2.0.downsample.0").roofline
    assert found
    assert found.read_bytes == 4 * (64 * 28 * 28 + 128 * 64)


def test_a_batch_norm_reads_four_numbers_a_channel_and_no_counter() -> None:
    assert moved("BatchNorm2d(8)", size="1x8x5x5") == [(4 * (8 * 25 + 4 * 8), 4 * 8 * 25)]


def test_what_is_halved_is_halved_and_integers_stay() -> None:
    assert moved("Linear(6, 4)", size="2x6", dtype="float16") == [(2 * (12 + 24 + 4), 2 * 8)]
    assert moved("Embedding(9, 4)", size="2x3", dtype="float16") == [(8 * 6 + 2 * 6 * 4, 2 * 6 * 4)]


def test_views_move_nothing_and_copies_do() -> None:
    found = moved("x[:, 1:3]", "transpose(x, 1, 2)", "flatten(x, 1)", size="2x4x5")
    assert found == [(0, 0), (0, 0), (4 * 20, 4 * 20)]


def test_operators_in_place_read_and_write() -> None:
    assert moved("ReLU(inplace=True)", "Dropout(inplace=True)", size="2x5") == [(40, 40), (0, 0)]


def test_a_tensor_that_is_read_twice_counts_once() -> None:
    assert moved("x * x", size="2x5") == [(40, 40)]


def test_what_is_repeated_without_a_copy_is_read_once() -> None:
    assert moved("expand(x, 5, 3) * 2", size="1x3")[-1] == (12, 60)


def test_views_of_one_tensor_are_no_more_than_the_tensor() -> None:
    assert moved("x[1:] + x[:-1]", size="5x3")[-1] == (60, 48)
    assert moved("chunk(x, 2, dim=0)[0] + chunk(x, 2, dim=0)[1]", size="4x3")[-1] == (48, 24)


def test_weights_that_are_shared_are_read_at_each_call(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("input: [4]\nlayers:\n  - fc: Linear(4, 4)\n  - fc(x)\n", "utf-8")
    report = convcli.profile(path, roofline=True)
    once, again = (row.roofline for row in report.layers if row.op == "Linear")
    assert once == again == Intensity(4 * (4 + 16 + 4), 16, 36)


def test_statistics_that_are_updated_are_written() -> None:
    text = "batch_norm(x, Parameter(3), Parameter(3), training=True)"
    assert moved(text, size="2x3x4")[-1] == (4 * (24 + 6), 4 * (24 + 6))


def test_bytes_that_are_not_known_are_listed_and_the_sum_is_a_bound() -> None:
    report = convcli.shape("FractionalMaxPool2d(2, output_size=3)", "ReLU()", input="1x2x9x9", device_spec="l4")
    assert ("FractionalMaxPool2d", ("0",), ("bytes",)) in report.uncounted
    assert report.roofline
    assert not report.roofline.bytes_known
    totals = report.to_dict()["totals"]["roofline"]
    assert (totals["read_bytes"], totals["bound_seconds"]) == (None, None)
    assert totals["at_least"]["read_bytes"] == 4 * 18


def test_without_a_size_nothing_is_known() -> None:
    report = convcli.shape("Conv2d(3, 8, 3)", roofline=True)
    assert report.layers[0].roofline == Intensity(None, None, None)


# ---- bounds


@pytest.mark.parametrize(
    ("operations", "read", "seconds", "by"),
    [(2000, 100, 20.0, COMPUTE), (500, 100, 10.0, MEMORY), (1000, 100, 10.0, MEMORY), (0, 0, 0.0, None)],
)
def test_a_layer_is_bound_by_what_takes_longer(operations: int, read: int, seconds: float, by: str | None) -> None:
    found = Intensity(read, 0, operations).on(SLOW)
    assert (found.bound_seconds, found.bound_by) == (seconds, by)


def test_what_is_not_known_has_no_bound() -> None:
    assert Intensity(None, None, 5).on(SLOW).bound_seconds is None


def test_layers_together_take_the_sum_and_may_be_bound_by_both() -> None:
    parts = [Intensity(10, 0, 1000).on(SLOW), Intensity(100, 0, 0).on(SLOW)]
    assert together(parts) == Intensity(110, 0, 1000, 20.0, BOTH)
    assert together([*parts, Intensity(None, None, 1)]) == Intensity(None, None, 1001, None, BOTH)
    assert together([None]) is None


def test_a_network_takes_at_least_the_sum_of_its_layers_and_never_less_than_its_totals() -> None:
    report = convcli.profile("resnet18", device_spec="h100-sxm")
    assert report.roofline
    apart, overlapped = report.roofline.whole.bound_seconds, report.roofline.overlapped.bound_seconds
    assert apart
    assert overlapped
    assert apart == pytest.approx(sum(row.roofline.bound_seconds or 0 for row in report.layers if row.roofline))
    assert apart >= overlapped
    whole = report.roofline.whole
    assert (whole.read_bytes or 0) == sum(row.roofline.read_bytes or 0 for row in report.layers if row.roofline)


# ---- devices


def test_this_machine_is_a_device_like_others() -> None:
    assert device_of("this", "float32", this_one) == Device("this", "float32", 3e11, 2e10, "measured today")
    assert device_of("this:cuda:1", "float32", this_one).peak == 5e13
    assert device_of("this,bandwidth=10GB/s", "float32", this_one).bandwidth == 1e10
    with pytest.raises(ConvcliError, match="CV018"):
        device_of("this", "bfloat16", this_one)


def test_figures_are_read_with_units_and_without() -> None:
    plain = device_of("peak=989T,bandwidth=3.35TB/s", "float32", this_one)
    assert (plain.peak, plain.bandwidth, plain.precision) == (989e12, 3.35e12, None)
    assert device_of("bandwidth=1 GiB/s, peak=2 TFLOP/s", "float64", this_one)[2:4] == (2e12, 2**30)
    assert device_of("peak=5TFLOPS,bandwidth=300G", "float16", this_one)[2:4] == (5e12, 3e11)


def test_a_figure_replaces_that_of_a_device() -> None:
    found = device_of("h100-sxm,bandwidth=2.9TB/s", "bfloat16", this_one)
    assert (found.name, found.precision, found.peak, found.bandwidth) == ("h100-sxm", "bfloat16", 989.5e12, 2.9e12)


def test_float32_is_bound_by_tensor_cores_unless_they_are_forbidden() -> None:
    assert device_of("a100-40gb", "float32", this_one).precision == "tf32"
    assert device_of("A100-40GB,peak=float32", "float32", this_one).peak == 19.5e12
    assert device_of("v100-sxm", "float32", this_one).precision == "float32"


@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ("h100", "CV017", "`h100-sxm`, `h100-pcie`"),
        ("rtx4090", "CV017", "did you mean `rtx-4090`"),
        ("toaster", "CV017", "the devices are: this, h200, "),
        ("h100-sxm,bandwidth=2.9", "CV017", "`2.9T`"),
        ("peak=1T,bandwidth=3Tb/s", "CV017", "with a large B"),
        ("peak=1T", "CV017", "lacks the bandwidth"),
        ("bandwidth=1T", "CV017", "lacks the peak"),
        ("peak=1T,peak=2T,bandwidth=1T", "CV017", "twice"),
        ("peak=1T,bandwith=1T", "CV017", "did you mean `bandwidth`"),
        ("peak=1X,bandwidth=3G", "CV017", "`1X` is no peak"),
        ("peak=0,bandwidth=3G", "CV017", "`0` is no peak"),
        ("peak=1T,bandwidth=1T,l4", "CV017", "`l4` is no figure"),
        ("l4,peak=fp8", "CV018", "has no peak for fp8"),
    ],
)
def test_a_device_that_is_not_understood_is_explained(spec: str, code: str, says: str) -> None:
    with pytest.raises(ConvcliError) as error:
        device_of(spec, "float32", this_one)
    (found,) = error.value.diagnostics
    assert found.code == code
    assert says in f"{found.message}; {found.help}"


def test_a_type_that_a_device_has_no_figure_for_is_refused() -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile("resnet18", dtype="bfloat16", device_spec="t4")
    assert error.value.diagnostics[0].code == "CV018"
    assert "float16 65.0 TFLOP/s" in error.value.diagnostics[0].help


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_has_figures_that_can_be_true(name: str) -> None:
    entry = DEVICES[name]
    peaks = entry.peaks
    assert peaks["float16"] >= peaks.get("tf32", 0) >= 0
    assert peaks.get("tf32", peaks["float32"]) >= peaks["float32"] >= peaks.get("float64", 0)
    assert 3e11 <= entry.bandwidth <= 1e13
    assert 5 <= peaks["float16"] / entry.bandwidth <= 1000
    assert entry.source[-4:].isdecimal()


# ---- what is shown


def test_nothing_is_worked_out_where_nobody_asks() -> None:
    report = convcli.profile("resnet18")
    assert report.roofline is None
    written = report.to_dict()
    assert written["totals"]["roofline"] is None
    assert all(row["roofline"] is None for row in written["layers"])
    assert "FLOP/B" not in str(report)


def test_json_has_bytes_intensity_and_bound() -> None:
    report = convcli.shape("Conv2d(64, 64, 1, bias=False)", input="64x56x56", device_spec="peak=1T,bandwidth=1T")
    written = json.loads(json.dumps(report.to_dict()))
    n = 64 * 56 * 56
    moves, works = 4 * (n + 64 * 64), 2 * n * 64
    assert written["layers"][0]["roofline"] == {
        "read_bytes": moves, "written_bytes": 4 * n, "operations": works, "intensity": works / (moves + 4 * n),
        "bound_seconds": works / 1e12, "bound_by": "compute",
    }  # fmt: skip
    assert written["totals"]["roofline"]["device"]["ridge"] == 1.0
    assert product(written["outputs"][0]["shape"]) == n


def test_a_table_says_that_a_bound_is_no_prediction() -> None:
    text = str(convcli.profile("resnet18", device_spec="h100-sxm"))
    lines = [line for line in text.split("\n") if "prediction" in line]
    assert [line.split()[0] for line in lines] == ["bound", "overlapped"]
    assert any(line.split()[:3] == ["ridge", "148", "FLOP/B"] for line in text.split("\n"))
