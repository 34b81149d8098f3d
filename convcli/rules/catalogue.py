"""The catalogue of rules, in the order of their codes. A new rule is a file of this folder, and an entry here.

A rule's file has two functions:

    find(case)         gives each place at fault: a node of the graph, and what was found there
    say(case, places)  returns what is said of places that stand on one line of a file

A file is imported only for a network that has something to look at closely (`when`), so that a network
against which nothing is to be said costs next to nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from convcli.op import Operator
from convcli.quantity import is_known
from convcli.record import Record
from convcli.rules.case import Case

WARN, OFF = "warn", "off"
"""Levels of rules; one that is off is not looked at."""


class Rule(Record):
    """A rule.

    Attributes:
        code: as messages show it.
        slug: its name, as people write it; also its section in `docs/rules.md`.
        level: "error", "warn" or "off", unless somebody says otherwise.
        title: what is wrong, in a few words.
        file: the file of this folder that has it.
        ops: the names of the operators that can be at fault; empty where that is no matter of operators.
        when: whether the layers of one kind, by their places, have to be looked at closely.
    """

    code: str
    slug: str
    level: str
    title: str
    file: str
    ops: frozenset[str]
    when: Callable[[Case, Sequence[int]], bool]


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


DILATED_POOLS = frozenset(_each_axis("MaxPool", "max_pool").split())
PRODUCTS = CONVOLUTIONS | TRANSPOSED | {"Linear"}
MULTIPLE = 8
"""Channels of which tensor cores make the best of numbers of 16 bits."""


def windows(op: Any) -> Iterator[tuple[int, int, int, int]]:
    """Give kernel, stride, padding in front and dilation of a convolution or a pool, for each axis."""
    if op.name in POOLS:
        return zip(op.kernel(), op.steps(), op.pads(), op.dilations(), strict=True)
    pads = [before for before, _ in op.pads()] if op.name in CONVOLUTIONS else op.padding
    return zip(op.kernel_size, op.stride, pads, op.dilation, strict=True)


def _leaves_a_rest(case: Case, places: Sequence[int]) -> bool:
    """Say whether a window moves by more than one, and does not end where the input does."""
    node = case.graph.nodes[places[0]]
    op: Any = node.op
    if all(step == 1 for step in (op.steps() if op.name in POOLS else op.stride)):
        return False
    sizes = (node.input_shapes[0] or ())[-op.axes :]
    return any(
        step != 1 and (dilation != 1 or (size + 2 * pad - kernel) % step > pad + max(0, step - kernel))
        for size, (kernel, step, pad, dilation) in zip(sizes, windows(op), strict=False)
    )


def _moves(case: Case, places: Sequence[int]) -> bool:
    """Say whether the middle of what a unit sees moves; windows with equal padding on both sides keep it."""
    op: Any = case.graph.nodes[places[0]].op
    if op.name in ADAPTIVE:
        return any(size != 1 for size in op.output_size)
    if op.name not in CONVOLUTIONS and op.name not in POOLS:
        return True
    return any(2 * pad != dilation * (kernel - 1) for kernel, _, pad, dilation in windows(op))


def _dilates(case: Case, places: Sequence[int]) -> bool:
    op: Any = case.graph.nodes[places[0]].op
    return any(step != 1 for step in (op.dilations() if op.name in POOLS else op.dilation))


def _follows_a_bias(case: Case, places: Sequence[int]) -> bool:
    return any(op.values.get("bias") for op in _before(case, places))


def _is_unread(case: Case, _: Sequence[int]) -> bool:
    """Say whether there are layers that nobody reads, and that are no output; not where what comes behind may."""
    if not case.graph.whole:
        return False
    read = {maker for node in case.graph.nodes for maker, _ in node.inputs}
    read.update(maker for maker, _ in case.graph.outputs)
    return len(read) - sum(maker < 0 for maker in read) < len(case.graph.nodes)


def _is_uneven(case: Case, places: Sequence[int]) -> bool:
    """Say whether a kernel is no multiple of its stride."""
    op: Any = case.graph.nodes[places[0]].op
    axes = zip(op.kernel_size, op.stride, op.dilation, strict=True)
    return any(step != 1 and (kernel % step or dilation != 1) for kernel, step, dilation in axes)


def _is_large(case: Case, places: Sequence[int]) -> bool:
    """Say whether a padded kernel does not fit into its input, with a step to spare."""
    node = case.graph.nodes[places[0]]
    op: Any = node.op
    if op.padding == "valid" or (not isinstance(op.padding, str) and not any(op.padding)) or not node.input_shapes[0]:
        return False
    sizes = node.input_shapes[0][-op.axes :]
    return min(sizes) <= max(op.dilation) * (max(op.kernel_size) - 1) + max(op.stride) and all(map(is_known, sizes))


def _follows_itself(case: Case, places: Sequence[int]) -> bool:
    return any(op.name in IDEMPOTENT for op in _before(case, places))


def _before(case: Case, places: Sequence[int]) -> list[Operator]:
    """Return what makes the first tensors that layers read; an input of the network is made by none."""
    nodes = case.graph.nodes
    makers = (nodes[at].inputs[0][0] for at in places)
    return [nodes[maker].op for maker in makers if maker >= 0]


def _skips(case: Case, places: Sequence[int]) -> bool:
    """Say whether a window of one position moves by more than one."""
    axes = tuple(windows(case.graph.nodes[places[0]].op))
    return all(kernel == 1 for kernel, *_ in axes) and any(step > 1 for _, step, *_ in axes)


def _is_odd(case: Case, places: Sequence[int]) -> bool:
    """Say whether one of a layer's numbers of channels does not divide by `MULTIPLE`."""
    weight = next(iter(case.graph.nodes[places[0]].op.weights().values()))
    return any(channels % MULTIPLE for channels in weight[:2])


