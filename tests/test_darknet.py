"""Darknet's files: its own sizes, its own numbers of parameters, and its mistakes at their lines."""

import pytest
from foreign import counted, place, refused, shapes

import convcli
from convcli.explanations import EXPLANATIONS

NET = "[net]\nbatch=64\nwidth={side}\nheight={side}\nchannels={channels}\n"


def conv(
    filters: int, size: int = 3, stride: int = 1, activation: str = "leaky", norm: bool = True, **more: object
) -> str:
    lines = {"filters": filters, "size": size, "stride": stride, "pad": 1, "activation": activation, **more}
    head = "[convolutional]\n" + "batch_normalize=1\n" * norm
    return head + "".join(f"{name}={value}\n" for name, value in lines.items())


def pool(size: int, stride: int, **more: object) -> str:
    return f"[maxpool]\nsize={size}\nstride={stride}\n" + "".join(f"{name}={value}\n" for name, value in more.items())


def net(*sections: str, side: int = 32, channels: int = 3) -> str:
    return NET.format(side=side, channels=channels) + "".join(sections)


def test_the_table_of_published_darknet19_is_reproduced(tmp_path):
    """Redmon and Farhadi, YOLO9000 (2016), table 6: 5.58 billion operations at 224 pixels."""
    rows: list[str] = []
    for block in ([32], [64], [128, 64, 128], [256, 128, 256], [512, 256, 512, 256, 512]):
        rows += [conv(filters, 3 - 2 * (at % 2)) for at, filters in enumerate(block)] + [pool(2, 2)]
    rows += [conv(filters, 3 - 2 * (at % 2)) for at, filters in enumerate([1024, 512, 1024, 512, 1024])]
    rows += [conv(1000, 1, activation="linear", norm=False), "[avgpool]\n", "[softmax]\ngroups=1\n"]
    report = counted(tmp_path, "darknet19.cfg", net(*rows, side=224))
    assert report.outputs[0].shape == (1, 1000, 1, 1)
    assert round(report.totals.flops / 1e9, 2) == 5.58
    assert report.totals.params == 20_842_376
    assert report.format == "darknet"


