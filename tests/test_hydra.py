"""Configurations with `_target_`: classes of torch.nn, references that are looked up, MONAI's networks; no code."""

import json

import pytest
from foreign import counted, place, refused, shapes

import convcli

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


def bundle(name: str, **given: object) -> str:
    return json.dumps({"network_def": {"_target_": name, "in_channels": 1, "out_channels": 2, **given}}, indent=1)


DYNAMIC = {
    "spatial_dims": 3, "kernel_size": [3, 3, [3, 3, 1], 3], "strides": [1, 2, [2, 2, 1], 2],
    "upsample_kernel_size": [2, [2, 2, 1], 2], "filters": [8, 16, 24, 32],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size", "params", "macs"),
    [
        (bundle("BasicUNet"), "1x96x96x96", 5_749_410, 126_149_197_824),
        (bundle("BasicUNet", spatial_dims=2, features=[8, 8, 16, 32, 64, 8], upsample="pixelshuffle", norm="batch"),
         "1x47x33", 212_890, 8_649_768),
        (bundle("DynUNet", **DYNAMIC), "1x32x32x32", 137_322, 374_243_328),
        (bundle("DynUNet", **DYNAMIC, res_block=True, deep_supervision=True, deep_supr_num=2, trans_bias=True),
         "1x32x32x32", 138_902, 375_701_504),
        (bundle("SegResNet", init_filters=16, dropout_prob=0.2), "1x96x96x96", 4_700_914, 61_280_354_304),
        (bundle("SegResNet", spatial_dims=2, blocks_down=[1, 2], blocks_up=[1], upsample_mode="deconv", act="prelu"),
         "1x64x64", 13_367, 20_807_680),
    ],
)  # fmt: skip
def test_other_networks_of_monai_are_reproduced(tmp_path, text, size, params, macs):
    """Parameters and MACs are those of MONAI 1.6's classes, counted by torch."""
    report = counted(tmp_path, "train.json", text, input=size)
    assert (report.totals.params, report.totals.macs) == (params, macs)


SMALL = {
    "spatial_dims": 3,
    "init_features": 8,
    "growth_rate": 4,
    "block_config": [2, 3],
    "bn_size": 2,
    "norm": "instance",
}


@pytest.mark.parametrize(
    ("name", "given", "size", "params"),
    [
        ("DenseNet", SMALL, "1x32x32x32", 7_682),
        ("DenseNet169", {"spatial_dims": 2}, "1x64x64", 12_481_538),
        ("DenseNet121", {"spatial_dims": 2, "in_channels": 3, "out_channels": 1000}, "3x224x224", 7_978_856),
    ],
)
def test_densenets_are_those_of_monai(tmp_path, name, given, size, params):
    """The last is the published one, Huang et al. (2017), table 1."""
    report = counted(tmp_path, "train.json", bundle(name, **given), input=size)
    assert report.totals.params == params


def test_weights_have_the_names_that_monai_gives_them(tmp_path):
    report = counted(tmp_path, "train.json", bundle("DynUNet", **DYNAMIC, res_block=True), input="1x32x32x32")
    names = {f"{layer.module}.{name}" for layer in report.layers for name in layer.weights or {}}
    assert {
        "input_block.conv1.conv.weight", "input_block.norm3.bias", "downsamples.1.conv2.conv.weight",
        "bottleneck.norm1.weight", "upsamples.0.transp_conv.conv.weight", "upsamples.2.conv_block.norm2.bias",
        "output_block.conv.conv.bias",
    } <= names  # fmt: skip


def test_heads_of_training_are_further_outputs(tmp_path):
    text = bundle("DynUNet", **DYNAMIC, deep_supervision=True)
    assert [one.shape for one in counted(tmp_path, "train.json", text, input="1x32x32x32").outputs] == [
        (1, 2, 32, 32, 32), (1, 2, 16, 16, 16),
    ]  # fmt: skip


def metadata(folder, inputs: tuple[int, list[object]], outputs: tuple[int, list[object]]) -> None:
    """Write the metadata of a bundle: channels and sides of what flows in, and of what comes out."""
    ends = {"inputs": {"image": inputs}, "outputs": {"pred": outputs}}
    form = {
        end: {name: {"num_channels": own[0], "spatial_shape": own[1]} for name, own in data.items()}
        for end, data in ends.items()
    }
    (folder / "metadata.json").write_text(json.dumps({"network_data_format": form}), encoding="utf-8")


def test_metadata_give_the_size_that_flows_in(tmp_path):
    metadata(tmp_path, (1, [32, 32, 64]), (2, [32, 32, 64]))
    assert counted(tmp_path, "train.json", unet()).inputs[0].shape == (1, 1, 32, 32, 64)