def widens(case: Case, places: Sequence[int]) -> bool:
    """Say whether a convolution reads more than one position."""
    op: Any = case.graph.nodes[places[0]].op
    return any(kernel != 1 for kernel in op.kernel_size)


def _states(case: Case, _: Sequence[int]) -> bool:
    """Say whether there are comments that may state something of the network as it is."""
    return case.written is not None and case.written.untouched and bool(case.written.stating())


def _has_ignores(case: Case, _: Sequence[int]) -> bool:
    return case.ignores is not None


RULES: tuple[Rule, ...] = (
    Rule(
        "CV301", "dropped-pixels", WARN, "Rows or columns of the input are dropped", "dropped_pixels",
        CONVOLUTIONS | POOLS | {"Unfold", "unfold"}, _leaves_a_rest,
    ),
    Rule(
        "CV302", "misaligned-branches", WARN, "Branches meet that look at different places", "misaligned_branches",
        MOVING, _moves,
    ),
    Rule("CV303", "gridding", WARN, "Dilated convolutions leave holes", "gridding", CONVOLUTIONS, _dilates),
    Rule(
        "CV304", "bias-before-norm", WARN, "A bias in front of a normalisation does nothing", "bias_before_norm",
        NORMS, _follows_a_bias,
    ),
    Rule("CV305", "dead-layer", WARN, "A layer is computed for nothing", "dead_layer", frozenset(), _is_unread),
    Rule(
        "CV306", "checkerboard", WARN, "A transposed convolution covers its output unevenly", "checkerboard",
        TRANSPOSED, _is_uneven,
    ),
    Rule("CV307", "padded-kernel", WARN, "A kernel lies on padding", "padded_kernel", CONVOLUTIONS, _is_large),
    Rule(
        "CV308", "repeated-activation", WARN, "An activation follows itself", "repeated_activation", IDEMPOTENT,
        _follows_itself,
    ),
    Rule(
        "CV309", "idle-dilation", WARN, "A dilation has no effect", "idle_dilation",
        CONVOLUTIONS | TRANSPOSED | DILATED_POOLS, _dilates,
    ),
    Rule(
        "CV310", "strided-1x1", OFF, "A window of 1 with a stride reads a part of its input", "strided_1x1",
        CONVOLUTIONS | POOLS, _skips,
    ),
    Rule(
        "CV311", "tensor-cores", OFF, "Channels do not fit tensor cores", "tensor_cores", PRODUCTS, _is_odd,
    ),
    Rule(
        "CV312", "unproductive-layer", OFF, "A layer sees nothing that was not seen before it", "unproductive_layer",
        CONVOLUTIONS, widens,
    ),
    Rule(
        "CV313", "wrong-comment", WARN, "A comment states another size or another number", "wrong_comment",
        frozenset(), _states,
    ),
    Rule(
        "CV314", "wrong-ignore", WARN, "A comment silences nothing", "wrong_ignore", frozenset(), _has_ignores,
    ),  # the last, since it looks at what the others have left unused
)  # fmt: skip

CODES = {name: rule.code for rule in RULES for name in (rule.slug, rule.code)}
"""The codes of rules by what people call them."""

OF_A_RUN = {"slow-layout": "CV510", "CV510": "CV510"}
"""The same for what only a run can find, and comments can silence."""
