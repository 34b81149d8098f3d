"""Sizes given with `-i` that a file of another tool contradicts, and the sizes that are proposed where it has none."""

import json
from pathlib import Path

import pytest

import convcli

DARKNET = """[net]
width=32
height=32
channels=3
[convolutional]
filters=8
size=3
activation=leaky
"""
KERAS = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [
    {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, None, None, 3]}},
    {"class_name": "Conv2D", "config": {"name": "c", "filters": 8, "kernel_size": [3, 3]}},
]}})  # fmt: skip
CONFIG = json.dumps({"model_type": "resnet", "num_channels": 3})
YOLO = """nc: 2
ch: 3
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [-1, 1, Classify, [nc]]
"""
MONAI = """network_def:
  _target_: UNet
  spatial_dims: 3
  in_channels: 1
  out_channels: 2
  channels: [4, 8]
  strides: [2]
"""
PLANS = (Path(__file__).parent / "plan_files" / "later.json").read_text(encoding="utf-8")

FILES = {
    "net.cfg": DARKNET, "net.json": KERAS, "config.json": CONFIG, "net.yaml": YOLO, "train.yaml": MONAI,
    "plans.json": PLANS,
}  # fmt: skip


def refused(folder: Path, name: str, size: str | None = None) -> tuple[str, str, str, str]:
    """Return code, message, marked text and help."""
    (folder / name).write_text(FILES[name], encoding="utf-8")
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile(folder / name, input=size)
    (found,) = caught.value.diagnostics
    return found.code, found.message, found.span.text() if found.span else "", found.help


@pytest.mark.parametrize(("name", "marked"), [
    ("net.cfg", "channels=3"), ("net.json", "[null, null, null, 3]"), ("config.json", "3"), ("net.yaml", "3"),
])  # fmt: skip
def test_channels_that_stand_last_are_shown_first(tmp_path, name, marked):
    message, help = "the file says 3 channels, found 64x48x3", "channels come first here: `-i 3x64x48`"
    assert refused(tmp_path, name, "64x48x3") == ("CV194", message, marked, help)


@pytest.mark.parametrize("size", ["1x64x64", "2x1x64x64"])
def test_other_channels_are_refused_with_a_batch_and_without(tmp_path, size):
    code, message, _, help = refused(tmp_path, "net.cfg", size)
    assert (code, message) == ("CV194", f"the file says 3 channels, found {size}")
    assert help == "channels come first here: `-i 3x64x64`"


def test_another_number_of_axes_is_refused(tmp_path):
    message = "the file says 1 channel and 3 axes behind them, found 1x64x64"
    assert refused(tmp_path, "train.yaml", "1x64x64") == ("CV194", message, "1", "for example: `-i 1x96x96x96`")
    assert refused(tmp_path, "plans.json", "2x96x96x96")[:2] == ("CV194", "the file says 2 channels, found 2x96x96x96")


@pytest.mark.parametrize("size", ["3x64x48", "2x3x64x48"])
def test_other_sides_and_a_batch_are_no_contradiction(tmp_path, size):
    for name in ("net.cfg", "net.json", "config.json", "net.yaml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
        assert convcli.profile(tmp_path / name, input=size).inputs[0].shape[-3:] == (3, 64, 48)


def test_what_the_file_says_is_in_the_size_that_is_proposed(tmp_path):
    for name, size in (("net.json", "3x224x224"), ("train.yaml", "1x96x96x96"), ("config.json", "3x224x224")):
        assert refused(tmp_path, name)[0::3] == ("CV007", f"give one: `-i {size}`")


def test_a_network_file_of_ours_can_say_it_itself(tmp_path):
    (tmp_path / "own.yaml").write_text("layers:\n  - Conv2d(3, 8, 3)\n", encoding="utf-8")
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile(tmp_path / "own.yaml")
    assert caught.value.diagnostics[0].help == "give one: `-i 3x224x224`, or `input: [3, 224, 224]` in the file"
