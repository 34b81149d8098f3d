"""The catalogue of rules, in the order of their codes. A new rule is a file of this folder, and an entry here.

A rule's file has two functions:

    find(case)         gives each place at fault: a node of the graph, and what was found there
    say(case, places)  returns what is said of places that stand on one line of a file

Files are imported only for networks that have an operator which can be at fault at all, so that a
network to which nothing can be said costs next to nothing.
"""

from collections.abc import Callable
from typing import Any

from convcli.diagnostics import WARNING
from convcli.record import Record


def _always(_: Any) -> bool:
    return True


class Rule(Record):
    """A rule.

    Attributes:
        code: as messages show it.
        slug: its name, as people write it; also its section in `docs/rules.md`.
        level: how bad it is, unless somebody says otherwise.
        title: what is wrong, in a few words.
        file: the file of this folder that has it.
        ops: the names of the operators that can be at fault; empty where any can.
        when: whether an operator of that name can be, by its arguments.
    """

    code: str
    slug: str
    level: str
    title: str
    file: str
    ops: frozenset[str] = frozenset()
    when: Callable[[Any], bool] = _always


def _each_axis(*families: str) -> str:
    return " ".join(f"{family}{axes}d" for family in families for axes in (1, 2, 3))


CONVOLUTIONS = frozenset(_each_axis("Conv").split())
TRANSPOSED = frozenset(_each_axis("ConvTranspose").split())
POOLS = frozenset(_each_axis("MaxPool", "AvgPool", "LPPool", "max_pool", "avg_pool", "lp_pool").split())


BIASED = CONVOLUTIONS | TRANSPOSED | {"Linear"}
NORMS = frozenset(
    (
        *_each_axis("BatchNorm", "InstanceNorm").split(),
        *("SyncBatchNorm", "GroupNorm", "LayerNorm", "LayerNorm2d"),
        *("batch_norm", "instance_norm", "group_norm", "layer_norm"),
    )
)
"""Those that subtract a mean."""
SHIFTING = frozenset({"slice", "narrow", "roll", "flip"})
"""Operators that take a tensor's units from elsewhere because somebody wanted it so."""
PADS = frozenset(_each_axis("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad").split())
ADAPTIVE = frozenset(_each_axis("AdaptiveAvgPool", "AdaptiveMaxPool", "adaptive_avg_pool", "adaptive_max_pool").split())
MOVING = (
    CONVOLUTIONS | TRANSPOSED | POOLS | PADS | ADAPTIVE | SHIFTING
    | {"pad", "center_crop", "Unfold", "unfold", "Fold", "fold", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"}
    | {"PixelShuffle", "PixelUnshuffle", "pixel_shuffle", "pixel_unshuffle", "CondConv2d"}
    | {"reshape", "view", "Unflatten", "unflatten"}
)  # fmt: skip
"""Operators that can move the middle of what a unit sees, or change how far apart units are."""
IDEMPOTENT = frozenset({"ReLU", "ReLU6", "Hardtanh", "relu", "relu6", "hardtanh", "abs"})
"""Activations that change nothing of what they have made."""


def _strides(op: Any) -> bool:
    """Say whether a window moves by more than one."""
    steps = op.steps() if hasattr(op, "steps") else op.stride
    return any(step != 1 for step in steps)


def _moves(op: Any) -> bool:
    """Say whether the middle of what a unit sees moves; windows with equal padding on both sides keep it."""
    if op.name in ADAPTIVE:
        return any(size != 1 for size in op.output_size)
    if op.name not in CONVOLUTIONS and op.name not in POOLS:
        return True
    kernel = op.kernel() if op.name in POOLS else op.kernel_size
    dilation = op.dilations() if op.name in POOLS else op.dilation
    pads = [pad if isinstance(pad, tuple) else (pad, pad) for pad in op.pads()]
    return any(2 * before != step * (size - 1) for (before, _), step, size in zip(pads, dilation, kernel, strict=True))


def _dilates(op: Any) -> bool:
    return any(step != 1 for step in op.dilation)


def _has_bias(op: Any) -> bool:
    return bool(op.bias)


def _pads(op: Any) -> bool:
    return isinstance(op.padding, str) or any(op.padding)


RULES: tuple[Rule, ...] = (
    Rule(
        "CV301", "dropped-pixels", WARNING, "Rows or columns of the input are dropped", "dropped_pixels",
        CONVOLUTIONS | POOLS | {"Unfold", "unfold"}, _strides,
    ),
    Rule(
        "CV302", "misaligned-branches", WARNING, "Branches meet that look at different places", "misaligned_branches",
        MOVING, _moves,
    ),
    Rule("CV303", "gridding", WARNING, "Dilated convolutions leave holes", "gridding", CONVOLUTIONS, _dilates),
    Rule(
        "CV304", "bias-before-norm", WARNING, "A bias in front of a normalisation does nothing", "bias_before_norm",
        BIASED, _has_bias,
    ),
    Rule("CV305", "dead-layer", WARNING, "A layer is computed for nothing", "dead_layer"),
    Rule(
        "CV306", "checkerboard", WARNING, "A transposed convolution covers its output unevenly", "checkerboard",
        TRANSPOSED, _strides,
    ),
    Rule("CV307", "padded-kernel", WARNING, "A kernel lies on padding", "padded_kernel", CONVOLUTIONS, _pads),
    Rule(
        "CV308", "repeated-activation", WARNING, "An activation follows itself", "repeated_activation", IDEMPOTENT,
    ),
)  # fmt: skip
