"""Networks for telephones and from searches, against the figures that their authors print."""

import pytest

import convcli
from convcli.report import Report


def millions(report: Report) -> tuple[float, float]:
    """Return parameters and multiply-accumulates, in millions."""
    return report.totals.params / 1e6, report.totals.macs / 1e6


@pytest.mark.parametrize(
    ("width", "size", "macs", "params"),
    [
        (1.0, 224, 569, 4.2),
        (0.75, 224, 325, 2.6),
        (0.5, 224, 149, 1.3),
        (0.25, 224, 41, 0.5),
        (1.0, 192, 418, 4.2),
        (1.0, 160, 290, 4.2),
        (1.0, 128, 186, 4.2),
    ],
)
def test_mobilenet_v1_has_the_figures_of_tables_6_and_7(width: float, size: int, macs: int, params: float) -> None:
    report = convcli.profile("mobilenet_v1", set={"width": width, "resolution": f"{size} / 224"})
    assert report.inputs[0].shape == (1, 3, size, size)
    assert millions(report) == (pytest.approx(params, abs=0.05), pytest.approx(macs, abs=1))


def test_mobilenet_v1_is_no_thinner_than_8_channels() -> None:
    convolutions = [a for a in convcli.profile("mobilenet_v1", set={"width": 0.01}).layers if a.op == "Conv2d"]
    assert {a.output_shapes[0][1] for a in convolutions} == {8, 10}


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        # "Searching for MobileNetV3", table 3
        ("mobilenet_v3_large", 5.4, 219),
        ("mobilenet_v3_small", 2.5, 56),
        # "ShuffleNet V2", table 5
        ("shufflenet_v2_x0_5", 1.4, 41),
        ("shufflenet_v2_x1_0", 2.3, 146),
        ("shufflenet_v2_x1_5", 3.5, 299),
        ("shufflenet_v2_x2_0", 7.4, 591),
        # "EfficientNet", table 2; its 4.2 and 9.9 G for B4 and B5 are 5 and 4 percent less than torchvision's
        ("efficientnet_b0", 5.3, 390),
        ("efficientnet_b1", 7.8, 700),
        ("efficientnet_b2", 9.2, 1_000),
        ("efficientnet_b3", 12, 1_800),
        ("efficientnet_b6", 43, 19_000),
        ("efficientnet_b7", 66, 37_000),
        # EfficientNetV2's own repository, google/automl; its paper has 8.8, 24 and 53 G
        ("efficientnet_v2_s", 21.5, 8_400),
        ("efficientnet_v2_m", 54.1, 24_700),
        ("efficientnet_v2_l", 119.5, 56_300),
        # "A ConvNet for the 2020s", table 1
        ("convnext_tiny", 29, 4_500),
        ("convnext_small", 50, 8_700),
        ("convnext_base", 89, 15_400),
        ("convnext_large", 198, 34_400),
    ],
)
def test_authors_print_the_same_within_a_fortieth(name: str, params: float, macs: float) -> None:
    assert millions(convcli.profile(name)) == pytest.approx((params, macs), rel=1 / 40)


@pytest.mark.parametrize(
    ("name", "widths", "params", "macs"),
    [
        ("regnet_x_400mf", [32, 64, 160, 384], 5.2, 400),
        ("regnet_y_800mf", [64, 128, 320, 768], 6.3, 800),
        ("regnet_y_8gf", [168, 448, 896, 2016], 39.2, 8_000),
    ],
)
def test_where_torchvision_rounds_differently_the_papers_widths_give_its_figures(
    name: str, widths: list[int], params: float, macs: int
) -> None:
    report = convcli.profile(name, set={"widths": widths})
    assert millions(report) == (pytest.approx(params, abs=0.05), pytest.approx(macs, abs=50))


@pytest.mark.parametrize(("experts", "params", "macs"), [(4, 13.3, 402), (8, 24.0, 413)])
def test_condconv_has_the_figures_of_its_authors(experts: int, params: float, macs: int) -> None:
    """They share one routing among the convolutions of a block, and count 391 M for B0, 5 M more than torch."""
    report, plain = convcli.profile(f"efficientnet_cc_b0_{experts}e"), convcli.profile("efficientnet_b0")
    later = [a for a in report.layers if a.op == "CondConv2d" and ".block.0." not in a.name]
    routing = sum(a.weights["routing.weight"][0] * (a.weights["routing.weight"][1] + 1) for a in later)
    assert round((report.totals.params - routing) / 1e6, 1) == params
    assert round((report.totals.macs - plain.totals.macs) / 1e6) == macs - 391
