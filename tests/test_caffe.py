"""Caffe's prototxt: published numbers of parameters, sizes that round as Caffe's do, and mistakes at their places."""

from math import ceil

import pytest
from foreign import counted, place, refused, shapes
from test_hostile import NOISE, RESIDENT, SECONDS, run, start_up  # noqa: F401  a fixture

INPUT = 'input: "data"\ninput_dim: 1\ninput_dim: {channels}\ninput_dim: {side}\ninput_dim: {side}\n'


def layer(kind: str, name: str, bottom: str | list[str], top: str | list[str] = "", **params: str) -> str:
    bottoms = [bottom] if isinstance(bottom, str) else bottom
    tops = [top or name] if isinstance(top, str) else top
    lines = [f'name: "{name}"', f'type: "{kind}"', *(f'bottom: "{one}"' for one in bottoms)]
    lines += [f'top: "{one}"' for one in tops] + [f"{key} {{ {text} }}" for key, text in params.items()]
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def conv(name: str, bottom: str, outputs: int, kernel: int, more: str = "", relu: bool = True) -> str:
    own = layer("Convolution", name, bottom, convolution_param=f"num_output: {outputs} kernel_size: {kernel} {more}")
    return own + (layer("ReLU", f"{name}_relu", name, name) if relu else "")


def pool(name: str, bottom: str, kernel: int, stride: int, more: str = "") -> str:
    return layer("Pooling", name, bottom, pooling_param=f"pool: MAX kernel_size: {kernel} stride: {stride} {more}")


def net(*layers: str, side: int = 32, channels: int = 3) -> str:
    return INPUT.format(side=side, channels=channels) + "".join(layers)


def test_the_published_alexnet_of_caffe_is_reproduced(tmp_path):
    """Krizhevsky, Sutskever, Hinton (2012), as Caffe trained it at 227 pixels: 60,965,224 weights, 724 million MACs."""
    norm = "local_size: 5 alpha: 0.0001 beta: 0.75"
    text = net(
        conv("conv1", "data", 96, 11, "stride: 4"), pool("pool1", "conv1", 3, 2),
        layer("LRN", "norm1", "pool1", lrn_param=norm),
        conv("conv2", "norm1", 256, 5, "pad: 2 group: 2"), pool("pool2", "conv2", 3, 2),
        layer("LRN", "norm2", "pool2", lrn_param=norm),
        conv("conv3", "norm2", 384, 3, "pad: 1"), conv("conv4", "conv3", 384, 3, "pad: 1 group: 2"),
        conv("conv5", "conv4", 256, 3, "pad: 1 group: 2"), pool("pool5", "conv5", 3, 2),
        layer("InnerProduct", "fc6", "pool5", inner_product_param="num_output: 4096"),
        layer("ReLU", "relu6", "fc6", "fc6"), layer("Dropout", "drop6", "fc6", "fc6"),
        layer("InnerProduct", "fc7", "fc6", inner_product_param="num_output: 4096"),
        layer("InnerProduct", "fc8", "fc7", inner_product_param="num_output: 1000"),
        layer("Softmax", "prob", "fc8"), side=227,
    )  # fmt: skip
    report = counted(tmp_path, "deploy.prototxt", text)
    assert (report.totals.params, report.totals.macs) == (60_965_224, 724_406_816)
    assert (report.format, report.outputs[0].shape) == ("caffe", (1, 1000))