def test_the_table_of_published_yolov3_tiny_is_reproduced(tmp_path):
    """Its page gives 5.56 BFLOPs at 416 pixels."""
    rows: list[str] = []
    for filters in (16, 32, 64, 128, 256):
        rows += [conv(filters), pool(2, 2)]
    head = "classes=80\nnum=6\nanchors=10,14, 23,27, 37,58, 81,82, 135,169, 344,319\n"
    rows += [conv(512), pool(2, 1), conv(1024), conv(256, 1), conv(512), conv(255, 1, activation="linear", norm=False)]
    rows += [f"[yolo]\nmask = 3,4,5\n{head}", "[route]\nlayers = -4\n", conv(128, 1), "[upsample]\nstride=2\n"]
    rows += ["[route]\nlayers = -1, 8\n", conv(256), conv(255, 1, activation="linear", norm=False)]
    rows += [f"[yolo]\nmask = 0,1,2\n{head}"]
    report = counted(tmp_path, "tiny.cfg", net(*rows, side=416))
    assert [one.shape for one in report.outputs] == [(1, 255, 13, 13), (1, 255, 26, 26)]
    assert report.totals.params == 8_852_366
    pooled = sum(2 * 2 * 16 * 2**at * (208 // 2**at) ** 2 for at in range(5)) + 4 * 512 * 13 * 13
    assert round((report.totals.flops + pooled) / 1e9, 3) in (5.571, 5.572)  # what Darknet prints
    assert shapes(report)["route20"] == (384, 26, 26)


def section(kind: str, **options: object) -> str:
    return f"[{kind}]\n" + "".join(f"{name.rstrip('_')}={value}\n" for name, value in options.items())


PRINTED = {
    "35.742": [conv(64, groups=4), conv(48, dilation=2), conv(64, 5, stride_x=2, stride_y=1)],
    "9.467": [
        conv(64), pool(3, 2), pool(5, 1), section("local_avgpool", size=2, stride=2),
        pool(1, 1, maxpool_depth=1, out_channels=16), "[avgpool]\n", "[softmax]\n",
    ],
    "65.381": [
        conv(64), conv(64), section("shortcut", from_=-2, activation="linear"), conv(64),
        section("shortcut", from_="-2,-3", weights_type="per_channel", activation="linear"), conv(64),
        section("shortcut", from_="-2,-3", activation="relu"),
    ],
    "20.979": [conv(64), conv(256, xnor=1), conv(256, xnor=1, bin_output=1, groups=2)],
    "46.620": [conv(64), conv(64), conv(64, share_index=1)],
    "26.936": [
        conv(64), section("route", layers=-1, groups=2, group_id=1), conv(64), section("route", layers="-1,-3"),
        section("upsample", stride=2), section("reorg", stride=2), conv(32, 1),
    ],
    "138.864": [
        section("crnn", batch_normalize=1, size=3, pad=1, output=64, hidden=48, activation="leaky"),
        section("conv_lstm", size=3, pad=1, output=32, peephole=0, activation="leaky"),
        section("conv_lstm", size=3, pad=1, output=32, peephole=1, activation="leaky"),
    ],
    "0.018": [
        conv(8, 3, 8), section("local", filters=4, size=3, stride=2, pad=1, activation="leaky"),
        section("connected", output=100, activation="linear"), "[softmax]\n",
    ],
}  # fmt: skip
"""What AlexeyAB's Darknet prints as `Total BFLOPS` of these layers, for 32 channels of 416 x 608."""


@pytest.mark.parametrize("printed", list(PRINTED))
def test_bflops_are_those_that_darknet_prints(tmp_path, printed):
    text = "[net]\nwidth=608\nheight=416\nchannels=32\n" + "".join(PRINTED[printed])
    cost = counted(tmp_path, "net.cfg", text, convention="darknet").cost
    assert (f"{cost.value / 1e9:.3f}", cost.known) == (printed, True)


@pytest.mark.parametrize(("name", "side", "bflops"), [("yolov3", 416, 65.879), ("darknet53", 256, 18.574)])
def test_any_network_can_be_counted_as_darknet_counts(name, side, bflops):
    """AlexeyAB's Darknet prints 65.879 for YOLOv3 at 416 pixels."""
    cost = convcli.profile(name, input=(3, side, side), convention="darknet").cost
    assert round(cost.value / 1e9, 3) == bflops


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [7, 8, 13])
@pytest.mark.parametrize("padding", [None, 0, 1])
def test_pooling_has_darknets_size(tmp_path, size, stride, side, padding):
    more = {} if padding is None else {"padding": padding}
    if padding is not None and padding > size:
        return
    report = counted(tmp_path, "pool.cfg", net(pool(size, stride, **more), side=side))
    total = size - 1 if padding is None else padding
    expected = (side + total - size) // stride + 1
    assert report.outputs[0].shape == (1, 3, expected, expected)


def test_groups_of_a_route_are_parts_of_the_channels(tmp_path):
    text = net(conv(8), "[route]\nlayers=-1\ngroups=4\ngroup_id=3\n")
    assert counted(tmp_path, "part.cfg", text).outputs[0].shape == (1, 2, 32, 32)


def test_a_shortcut_of_two_sizes_keeps_the_size_before_it(tmp_path):
    text = net(conv(8), conv(16, stride=2), "[shortcut]\nfrom=-2\nactivation=relu\n")
    report = counted(tmp_path, "short.cfg", text)
    assert report.outputs[0].shape == (1, 16, 16, 16)
    assert [one.op for one in report.uncounted] == ["shortcut"]


def test_layers_that_share_weights_count_them_once(tmp_path):
    once = counted(tmp_path, "once.cfg", net(conv(8), conv(8))).totals
    twice = counted(tmp_path, "twice.cfg", net(conv(8), conv(8), conv(8, share_index=1, dilation=2))).totals
    assert twice.params == once.params
    assert twice.macs == once.macs + 8 * 8 * 9 * 32 * 32


def test_connected_layers_are_counted(tmp_path):
    text = net("[connected]\noutput=10\nactivation=linear\n", side=4)
    assert counted(tmp_path, "full.cfg", text).totals.params == 3 * 16 * 10 + 10


@pytest.mark.parametrize(("kind", "products"), [("rnn", 256 * 64 + 2 * 64 * 64), ("gru", 3 * 64 * (256 + 64)),
                                                ("lstm", 4 * 64 * (256 + 64))])  # fmt: skip
def test_recurrent_layers_are_counted_step_by_step(tmp_path, kind, products):
    report = counted(tmp_path, "text.cfg", f"[net]\ninputs=256\n[{kind}]\noutput=64\nhidden=64\n")
    biases = {"rnn": 3, "gru": 6, "lstm": 8}[kind] * 64
    assert (report.totals.macs, report.totals.params) == (products, products + biases)
    assert report.outputs[0].shape == (1, 64)


def test_a_layer_with_weights_of_its_own_at_each_place_is_counted(tmp_path):
    text = net("[local]\nsize=3\nstride=1\npad=1\nfilters=8\nactivation=leaky\n", side=7, channels=4)
    assert counted(tmp_path, "local.cfg", text).totals.params == 49 * 8 * (4 * 9 + 1)


def test_numbers_are_read_as_darknet_reads_them(tmp_path):
    text = "[net]\nwidth = 3 2 # wide\nheight=32abc\nchannels=3\nheight=7\n; a comment\n" + conv(8)
    assert counted(tmp_path, "odd.cfg", text).inputs[0].shape == (1, 3, 32, 32)


def test_other_names_of_sections_are_known(tmp_path):
    text = (
        net().replace("[net]", "[network]") + "[conv]\nfilters=8\nsize=1\nactivation=linear\n[max]\nsize=2\nstride=2\n"
    )
    assert counted(tmp_path, "names.cfg", text).outputs[0].shape == (1, 8, 16, 16)


def test_another_size_may_flow_in(tmp_path):
    assert counted(tmp_path, "size.cfg", net(conv(8)), input="3x48x64").outputs[0].shape == (1, 8, 48, 64)


def test_every_layer_has_its_line(tmp_path):
    report = counted(tmp_path, "line.cfg", net(conv(8), pool(2, 2)))
    assert [layer.span.line for layer in report.layers if layer.span][:2] == [6, 6]


HEAD = "[yolo]\nmask=0,1,2\nclasses=80\nnum=9\n"


@pytest.mark.parametrize(
    ("sections", "code", "line", "text"),
    [
        ([conv(8), "[shortcut]\nfrom=-5\nactivation=linear\n"], "CV082", 14, "from=-5"),
        ([conv(8), "[route]\nlayers=-1,7\n"], "CV082", 14, "layers=-1,7"),
        ([conv(8), "[route]\nlayers=1\n"], "CV082", 14, "layers=1"),
        (["[convolutional]\nfilters=many\n"], "CV081", 7, "filters=many"),
        (["[convolutional]\nfilters=99999999999999999999\n"], "CV081", 7, "filters=99999999999999999999"),
        (["[convolutional]\nfilters=8\nsize 3\n"], "CV081", 8, "size 3"),
        ([conv(8), "[route]\nlayers=-1\ngroups=3\n"], "CV084", 14, "layers=-1"),
        (["[convolutional]\nfilters=-8\n"], "CV081", 7, "filters=-8"),
        ([conv(8), "[convolve]\nfilters=8\n"], "CV083", 13, "[convolve]"),
        ([conv(8, activation="leakey")], "CV083", 12, "activation=leakey"),
        ([conv(8, 1, activation="linear"), HEAD], "CV084", 13, "[yolo]"),
        ([conv(8), conv(8, stride=2), "[route]\nlayers=-1,-2\n"], "CV228", 21, "layers=-1,-2"),
        ([conv(8, 5, pad=0), conv(8, 40, pad=0)], "CV220", 16, "size=40"),
    ],
)
def test_a_mistake_points_at_its_line(tmp_path, sections, code, line, text):
    found = refused(tmp_path, "wrong.cfg", net(*sections))
    assert (found.code, *place(found)) == (code, line, text)


@pytest.mark.parametrize(("old", "new"), [("filters=8", "filter=8"), ("stride=2", "strid=2"), ("size=3", "sizes=3")])
def test_an_option_that_is_nearly_one_is_a_warning(tmp_path, old, new):
    text = net(conv(8, 3, 2)).replace(old, new)
    (found,) = [one for one in counted(tmp_path, "net.cfg", text).findings if one.code == "CV192"]
    assert (found.level, place(found)[1], found.help) == ("warning", new, f"did you mean `{old.partition('=')[0]}`?")


def test_the_same_slip_in_many_sections_is_shown_once_and_counted(tmp_path):
    text = net(conv(8), conv(8), conv(8)).replace("stride=", "strid=")
    (found,) = [one for one in counted(tmp_path, "net.cfg", text).findings if one.code == "CV192"]
    assert (place(found)[1], found.repeats) == ("strid=1", 2)


def test_it_is_said_beside_the_error_that_it_leads_to(tmp_path):
    text = net(conv(8), conv(8), "[shortcut]\nfrom=-2\n", conv(6, groups=4)).replace("filters=6", "filter=6")
    with pytest.raises(convcli.ConvcliError) as caught:
        counted(tmp_path, "net.cfg", text)
    assert [one.code for one in caught.value.diagnostics] == ["CV192", "CV223"]


def test_what_darknet_says_of_a_head_is_said_with_the_number_to_type(tmp_path):
    found = refused(tmp_path, "head.cfg", net(conv(254, 1, activation="linear", norm=False), HEAD))
    assert found.message == "[yolo] takes 255 numbers at each place, found 254"
    assert found.help.startswith("write `filters=255`")


def test_a_file_of_no_format_says_what_was_tried(tmp_path):
    found = refused(tmp_path, "some.cfg", "[settings]\nwidth=3\n")
    assert found.code == "CV080"
    assert "darknet: it has no `[net]`" in found.help
    assert "yaml: it has no `layers:`" in found.help


def test_the_format_can_be_said(tmp_path):
    assert counted(tmp_path, "net.txt", net(conv(8)), from_format="darknet").totals.params == 232
    assert refused(tmp_path, "net.txt", net(conv(8)), from_format="darknte").help == "did you mean `darknet`? " + (
        refused(tmp_path, "net.txt", "", from_format="?").help
    )
    assert refused(tmp_path, "net.txt", net(conv(8)), from_format="yaml").code == "CV111"


def test_all_codes_are_explained():
    assert {f"CV08{number}" for number in range(5)} <= {one.code for one in EXPLANATIONS}
