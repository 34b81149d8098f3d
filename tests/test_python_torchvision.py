"""Python models against torch: torchvision's, and the bundled networks that are theirs.

A sample of them; with the environment variable CONVCLI_ALL_MODELS all.
"""

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch.utils.flop_counter import FlopCounterMode
from zoo import TORCHVISION, ZOO, build
from zoo.entry import torchvision

import convcli
from convcli.rendered import Report
from convcli.report import LayerReport

ALL = bool(os.environ.get("CONVCLI_ALL_MODELS"))
SAMPLE = (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t",
    "mobilenet_v3_small", "mvit_v2_s", "r2plus1d_18", "regnet_y_400mf", "resnet50", "shufflenet_v2_x1_0",
    "squeezenet1_1", "swin_t", "swin_v2_t", "swin3d_t", "vgg11_bn", "vit_b_32", "lraspp_mobilenet_v3_large",
)  # fmt: skip
OTHER_INPUTS = ("rcnn", "retinanet", "ssd", "fcos", "raft")
"""Models that take lists of pictures, or two at once."""
VIDEOS = ("mvit", "s3d", "swin3d", "r3d", "mc3", "r2plus1d")


def names() -> list[str]:
    if not ALL:
        return list(SAMPLE)
    return [name for name in torchvision().list_models() if not any(part in name for part in OTHER_INPUTS)]


def made(name: str) -> Any:
    """Build one of torchvision's models as small as it can be; not all can be built without memory."""
    models = torchvision()
    extra = {"weights_backbone": None} if name.startswith(("deeplab", "fcn", "lraspp")) else {}
    try:
        with torch.device("meta"):
            return models.get_model(name, weights=None, **extra).eval()
    except RuntimeError:
        return models.get_model(name, weights=None, **extra).eval()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", names())
def test_every_weight_and_every_product_is_counted(name: str) -> None:
    model = made(name)
    size = 299 if name == "inception_v3" else 224
    shape = (1, 3, 16, size, size) if name.startswith(VIDEOS) else (1, 3, size, size)
    report = convcli.profile(model, input=shape)
    model.to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = model(torch.empty(shape, device="meta"))
    outputs = list(output.values()) if isinstance(output, dict) else [output]
    totals = report.totals
    assert totals.params == sum(one.numel() for one in model.parameters())
    assert totals.buffers == sum(one.numel() for one in model.buffers())
    assert totals.flops == counter.get_total_flops()
    assert not {"params", "macs", "other_ops"} & set(totals.unknown)
    assert [one.shape for one in report.outputs] == [tuple(one.shape) for one in outputs]


BUNDLED = TORCHVISION if ALL else ("resnet50", "mobilenet_v2", "convnext_tiny", "inception_v3")


def what(row: LayerReport, name: Any) -> tuple[Any, ...]:
    """Return what a layer is, in words that both have: where it is, its arguments, numbers and receptive field."""
    args = {key: round(value, 9) if isinstance(value, float) else value for key, value in row.args.items()}
    field = row.receptive_field
    seen = (field.kind, field.size, field.stride, field.start, field.whole) if field else None
    return (name(row.module), row.call, row.op, args, row.output_shapes, row.params, row.buffers, row.macs, seen)


def weighted(report: Report, name: Any = str) -> list[tuple[Any, ...]]:
    return [what(row, name) for row in report.layers if row.weights]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_network_and_the_model_are_the_same(name: str) -> None:
    ours = convcli.profile(name)
    theirs = convcli.profile(build(name), input=ours.inputs[0].shape)
    key = lambda row: (row[0], row[1])  # noqa: E731  branches may be called in another order
    assert sorted(weighted(theirs, ZOO[name].name), key=key) == sorted(weighted(ours), key=key)
    for field in ("params", "trainable", "buffers", "macs", "other_ops", "weights_bytes"):
        assert getattr(theirs.totals, field) == getattr(ours.totals, field), field
    assert [one.shape for one in theirs.outputs] == [one.shape for one in ours.outputs]


NORMS = ("LayerNorm", "LayerNorm2d")
"""A module of torchvision's is what it is made of in an archive."""
EXPORTED = ("mobilenet_v3_small", "squeezenet1_1")
MORE = (
    "resnet18", "densenet121", "efficientnet_b0", "shufflenet_v2_x1_0", "regnet_y_400mf", "mnasnet0_5", "googlenet",
    "convnext_tiny", "vgg11_bn", "swin_t", "swin_v2_t", "maxvit_t", "mvit_v2_s",
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPORTED + (MORE if ALL else ()))
def test_an_archive_of_a_model_has_the_same_numbers(name: str, tmp_path: Path) -> None:
    model = torchvision().get_model(name, weights=None).eval()
    shape = (2, 3, 16, 224, 224) if name.startswith(VIDEOS) else (2, 3, 224, 224)
    torch.export.save(torch.export.export(model, (torch.zeros(shape),)), tmp_path / "net.pt2")
    ours, theirs = convcli.profile(tmp_path / "net.pt2"), convcli.profile(model, input=shape)
    for field in ("params", "trainable", "buffers", "macs", "weights_bytes"):
        assert getattr(ours.totals, field) == getattr(theirs.totals, field), field
    assert [one.shape for one in ours.outputs] == [one.shape for one in theirs.outputs]
    assert not {"macs", "other_ops"} & set(ours.totals.unknown)
    if name in TORCHVISION:
        both = [[row for row in weighted(report) if row[2] not in NORMS] for report in (ours, theirs)]
        assert both[0] == both[1]