def test_the_first_inception_block_of_googlenet_is_reproduced(tmp_path):
    """Szegedy et al., Going deeper with convolutions (2014), table 1: 159K parameters in 3a, without their biases."""
    text = net(
        conv("inception/1x1", "data", 64, 1), conv("inception/3x3_reduce", "data", 96, 1),
        conv("inception/3x3", "inception/3x3_reduce", 128, 3, "pad: 1"), conv("inception/5x5_reduce", "data", 16, 1),
        conv("inception/5x5", "inception/5x5_reduce", 32, 5, "pad: 2"),
        pool("inception/pool", "data", 3, 1, "pad: 1"), conv("inception/pool_proj", "inception/pool", 32, 1),
        layer("Concat", "out", ["inception/1x1", "inception/3x3", "inception/5x5", "inception/pool_proj"]),
        side=28, channels=192,
    )  # fmt: skip
    report = counted(tmp_path, "block.prototxt", text)
    assert report.outputs[0].shape == (1, 256, 28, 28)
    assert report.totals.params == 163_696


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("pad", [0, 1, 2])
@pytest.mark.parametrize("side", [7, 8, 13])
def test_pooling_has_caffes_size(tmp_path, kernel, stride, pad, side):
    if pad >= kernel:
        return
    size = ceil((side + 2 * pad - kernel) / stride) + 1
    size -= pad > 0 and (size - 1) * stride >= side + pad
    text = net(pool("pool", "data", kernel, stride, f"pad: {pad}"), side=side)
    assert counted(tmp_path, "pool.prototxt", text).outputs[0].shape == (1, 3, size, size)


def test_a_norm_and_the_scale_behind_it_are_one(tmp_path):
    text = net(
        conv("conv", "data", 8, 3, "bias_term: false", relu=False), layer("BatchNorm", "bn", "conv", "conv"),
        layer("Scale", "scale", "conv", "conv", scale_param="bias_term: true"), layer("ReLU", "r", "conv", "conv"),
    )  # fmt: skip
    report = counted(tmp_path, "norm.prototxt", text)
    assert report.totals.params == 8 * 27 + 16
    assert [one.op for one in report.layers] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert not report.uncounted


def test_a_scale_alone_has_its_weights(tmp_path):
    report = counted(tmp_path, "scale.prototxt", net(layer("Scale", "scale", "data")))
    assert report.totals.params == 3


def test_layers_that_share_weights_count_them_once(tmp_path):
    named = 'param { name: "w" } param { name: "b" }'
    first, second = (conv(name, "data", 8, 3, relu=False) for name in ("a", "b"))
    both = net(*(one.replace("convolution_param", f"{named}\n  convolution_param") for one in (first, second)))
    report = counted(tmp_path, "shared.prototxt", both + layer("Eltwise", "sum", ["a", "b"]))
    assert report.totals.params == 8 * 27 + 8
    assert report.totals.macs == 2 * 8 * 27 * 30 * 30


def test_parts_and_shapes(tmp_path):
    text = net(
        layer("Slice", "slice", "data", ["a", "b"], slice_param="axis: 1 slice_point: 1"),
        layer("Flatten", "flat", "b"),
        layer("Permute", "turn", "a", permute_param="order: 0 order: 2 order: 3 order: 1"),
        layer("Reshape", "shape", "turn", reshape_param="shape { dim: 0 dim: -1 dim: 2 }"),
        layer("Reshape", "again", "shape", reshape_param="axis: 1 num_axes: 1 shape { dim: 8 dim: -1 }"),
    )  # fmt: skip
    found = shapes(counted(tmp_path, "parts.prototxt", text))
    assert (found["flat"], found["turn"]) == ((2048,), (32, 32, 1))
    assert (found["shape"], found["again"]) == ((512, 2), (8, 64, 2))


def test_layers_of_training_are_left_out(tmp_path):
    data = 'layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } }\n'
    data += data.replace("TRAIN", "TEST")
    text = data + conv("conv", "data", 8, 3) + layer("SoftmaxWithLoss", "loss", ["conv", "label"])
    text += layer("Accuracy", "accuracy", ["conv", "label"], include="phase: TEST")
    assert refused(tmp_path, "train.prototxt", text).code == "CV007"
    report = counted(tmp_path, "train.prototxt", text, input="3x32x32")
    assert [one.op for one in report.layers] == ["Conv2d", "ReLU"]


def test_old_files_write_types_in_capitals(tmp_path):
    text = net('layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" blobs_lr: 1 '
               'convolution_param { num_output: 8 kernel_size: 3 } }\n'
               'layers { name: "i" type: INNER_PRODUCT bottom: "c" top: "i" '
               'inner_product_param { num_output: 10 } }\n')  # fmt: skip
    assert counted(tmp_path, "old.prototxt", text).totals.params == 224 + 8 * 900 * 10 + 10


