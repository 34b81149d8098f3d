"""Hugging Face's configurations: published numbers of parameters, and values that make no network."""

import json
from typing import Any

import pytest
from foreign import counted, place, refused
from test_hostile import run

import convcli

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
    "EfficientNet-B0": (config("efficientnet", width_coefficient=1.0, depth_coefficient=1.0,
                               hidden_dim=1280), 5_288_548),
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


WEIGHTS = {
    "resnet": "resnet.encoder.stages.1.layers.0.layer.2.convolution.weight resnet.embedder.embedder.normalization.bias "
    "resnet.encoder.stages.0.layers.0.shortcut.normalization.weight classifier.1.bias",
    "regnet": "regnet.encoder.stages.0.layers.0.layer.2.attention.2.weight "
    "regnet.encoder.stages.0.layers.0.layer.3.normalization.weight classifier.1.weight",
    "convnext": "convnext.encoder.stages.1.downsampling_layer.1.bias convnext.layernorm.weight classifier.weight "
    "convnext.encoder.stages.0.layers.0.layer_scale_parameter",
    "convnextv2": "convnextv2.encoder.stages.0.layers.0.grn.weight convnextv2.embeddings.layernorm.bias",
    "mobilenet_v1": "mobilenet_v1.layer.25.convolution.weight mobilenet_v1.conv_stem.normalization.weight",
    "mobilenet_v2": "mobilenet_v2.layer.15.reduce_1x1.convolution.weight mobilenet_v2.conv_1x1.normalization.bias "
    "mobilenet_v2.conv_stem.first_conv.convolution.weight classifier.weight",
    "efficientnet": "efficientnet.encoder.blocks.1.squeeze_excite.reduce.bias efficientnet.encoder.top_bn.weight "
    "efficientnet.encoder.blocks.4.expansion.expand_conv.weight efficientnet.embeddings.batchnorm.weight "
    "efficientnet.encoder.blocks.0.depthwise_conv.depthwise_norm.bias",
}


@pytest.mark.parametrize("family", list(WEIGHTS))
def test_weights_have_the_names_that_transformers_gives_them(tmp_path, family):
    report = counted(tmp_path, "config.json", config(family))
    names = {f"{layer.module}.{name}".rstrip(".") for layer in report.layers for name in layer.weights or {}}
    assert set(WEIGHTS[family].split()) <= names


@pytest.mark.parametrize(
    ("architecture", "given", "outputs"),
    [
        ("ResNetModel", {}, [(1, 2048, 7, 7), (1, 2048, 1, 1)]),
        ("ResNetBackbone", {}, [(1, 2048, 7, 7)]),
        ("ResNetBackbone", {"out_features": ["stage3", "stem"]}, [(1, 64, 56, 56), (1, 1024, 14, 14)]),
        ("ResNetBackbone", {"out_indices": [1, -1]}, [(1, 256, 56, 56), (1, 2048, 7, 7)]),
        ("ConvNextModel", {}, [(1, 768, 7, 7), (1, 768)]),
        ("ConvNextBackbone", {"out_indices": [2, 4]}, [(1, 192, 28, 28), (1, 768, 7, 7)]),
        ("MobileNetV2Model", {}, [(1, 1280, 7, 7), (1, 1280)]),
    ],
)
def test_other_classes_of_a_family_have_their_outputs(tmp_path, architecture, given, outputs):
    family = {"ResNet": "resnet", "ConvNe": "convnext", "Mobile": "mobilenet_v2"}[architecture[:6]]
    report = counted(tmp_path, "config.json", config(family, architectures=[architecture], **given))
    assert [one.shape for one in report.outputs] == outputs


def test_a_backbone_normalises_what_it_gives_and_no_more(tmp_path):
    text = config("convnext", architectures=["ConvNextBackbone"], out_indices=[2, 4])
    names = [layer.name for layer in counted(tmp_path, "config.json", text).layers]
    assert [name for name in names if "norms" in name] == ["hidden_states_norms.stage2", "hidden_states_norms.stage4"]


@pytest.mark.parametrize(
    ("processor", "size"),
    [
        ({"crop_size": 224, "size": 256}, (224, 224)),
        (
            {"do_center_crop": True, "crop_size": {"height": 192, "width": 256}, "size": {"shortest_edge": 300}},
            (192, 256),
        ),
        ({"do_center_crop": False, "crop_size": 224, "size": {"shortest_edge": 288}}, (288, 288)),
        ({"size": {"height": 64, "width": 96}}, (64, 96)),
    ],
)
def test_the_size_of_images_stands_beside_the_configuration(tmp_path, processor, size):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor), encoding="utf-8")
    text = config("resnet", image_size=None)
    assert counted(tmp_path, "config.json", text).inputs[0].shape == (1, 3, *size)


@pytest.mark.parametrize("processor", ['{"size": "large"}', "[]", "{", '{"crop_size": {"height": 0, "width": 9}}'])
def test_a_file_beside_that_says_no_size_is_no_mistake(tmp_path, processor):
    (tmp_path / "preprocessor_config.json").write_text(processor, encoding="utf-8")
    assert refused(tmp_path, "config.json", config("resnet", image_size=None)).code == "CV007"


def test_a_value_that_is_nearly_one_is_a_warning(tmp_path):
    report = counted(tmp_path, "config.json", config("resnet", embeding_size=32))
    (found,) = [one for one in report.findings if one.code == "CV192"]
    assert (found.level, found.help) == ("warning", "did you mean `embedding_size`?")


def test_torch_builds_the_networks(tmp_path):
    pytest.importorskip("torch")
    for family in ("convnextv2", "mobilenet_v2", "regnet"):
        small = {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2, "embedding_size": 8, "groups_width": 8}
        (tmp_path / "config.json").write_text(config(family, image_size=65, **small), encoding="utf-8")
        assert convcli.verify(str(tmp_path / "config.json"))


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"depths": [3, 4]}, "CV081", "[\n  3,\n  4\n ]"),
        ({"depths": "many"}, "CV081", '"many"'),
        ({"num_channels": 0}, "CV081", "0"),
        ({"hidden_act": "magic"}, "CV081", '"magic"'),
        ({"model_type": "bert"}, "CV083", '"bert"'),
        ({"layer_type": "Basic"}, "CV081", '"Basic"'),
        ({"image_size": [224]}, "CV081", "[\n  224\n ]"),
        ({"architectures": ["ResNetForImageCaptions"]}, "CV083", '[\n  "ResNetForImageCaptions"\n ]'),
        ({"architectures": ["ResNetBackbone"], "out_features": ["stage9"]}, "CV081", '[\n  "stage9"\n ]'),
    ],
)
def test_a_mistake_is_at_its_value(tmp_path, change, code, text):
    found = refused(tmp_path, "config.json", json.dumps({**json.loads(PUBLISHED["ResNet-50"][0]), **change}, indent=1))
    assert (found.code, place(found)[1]) == (code, text)


def test_a_value_that_many_layers_ask_for_is_refused_once(tmp_path):
    found = refused(tmp_path, "config.json", config("mobilenet_v2", output_stride="many"))
    assert (found.code, place(found)[1]) == ("CV081", '"many"')
