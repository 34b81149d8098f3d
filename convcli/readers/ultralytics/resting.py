"""Weights that a head has, and that no image runs through: they are trained with it, and count as parameters.

YOLOE (Wang et al., 2025) has two encoders of prompts: one works what a text means over, once for a vocabulary, the
other looks at what somebody has marked. YOLO26's poses have a normalizing flow (Dinh et al., "Density estimation using
Real NVP", 2017) that only the loss runs.
"""

from collections.abc import Callable
from functools import partial

from convcli.layer import syntax
from convcli.layer.syntax import At, Attribute, Expression, Name
from convcli.ops.held import Held, held
from convcli.quantity import Shape

Weights = dict[str, Shape]
MASK = 16
"""Channels that the visual prompt's mask is made to."""
FLOW, WIDTH = 6, 64
"""Steps of the flow, and the width of what each has."""


class Parts:
    """Weights and buffers of modules by name."""

    def __init__(self) -> None:
        self.weights: Weights = {}
        self.buffers: Weights = {}

    def plain(self, name: str, inputs: int, outputs: int, *kernel: int) -> None:
        """Add a convolution or a linear layer, with its bias."""
        self.weights |= {f"{name}.weight": (outputs, inputs, *kernel), f"{name}.bias": (outputs,)}

    def conv(self, name: str, inputs: int, outputs: int, kernel: int) -> None:
        """Add a convolution with a batch norm behind."""
        self.weights[f"{name}.conv.weight"] = (outputs, inputs, kernel, kernel)
        self.weights |= {f"{name}.bn.weight": (outputs,), f"{name}.bn.bias": (outputs,)}
        self.buffers |= {f"{name}.bn.running_mean": (outputs,), f"{name}.bn.running_var": (outputs,)}
        self.buffers[f"{name}.bn.num_batches_tracked"] = ()

    def held(self) -> Held:
        """Return them as a layer."""
        return held("Unused", next(iter(self.weights.values())), "float32", self.weights, self.buffers)


def text_prompts(text: Shape, *_: Shape) -> Held:
    """`reprta`: a gated feed-forward layer over what a text means."""
    parts, embed = Parts(), text[2]
    parts.plain("m.w12", embed, 4 * embed)
    parts.plain("m.w3", 2 * embed, embed)
    return parts.held()


def visual_prompts(text: Shape, *levels: Shape) -> Held:
    """`savpe`: what is at the marked places of all levels, and how much of it."""
    parts, embed = Parts(), text[2]
    c = max(levels[0][1], min(text[1], 100))
    for at, level in enumerate(levels):
        parts.conv(f"cv1.{at}.0", level[1], c, 3)
        parts.conv(f"cv1.{at}.1", c, c, 3)
        parts.conv(f"cv2.{at}.0", level[1], c, 1)
    joined = c * len(levels)
    parts.plain("cv3", joined, embed, 1, 1)
    parts.plain("cv4", joined, MASK, 3, 3)
    parts.plain("cv5", 1, MASK, 3, 3)
    parts.conv("cv6.0", 2 * MASK, MASK, 3)
    parts.plain("cv6.1", MASK, MASK, 3, 3)
    return parts.held()


def class_map(text: Shape, features: Shape, level: Shape, *_: Shape) -> Held:
    """`proto.semseg`: the map of classes, which YOLOE has and leaves out in training too."""
    parts, c = Parts(), features[1]
    parts.conv("0", level[1], c, 3)
    parts.conv("1", c, c, 3)
    parts.plain("2", c, text[1], 1, 1)
    return parts.held()


def flow(*_: Shape) -> Held:
    """`flow_model`: the scale and the shift of each step, of points in two dimensions."""
    parts = Parts()
    for step in range(FLOW):
        for part in ("s", "t"):
            for at, (inputs, outputs) in enumerate(((2, WIDTH), (WIDTH, WIDTH), (WIDTH, 2))):
                parts.plain(f"{part}.{step}.{2 * at}", inputs, outputs)
    return parts.held()


RESTING: dict[str, dict[str, Callable[..., Held]]] = {
    "Pose26": {"flow_model": flow},
    "YOLOEDetect": {"reprta": text_prompts, "savpe": visual_prompts},
    "YOLOESegment": {"reprta": text_prompts, "savpe": visual_prompts},
    "YOLOESegment26": {"reprta": text_prompts, "savpe": visual_prompts, "proto.semseg": class_map},
}
"""What each head has of them, by its name in the head."""


def resting(
    module: str, whole: Name, text: Expression | None, levels: tuple[Expression, ...]
) -> list[tuple[str, Expression]]:
    """Return the weights of a head that no image runs through as layers, with their names."""
    return [(f"{whole.name}.{part}", _layer(make, whole, text, levels)) for part, make in RESTING[module].items()]


def _layer(
    make: Callable[..., Held], whole: Name, text: Expression | None, levels: tuple[Expression, ...]
) -> Expression:
    at = whole.at
    texts = () if text is None else (text,)
    fused = (Attribute(Attribute(whole, "proto", at), "feat_fuse", at),) if make is class_map else ()
    return syntax.Fitted((*texts, *fused, *levels), partial(in_place, make, at), at)


def in_place(make: Callable[..., Held], at: At, *shapes: Shape) -> Expression:
    """Return a layer that takes nothing of the tensors whose sizes made it."""
    made = make(*shapes)
    return syntax.Fitted((), lambda: made, at)