OTHERS = {
    "PriorBox": ({"prior_box_param": "min_size: 10 max_size: 20 aspect_ratio: 2 aspect_ratio: 3"}, (2, 6 * 64 * 4), 0),
    "SPP": ({"spp_param": "pyramid_height: 3"}, (8 * 21,), 0),
    "Tile": ({"tile_param": "tiles: 3"}, (24, 8, 8), 0),
    "Clip": ({"clip_param": "min: 0 max: 6"}, (8, 8, 8), 0),
    "ELU": ({"elu_param": "alpha: 0.5"}, (8, 8, 8), 0),
    "LSTM": ({"recurrent_param": "num_output: 5"}, (8, 5), 4 * 5 * (64 + 5) + 20),
    "RNN": ({"recurrent_param": "num_output: 5"}, (8, 5), 5 * 64 + 5 * 5 + 5 * 5 + 10),
    "ROIPooling": ({"roi_pooling_param": "pooled_h: 7 pooled_w: 6"}, (8, 7, 6), 0),
    "PSROIPooling": ({"psroi_pooling_param": "group_size: 3 output_dim: 2"}, (2, 3, 3), 0),
}  # fmt: skip
"""Layers at 8x8x8 that few others have, what they give, and their parameters; the LSTM's batch is the second axis."""


@pytest.mark.parametrize("kind", list(OTHERS))
def test_layers_of_caffe_alone_have_its_sizes(tmp_path, kind):
    params, out, weights = OTHERS[kind]
    bottoms = ["data", "data"] if "ROI" in kind else "data"
    report = counted(tmp_path, "net.prototxt", net(layer(kind, "last", bottoms, **params), side=8, channels=8))
    assert (report.outputs[0].shape[1:], report.totals.params) == (out, weights)


def test_what_a_detector_finds_is_not_known_beforehand(tmp_path):
    text = net(layer("DetectionOutput", "found", "data"))
    assert counted(tmp_path, "net.prototxt", text).outputs[0].shape == (1, 1, None, 7)


def test_gates_of_channels_are_a_product_and_a_sum(tmp_path):
    gate = [
        pool("pooled", "data", 32, 1),
        layer("Sigmoid", "gate", "pooled"),
        layer("Axpy", "out", ["gate", "data", "data"]),
    ]
    report = counted(tmp_path, "net.prototxt", net(*gate))
    assert [one.op for one in report.layers][-2:] == ["mul", "add"]


SLIPS = [
    (conv("c", "data", 8, 3, "stride: 2"), "stride: 2", "strides: 2", "stride"),
    (pool("p", "data", 2, 2), "pooling_param", "pool_param", "pooling_param"),
    (pool("p", "data", 2, 2), "pool:", "pools:", "pool"),
    (pool("p", "data", 2, 2), "pool: MAX", "pool: MAX round_mod: FLOOR", "round_mode"),
    (layer("Eltwise", "e", ["data", "data"], eltwise_param="operation: SUM"), "operation:", "operatoin:", "operation"),
    (layer("Reshape", "r", "data", reshape_param="shape { dim: -1 }"), "dim:", "dims:", "dim"),
    (layer("Reshape", "r", "data", reshape_param="shape { dim: 0 dim: -1 }"), "shape {", "shapes {", "shape"),
    (layer("Scale", "s", "data", scale_param="bias_term: true"), "bias_term", "bais_term", "bias_term"),
    (layer("LRN", "n", "data", lrn_param="norm_region: WITHIN_CHANNEL"), "norm_region", "norm_regoin", "norm_region"),
]


@pytest.mark.parametrize(("written", "old", "new", "meant"), SLIPS)
def test_an_option_that_is_nearly_one_is_a_warning(tmp_path, written, old, new, meant):
    assert old in written
    (tmp_path / "net.prototxt").write_text(net(written.replace(old, new, 1)), encoding="utf-8")
    answer = run(["profile", "net.prototxt"], tmp_path)
    assert b"warning[CV192]" in answer.errors
    assert f"did you mean `{meant}`?".encode() in answer.errors


