"""Configurations with `_target_`: classes of torch.nn, references that are looked up, MONAI's U-Net; no code."""

import json

import pytest
from foreign import counted, place, refused, shapes

SEQUENTIAL = """\
data: {width: 16}
lr: 1e-3
optimizer:
  _target_: torch.optim.Adam
  lr: ${lr}
model:
  _target_: torch.nn.Sequential
  _args_:
    - _target_: torch.nn.Conv2d
      in_channels: 3
      out_channels: ${data.width}
      kernel_size: [3, 3]
      padding: same
    - _target_: torch.nn.Sequential
      _args_:
        - {_target_: torch.nn.ReLU, inplace: true}
        - _target_: torch.nn.modules.pooling.MaxPool2d
          kernel_size: 2
    - {_target_: torch.nn.Flatten}
    - _target_: torch.nn.Linear
      _args_: [4096, 10]
      _convert_: all
"""


def unet(**given: object) -> str:
    usual = {
        "_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": "@classes",
        "channels": [16, 32, 64, 128, 256], "strides": [2, 2, 2, 2], "num_res_units": 2, "norm": "batch",
    }  # fmt: skip
    return json.dumps({"imports": ["$import os"], "classes": 2, "network_def": {**usual, **given}}, indent=1)


def test_a_sequential_is_read_with_what_it_refers_to(tmp_path):
    report = counted(tmp_path, "model.yaml", SEQUENTIAL, input="3x32x32")
    assert report.totals.params == 3 * 16 * 9 + 16 + 40970
    assert shapes(report)["1.1"] == (16, 16, 16)
    assert report.format == "hydra"


def test_a_network_of_monai_is_reproduced(tmp_path):
    """The U-Net of MONAI's tutorial on the spleen has 4,808,917 parameters."""
    report = counted(tmp_path, "train.json", unet(), input="1x96x96x96")
    assert report.totals.params == 4_808_917
    assert report.outputs[0].shape == (1, 2, 96, 96, 96)


@pytest.mark.parametrize("units", [0, 1, 2])
@pytest.mark.parametrize("norm", ["instance", ["GROUP", {"num_groups": 2}], ["batch", {"affine": False}]])
def test_its_options_are_known(tmp_path, units, norm):
    text = unet(num_res_units=units, norm=norm, spatial_dims=2, channels=[8, 16, 32], strides=[2, 1], act="RELU")
    assert counted(tmp_path, "train.json", text, input="1x64x64").outputs[0].shape == (1, 2, 64, 64)


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("[4096, 10]", "[4097, 10]", "CV202", 20),
        ("${data.width}", "${data.widht}", "CV082", 11),
        ("torch.nn.Flatten", "my.own.Flatten", "CV083", 19),
        ("torch.nn.Flatten", "torch.nn.Flaten", "CV201", 19),
        ("kernel_size: 2", "kernel_size: $2 * 1", "CV083", 18),
        ("padding: same", "paddings: same", "CV212", 13),
        ("out_channels: ${data.width}", "out_channels: ${x}\nx: ${y}\ny: ${x}", "CV082", 11),
    ],
)
def test_a_mistake_is_at_its_line(tmp_path, old, new, code, line):
    text = SEQUENTIAL.replace(old, new)
    if "y: " in new:
        text = "x: ${y}\ny: ${x}\n" + SEQUENTIAL.replace(old, "out_channels: ${x}")
        line += 2
    with pytest.raises(Exception) as caught:  # noqa: PT011  what follows from a mistake may be one too
        counted(tmp_path, "model.yaml", text, input="3x32x32")
    first = caught.value.diagnostics[0]
    assert (first.code, place(first)[0]) == (code, line)


def test_a_class_of_ones_own_is_named(tmp_path):
    found = refused(tmp_path, "model.yaml", "net:\n  _target_: my.net.Net\n  width: 3\n", input="3x32x32")
    assert found.code == "CV083"
    assert "my.net.Net" in found.message


def test_two_networks_are_too_many(tmp_path):
    two = "a:\n  _target_: torch.nn.ReLU\nb:\n  _target_: torch.nn.ReLU\n"
    assert refused(tmp_path, "model.yaml", two, input="3x32x32").code == "CV085"
