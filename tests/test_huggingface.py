"""Hugging Face's configurations: published numbers of parameters, and values that make no network."""

import json
from typing import Any

import pytest
from foreign import counted, place, refused
from test_hostile import run

NAMES = {str(at): f"class {at}" for at in range(1000)}


def config(kind: str, **given: Any) -> str:
    return json.dumps({"model_type": kind, "id2label": NAMES, "image_size": 224, **given}, indent=1)


PUBLISHED = {
    "ResNet-50": (config("resnet", hidden_sizes=[256, 512, 1024, 2048], depths=[3, 4, 6, 3]), 25_557_032),
    "ResNet-18": (config("resnet", layer_type="basic", hidden_sizes=[64, 128, 256, 512], depths=[2] * 4), 11_689_512),
    "RegNetX-400MF": (config("regnet", layer_type="x", groups_width=16, hidden_sizes=[32, 64, 160, 400],
                             depths=[1, 2, 7, 12]), 5_495_976),
    "RegNetY-400MF": (config("regnet", groups_width=8, hidden_sizes=[48, 104, 208, 440],
                             depths=[1, 3, 6, 6]), 4_344_144),
    "ConvNeXt-T": (config("convnext", hidden_sizes=[96, 192, 384, 768], depths=[3, 3, 9, 3]), 28_589_128),
    "ConvNeXt V2-T": (config("convnextv2", hidden_sizes=[96, 192, 384, 768], depths=[3, 3, 9, 3]), 28_635_496),
    "MobileNet": (config("mobilenet_v1"), 4_231_976),
    "MobileNetV2": (config("mobilenet_v2"), 3_504_872),
    "EfficientNet-B0": (config("efficientnet", width_coefficient=1.0, depth_coefficient=1.0), 5_288_548),
    "EfficientNet-B7": (config("efficientnet", width_coefficient=2.0, depth_coefficient=3.1), 66_347_960),
}  # fmt: skip


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_published_numbers_of_parameters_are_reproduced(tmp_path, name):
    text, params = PUBLISHED[name]
    report = counted(tmp_path, "config.json", text)
    assert report.totals.params == params
    assert (report.format, report.outputs[0].shape) == ("huggingface", (1, 1000))


@pytest.mark.parametrize(("name", "macs"), [("ResNet-50", 4_089_184_256), ("MobileNetV2", 300_774_272)])
def test_published_costs_are_reproduced(tmp_path, name, macs):
    assert counted(tmp_path, "config.json", PUBLISHED[name][0]).totals.macs == macs


def test_two_of_them_are_compared_as_networks(tmp_path):
    before, after = (tmp_path / name for name in ("before.json", "after.json"))
    before.write_text(PUBLISHED["ResNet-18"][0], encoding="utf-8")
    after.write_text(PUBLISHED["ResNet-50"][0], encoding="utf-8")
    answer = run(["diff", "before.json", "after.json", "--exit-code"], tmp_path)
    assert (answer.code, b"25.6 M" in answer.out or b"25,557,032" in answer.out) == (1, True)


def test_without_names_there_are_two_classes(tmp_path):
    text = config("resnet", hidden_sizes=[64, 128], depths=[1, 1], layer_type="basic", id2label=None)
    assert counted(tmp_path, "config.json", text).outputs[0].shape == (1, 2)


def test_a_size_that_stands_elsewhere_is_asked_for(tmp_path):
    found = json.loads(PUBLISHED["ResNet-18"][0])
    del found["image_size"]
    assert refused(tmp_path, "config.json", json.dumps(found)).code == "CV007"
    assert counted(tmp_path, "config.json", json.dumps(found), input="3x64x64").totals.params == 11_689_512


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"depths": [3, 4]}, "CV081", "[\n  3,\n  4\n ]"),
        ({"depths": "many"}, "CV081", '"many"'),
        ({"num_channels": 0}, "CV081", "0"),
        ({"hidden_act": "magic"}, "CV081", '"magic"'),
        ({"model_type": "bert"}, "CV083", '"bert"'),
    ],
)
def test_a_mistake_is_at_its_value(tmp_path, change, code, text):
    found = refused(tmp_path, "config.json", json.dumps({**json.loads(PUBLISHED["ResNet-50"][0]), **change}, indent=1))
    assert (found.code, place(found)[1]) == (code, text)
