"""The text of `print(model)`: parameters always, sizes where it is a chain."""

import pytest
from foreign import counted, place, refused, shapes

import convcli

CHAIN = """\
Sequential(
  (0): Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
  (1): BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
  (2): ReLU(inplace)
  (body): Sequential(
    (0-2): 3 x Conv2d(16, 16, kernel_size=(3, 3), stride=(1, 1), padding=same)
  )
  (pool): AdaptiveAvgPool2d(output_size=1)
  (flat): Flatten(start_dim=1, end_dim=-1)
  (fc): Linear(in_features=16, out_features=10, bias=True)
)
"""
NET = """\
Net(
  (stem): Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2))
  (blocks): ModuleList(
    (0-3): 4 x Block(
      (conv): Conv2d(16, 16, kernel_size=(3, 3), stride=(1, 1), groups=16)
      (norm): BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
      (skip): Sequential()
    )
  )
  (permute): Permute()
  (drop): DropPath(drop_prob=0.1)
)
"""


def test_a_chain_has_sizes(tmp_path):
    report = counted(tmp_path, "chain.txt", CHAIN, input="3x32x32")
    assert report.totals.params == 3 * 16 * 9 + 32 + 3 * (16 * 16 * 9 + 16) + 170
    assert report.totals.macs == (432 + 3 * 2304) * 16 * 16 + 160
    assert shapes(report)["body.2"] == (16, 16, 16)
    assert report.findings == ()


def test_a_chain_needs_a_size(tmp_path):
    assert refused(tmp_path, "chain.txt", CHAIN).code == "CV007"


def test_of_anything_else_parameters_are_known_and_sizes_are_not(tmp_path):
    report = counted(tmp_path, "net.txt", NET)
    assert report.totals.params == 3 * 16 * 9 + 16 + 4 * (16 * 9 + 16 + 32)
    assert "params" not in report.totals.unknown
    assert "macs" in report.totals.unknown
    assert [layer.name for layer in report.layers][:3] == ["stem", "blocks.0.conv", "blocks.0.norm"]
    (found,) = report.findings
    assert (found.code, found.level, *place(found)) == ("CV085", "warning", 1, "Net(")


def test_the_parameters_of_a_class_that_is_not_known_are_not_known(tmp_path):
    report = counted(tmp_path, "net.txt", NET.replace("DropPath(drop_prob=0.1)", "Mystery(8)"))
    assert "params" in report.totals.unknown
    assert ("Mystery", ("drop",)) in [(one.op, one.layers) for one in report.uncounted]


def test_attention_has_weights_that_are_not_printed(tmp_path):
    inside = "    (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)\n"
    text = f"Net(\n  (attn): MultiheadAttention(\n{inside}  )\n)\n"
    report = counted(tmp_path, "net.txt", text)
    assert report.totals.params == 72
    assert "params" in report.totals.unknown


def test_classes_with_bare_weights_are_counted_from_below(tmp_path):
    """torchvision's ConvNeXt has a scale in each block that is no module, and is not printed."""
    text = NET.replace("x Block(", "x CNBlock(")
    report = counted(tmp_path, "net.txt", text)
    assert report.totals.params == counted(tmp_path, "plain.txt", NET).totals.params
    assert "params" in report.totals.unknown
    assert "`CNBlock`" in report.findings[0].help


WEIGHTS = """\
Net(
  (several): ParameterList(
      (0): Parameter containing: [torch.float32 of size 8x3]
      (1): Parameter containing: [torch.float32 of size 5 (cuda:0)]
  )
  (one): ParameterList(  (0): Parameter containing: [torch.cuda.FloatTensor of size 7 (GPU 0)])
  (fc): Linear(in_features=2, out_features=3, bias=False)
)
"""


def test_lists_of_weights_are_counted(tmp_path):
    report = counted(tmp_path, "net.txt", WEIGHTS)
    assert (report.totals.params, "params" in report.totals.unknown) == (24 + 5 + 7 + 6, False)
    assert [one.name for one in report.layers] == ["several.0", "several.1", "one.0", "fc"]


EARLY = """\
Sequential (
  (0): Conv2d (3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (1): LeakyReLU (0.2, inplace)
  (2): MaxPool2d (size=(2, 2), stride=(2, 2), dilation=(1, 1))
  (3): Dropout (p = 0.5)
  (4): Linear (4 -> 10)
)
"""


def test_the_first_versions_of_torch_spelt_otherwise(tmp_path):
    report = counted(tmp_path, "net.txt", EARLY, input="3x8x8")
    assert (report.totals.params, report.outputs[0].shape) == (224 + 50, (1, 8, 4, 10))


@pytest.mark.parametrize("wrapper", ["DataParallel", "DistributedDataParallel", "OptimizedModule"])
def test_what_wraps_a_chain_is_one(tmp_path, wrapper):
    inner = CHAIN.replace("\n", "\n  ").rstrip()
    text = f"{wrapper}(\n  (module): {inner}\n)\n"
    assert counted(tmp_path, "net.txt", text, input="3x32x32").outputs[0].shape == (1, 10)


def test_a_summary_is_no_model_and_the_message_says_what_is(tmp_path):
    text = " Layer (type)      Output Shape     Param #\n conv2d (Conv2D)   (None, 26, 26, 32)   320\n"
    found = refused(tmp_path, "summary.txt", text)
    assert (found.code, "model.to_json()" in found.help) == ("CV080", True)


def test_half_of_a_text_asks_for_the_whole(tmp_path):
    found = refused(tmp_path, "net.txt", NET[:120])
    assert (found.code, "paste the whole text" in found.help) == ("CV081", True)


def test_text_around_the_model_is_left_alone(tmp_path):
    plain = counted(tmp_path, "net.txt", NET).totals
    assert counted(tmp_path, "log.txt", f"epoch 1 (lr 0.1)\n12:00 model: {NET}\ndone )\n").totals == plain


def test_no_input_flows_where_the_order_is_not_known(tmp_path):
    assert refused(tmp_path, "net.txt", NET, input="3x32x32").code == "CV085"


def test_a_wrong_layer_is_at_its_line(tmp_path):
    found = refused(tmp_path, "net.txt", NET.replace("stride=(2, 2)", "strid=(2, 2)"))
    assert (found.code, place(found)[0]) == ("CV212", 2)
    found = refused(tmp_path, "chain.txt", CHAIN.replace("in_features=16", "in_features=32"), input="3x32x32")
    assert (found.code, place(found)[0]) == ("CV202", 10)


def test_what_is_no_chain_cannot_be_converted(tmp_path):
    (tmp_path / "net.txt").write_text(NET, encoding="utf-8")
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.convert(str(tmp_path / "net.txt"), "torch")
    assert [found.code for found in caught.value.diagnostics] == ["CV085"]