@pytest.mark.parametrize(
    ("inputs", "outputs", "size", "code"),
    [
        ((1, [32, 32, 32]), (3, [32, 32, 32]), None, "CV191"),
        ((1, [32, 32, 32]), (2, [16, 32, 32]), None, "CV191"),
        ((1, [32, 32, 32]), (3, [32, 32, 32]), "1x64x64x64", None),
        ((1, ["16*n", "2**p*n", "*"]), (3, ["16*n", "2**p*n", "*"]), "1x64x64x64", "CV191"),
        ((1, ["16*n", "2**p*n", "*"]), (2, ["16*n", "2**p*n", "*"]), "1x64x32x48", None),
        ((1, ["16*n", "16*n", "16*n"]), (2, ["7*n", "16*n", "16*n"]), "1x64x32x48", "CV191"),
        ((1, "all of it"), (2, ["16*n"]), "1x64x32x48", None),
    ],
)
def test_metadata_are_held_against_what_comes_out(tmp_path, inputs, outputs, size, code):
    metadata(tmp_path, inputs, outputs)
    if code is None:
        assert counted(tmp_path, "train.json", unet(), input=size).outputs[0].shape[1] == 2
        return
    found = refused(tmp_path, "train.json", unet(), input=size)
    assert (found.code, place(found)[1]) == (code, '"UNet"')
    assert found.related[0].span.source.name.endswith("metadata.json")


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        (bundle("SegResNet", int_filters=16), "CV212", '"int_filters"'),
        (bundle("SegResNet", blocks_up=[1, 1]), "CV081", "[\n   1,\n   1\n  ]"),
        (bundle("SegResnet"), "CV083", '"SegResnet"'),
        (bundle("my.own.UNet"), "CV083", '"my.own.UNet"'),
        (bundle("BasicUNet", features=[8, 8]), "CV081", "[\n   8,\n   8\n  ]"),
        (bundle("BasicUNet", upsample="bilinear"), "CV081", '"bilinear"'),
        (bundle("DynUNet", **{**DYNAMIC, "upsample_kernel_size": [2, 2]}), "CV081", "[\n   2,\n   2\n  ]"),
        (bundle("UNet", spatial_dims=2, channels=[8, 16], strides=[2], kernel_size=4), "CV081", "4"),
        (bundle("BasicUNet", out_channels="$len(x)"), "CV083", '"$len(x)"'),
        (bundle("BasicUNet", out_channels="%classes.json#n"), "CV082", '"%classes.json#n"'),
    ],
)
def test_a_mistake_in_a_bundle_is_at_its_value(tmp_path, text, code, found):
    mistake = refused(tmp_path, "train.json", text, input="1x96x96x96")
    assert (mistake.code, place(mistake)[1]) == (code, found)


RELATIVE = """\
net:
  width: 8
  classes: ???
  inner:
    _target_: torch.nn.Sequential
    _args_:
      - {_target_: torch.nn.Conv2d, in_channels: 3, out_channels: "REFERENCE", kernel_size: 1, bias: false}
"""


@pytest.mark.parametrize(
    "reference", ["${....width}", "${net.width}", "@net#width", "@net::width", "@####width", "%net#width"]
)
def test_references_are_followed_from_the_top_or_from_where_they_stand(tmp_path, reference):
    text = RELATIVE.replace("REFERENCE", reference)
    assert counted(tmp_path, "model.yaml", text, input="3x32x32").totals.params == 24


@pytest.mark.parametrize(
    ("reference", "code"), [("${....classes}", "CV083"), ("${.width}", "CV082"), ("${.........width}", "CV082")]
)
def test_a_reference_to_nothing_is_an_error(tmp_path, reference, code):
    text = RELATIVE.replace("REFERENCE", reference)
    assert refused(tmp_path, "model.yaml", text, input="3x32x32").code == code


def test_what_makes_layers_is_no_layer(tmp_path):
    text = SEQUENTIAL.replace("_target_: torch.nn.Flatten", "_target_: torch.nn.Flatten, _partial_: true")
    found = refused(tmp_path, "model.yaml", text, input="3x32x32")
    assert (found.code, place(found)[0], found.help) == ("CV081", 19, "leave `_partial_` out")


def test_a_layer_can_be_switched_off(tmp_path):
    text = SEQUENTIAL.replace("inplace: true", "_disabled_: true")
    assert "1.0" not in shapes(counted(tmp_path, "model.yaml", text, input="3x32x32"))


def test_a_configuration_that_is_not_put_together_yet_is_told_how(tmp_path):
    found = refused(tmp_path, "model.yaml", "defaults:\n  - model: net\nnet: {_target_: my.Net}\n", input="3x32x32")
    assert "--resolve" in found.help


def test_two_networks_are_too_many(tmp_path):
    two = "a:\n  _target_: torch.nn.ReLU\nb:\n  _target_: torch.nn.ReLU\n"
    assert refused(tmp_path, "model.yaml", two, input="3x32x32").code == "CV085"


@pytest.mark.parametrize(("change", "found", "help"), [
    ({"_traget_": "UNet"}, '"_traget_"', "did you mean `_target_`?"),
    ({"_target_": "UNet", "in_channels": "3"}, '"3"', "write 3, without quotes"),
    ({"_target_": "UNet", "norm": "instence"}, '"instence"', "did you mean `instance`?"),
    ({"_target_": "UNet", "act": "rellu"}, '"rellu"', "did you mean `relu`?"),
])  # fmt: skip
def test_a_slip_in_a_bundle_is_shown_with_what_was_meant(tmp_path, change, found, help):
    network = {"spatial_dims": 2, "in_channels": 1, "out_channels": 2, "channels": [4, 8], "strides": [2], **change}
    mistake = refused(tmp_path, "train.json", json.dumps({"network_def": network}, indent=1), input="1x96x96")
    assert (place(mistake)[1], mistake.help) == (found, help)


def test_a_file_with_nearly_the_name_is_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.cfg").touch()
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile("net.cgf")
    assert caught.value.diagnostics[0].help == "did you mean `net.cfg`?"