@pytest.mark.parametrize(("old", "new"), [("input_param", "input_parms"), ("shape", "shaep"), ("dim:", "dims:")])
def test_a_slip_in_what_says_the_size_of_an_input_is_a_warning(tmp_path, old, new):
    data = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n'
    text = data.replace(old, new) + layer("ReLU", "out", "data")
    (tmp_path / "net.prototxt").write_text(text, encoding="utf-8")
    answer = run(["profile", "net.prototxt"], tmp_path)
    assert f"did you mean `{old.rstrip(':')}`?".encode() in answer.errors


def test_a_number_that_is_asked_for_at_any_size_is_refused(tmp_path):
    text = net(layer("Interp", "up", "data", interp_param="shrink_factor: 0"))
    assert refused(tmp_path, "net.prototxt", text).code == "CV081"


def test_the_oldest_form_is_named_with_what_turns_it_into_a_later_one(tmp_path):
    text = INPUT.format(channels=3, side=32) + (
        'layers { layer { name: "c" type: "conv" num_output: 8 kernelsize: 3 } bottom: "data" top: "c" }\n'
    )
    found = refused(tmp_path, "net.prototxt", text)
    assert (found.code, "upgrade_net_proto_text" in found.help) == ("CV081", True)


def test_a_transposed_convolution_and_a_crop(tmp_path):
    text = net(
        layer(
            "Deconvolution", "up", "data", convolution_param="num_output: 8 kernel_size: 4 stride: 2 bias_term: false"
        ),
        layer("Crop", "crop", ["up", "data"], crop_param="axis: 2 offset: 5"),
    )
    report = counted(tmp_path, "up.prototxt", text)
    assert shapes(report)["up"] == (8, 66, 66)
    assert report.outputs[0].shape == (1, 8, 32, 32)


def test_names_of_layers_never_stand_for_operators(tmp_path):
    text = net(conv("Conv2d", "data", 8, 3), conv("add", "Conv2d", 8, 1), layer("Eltwise", "x", ["Conv2d", "add"]))
    assert counted(tmp_path, "names.prototxt", text).totals.params == 224 + 72


@pytest.mark.parametrize(
    ("layers", "code", "line"),
    [
        ([conv("conv", "date", 8, 3)], "CV082", 9),
        ([layer("Convolve", "conv", "data")], "CV083", 8),
        ([conv("conv", "data", 8, 3, "pad: one")], "CV081", 11),
        ([layer("Convolution", "conv", "data", convolution_param="kernel_size: 3")], "CV081", 8),
        ([conv("conv", "data", 8, 99)], "CV220", 11),
        ([conv("a", "data", 8, 3), layer("Eltwise", "sum", ["a", "data"])], "CV228", 21),
        ([conv("a", "data", 8, 3).replace("}\n}", "}\n")], "CV081", 6),
        ([layer("Reshape", "r", "data", reshape_param="shape { dim: 0 dim: 7 }")], "CV229", 8),
    ],
)  # fmt: skip
def test_a_mistake_is_at_its_line(tmp_path, layers, code, line):
    found = refused(tmp_path, "net.prototxt", net(*layers))
    assert (found.code, place(found)[0]) == (code, line)


@pytest.mark.parametrize(
    "text",
    [
        net(layer("Split", "s", "data", [f"t{at}" for at in range(20_000)])),
        net(*(conv(f"c{at}", f"c{at - 1}" if at else "data", 8, 1, relu=False) for at in range(5_000))),
    ],
)
def test_large_files_are_read_soon(tmp_path, start_up, text):  # noqa: F811
    (tmp_path / "net.prototxt").write_text(text, encoding="utf-8")
    answer = run(["profile", "net.prototxt", "--depth", "1", "-q"], tmp_path)
    assert answer.code == 0
    assert answer.seconds - start_up <= 2 * SECONDS * NOISE
    assert answer.resident <= RESIDENT
