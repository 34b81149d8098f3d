"""Bundled networks against figures that papers and authors give, where torchvision has none or counts otherwise."""

import convcli


def test_a_se_resnet_adds_what_its_paper_computes() -> None:
    plain, gated = convcli.profile("resnet50").totals, convcli.profile("se_resnet50").totals
    stages = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    weights = sum(2 * depth * channels**2 // 16 for depth, channels in stages)  # equation 5
    biases = sum(depth * (channels + channels // 16) for depth, channels in stages)
    assert gated.params - plain.params == weights + biases
    assert gated.macs - plain.macs == weights
