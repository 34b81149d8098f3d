"""Bundled networks against figures that papers and authors give, where torchvision has none or counts otherwise."""

import pytest

import convcli


def test_a_se_resnet_adds_what_its_paper_computes() -> None:
    plain, gated = convcli.profile("resnet50").totals, convcli.profile("se_resnet50").totals
    stages = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    weights = sum(2 * depth * channels**2 // 16 for depth, channels in stages)  # equation 5
    biases = sum(depth * (channels + channels // 16) for depth, channels in stages)
    assert gated.params - plain.params == weights + biases
    assert gated.macs - plain.macs == weights


@pytest.mark.parametrize(
    ("name", "params", "billions"),
    [
        ("fcn_resnet50", 35_322_218, 152.717),
        ("fcn_resnet101", 54_314_346, 232.738),
        ("deeplabv3_resnet50", 42_004_074, 178.722),
        ("deeplabv3_resnet101", 60_996_202, 258.743),
    ],
)
def test_a_segmenter_and_an_auxiliary_classifier_are_what_torchvision_lists(
    name: str, params: int, billions: float
) -> None:
    totals = convcli.profile(name).totals
    weights = 1024 * 256 * 3 * 3 + 256 * 21  # of two convolutions, at an eighth of the size
    assert totals.params + weights + 2 * 256 + 21 == params
    assert round((totals.macs + 65 * 65 * weights) / 1e9, 3) == billions


def test_a_retinanet_with_frozen_batch_norm_is_what_torchvision_lists() -> None:
    report = convcli.profile("retinanet_resnet50_fpn")
    norms = sum(layer.params for layer in report.layers if layer.op == "BatchNorm2d")
    assert report.totals.params - norms == 34_014_999
    assert round(report.totals.macs / 1e9, 2) == 151.54


def test_a_retinanet_has_nine_anchors_at_each_place_of_five_levels() -> None:
    report = convcli.profile("retinanet_resnet50_fpn", input=(3, 256, 512), set={"num_classes": 7})
    anchors = 9 * (32 * 64 + 16 * 32 + 8 * 16 + 4 * 8 + 2 * 4)
    assert [output.shape for output in report.outputs] == [(1, anchors, 7), (1, anchors, 4)]


@pytest.mark.parametrize(
    ("name", "size", "billions"),
    [
        ("darknet19", 224, 5.58),
        ("darknet53", 256, 18.57),
        ("yolov3", 320, 38.97),
        ("yolov3", 416, 65.86),
        ("yolov3", 608, 140.69),
    ],
)
def test_darknets_have_the_operations_that_their_authors_list(name: str, size: int, billions: float) -> None:
    """The paper of YOLO9000 and pjreddie.com/darknet, where an operation is a FLOP."""
    assert round(convcli.profile(name, input=(3, size, size)).totals.flops / 1e9, 2) == billions


def test_yolov3_fills_the_file_of_its_weights() -> None:
    report = convcli.profile("yolov3")
    counters = sum(layer.op == "BatchNorm2d" for layer in report.layers)  # which Darknet lacks
    numbers = report.totals.params + report.totals.buffers - counters
    assert 4 * numbers + 20 == 248_007_048


@pytest.mark.parametrize("classes", [1, 20])
def test_yolov3_has_three_boxes_at_each_place_of_three_grids(classes: int) -> None:
    report = convcli.profile("yolov3", set={"num_classes": classes})
    channels = 3 * (4 + 1 + classes)
    assert [output.shape for output in report.outputs] == [(1, channels, n, n) for n in (13, 26, 52)]
