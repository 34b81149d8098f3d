"""A network five ways: our file, the model in Python, its `.pt2`, its ONNX, and the source that we write.

Each is read by another reader, and all agree. A sample of torchvision's networks; with the environment variable
CONVCLI_ALL_MODELS all that are bundled.
"""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

import torch
from zoo import TORCHVISION, ZOO, build

import convcli
from convcli.rendered import Report
from convcli.report import LayerReport

SAMPLE = ("squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5", "convnext_tiny", "r2plus1d_18")
NETWORKS = TORCHVISION if os.environ.get("CONVCLI_ALL_MODELS") else SAMPLE
TOTALS = ("params", "trainable", "buffers", "macs", "unknown")


def from_python(name: str, shape: tuple[int, ...], _: Path) -> Report:
    return convcli.profile(build(name), input=shape)


def from_archive(name: str, shape: tuple[int, ...], folder: Path) -> Report:
    path = folder / "net.pt2"
    torch.export.save(torch.export.export(build(name), (torch.empty(shape, device="meta"),)), path)
    return convcli.profile(path)


def from_onnx(name: str, shape: tuple[int, ...], folder: Path) -> Report:
    path = folder / "net.onnx"
    with torch.device("cpu"):  # the exporter writes weights, and has to have some
        model = ZOO[name].build().eval()
    torch.onnx.export(model, (torch.zeros(shape),), optimize=False, verbose=False).save(path)
    return convcli.profile(path)


def from_source(name: str, shape: tuple[int, ...], folder: Path) -> Report:
    path = folder / "net.py"
    source = convcli.convert(name, "torch")
    path.write_text(source.text, encoding="utf-8")
    classes = [line.split()[1].split("(")[0] for line in source.text.splitlines() if line.startswith("class ")]
    return convcli.profile(f"{path}:{classes[-1]}", input=shape)


WAYS = (from_python, from_archive, from_onnx, from_source)


def seen(row: LayerReport) -> Any:
    field = row.receptive_field
    return (field.kind, field.size, field.stride, field.start, field.whole) if field else None


def products(report: Report) -> Counter[Any]:
    """Return what every layer that multiplies gives, costs and sees; readers may have them in another order."""
    return Counter((row.output_shapes, row.macs, seen(row)) for row in report.layers if row.macs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("way", WAYS)
def test_all_ways_to_read_a_network_agree(
    way: Callable[[str, tuple[int, ...], Path], Report], name: str, tmp_path: Path
) -> None:
    ours = convcli.profile(name)
    theirs = way(name, ours.inputs[0].shape, tmp_path)
    for field in TOTALS:
        assert getattr(theirs.totals, field) == getattr(ours.totals, field), field
    assert [one.shape for one in theirs.outputs] == [one.shape for one in ours.outputs]
    assert [seen(report.layers[-1]) for report in (theirs, ours)] == [seen(ours.layers[-1])] * 2
    if "MultiheadAttention" not in {row.op for row in ours.layers}:  # one layer, which others write as several
        assert products(theirs) == products(ours)
