"""Which layers of a network are shown as pictures, and whether pictures fit it at all."""

from collections.abc import Sequence

from convcli.budgets.select import matching
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.graph import Graph
from convcli.human import show_shape
from convcli.report import Report
from convcli.rules.catalogue import CONVOLUTIONS, TRANSPOSED

DEEPER = 4
"""Convolutions that are shown beside the first, evenly through depth."""
STATISTICS = "`convcli inspect MODEL` alone shows its statistics"


def expect_pictures(graph: Graph, *, of_images: bool) -> tuple[int, int, int]:
    """Return the channels and the size of the pictures that flow in.

    Raises:
        ConvcliError: what flows in is no picture, or no image has its channels.
    """
    if len(graph.inputs) != 1:
        names = ", ".join(made.name for made in graph.inputs)
        raise _unfit(f"{graph.name} has several inputs, {names}", STATISTICS)
    (made,) = graph.inputs
    shape = made.shape or ()
    if len(shape) != 4 or made.dtype == "int64":
        found = f"{show_shape(shape)}{' of integers' if made.dtype == 'int64' else ''}"
        raise _unfit(f"pictures flow in as N x C x H x W, and {graph.name} takes {found}", STATISTICS)
    channels, height, width = shape[1:]
    if of_images and channels not in (1, 3):
        help = "without `--images`, random pictures of any number of channels are taken"
        raise _unfit(f"an image has 1 or 3 channels, and {graph.name} takes {channels}", help)
    return channels, height, width


def chosen_layers(graph: Graph, report: Report, patterns: Sequence[str], fold: int) -> dict[str, int]:
    """Return the layers that are shown, and into pictures of how many channels each is folded.

    Raises:
        ConvcliError: a pattern matches nothing, or a layer that is named makes no pictures, or none of these channels.
    """
    shapes = {node.name: graph.shape((at, 0)) or () for at, node in enumerate(graph.nodes)}
    if not patterns:
        names = _usual(graph)
        return {name: fold if shapes[name][1] % fold == 0 else 1 for name in names}
    found: dict[str, int] = {}
    for pattern in patterns:
        names = [row.name for row in matching(report, pattern)]
        if not names:
            help = suggestion(pattern, shapes, f"`convcli profile` lists the layers of {graph.name}")
            raise ConvcliError([Diagnostic("CV052", f"`--layers {pattern}` matches no layer", help=help)])
        good = [name for name in names if len(shapes[name]) == 4 and shapes[name][1] % fold == 0]
        if not good:
            raise _unfit(*_why_not(names[0], shapes[names[0]], fold))
        found.update(dict.fromkeys(good, fold))
    return found


def first_convolution(graph: Graph) -> str | None:
    """Return the name of the first convolution over pictures."""
    names = [node.name for node in graph.nodes if node.op.name in CONVOLUTIONS | TRANSPOSED and node.op.axes == 2]
    return names[0] if names else None


def _usual(graph: Graph) -> list[str]:
    """Return the first convolution and some more through depth; of a network without any, its first layers."""
    four = [(node.name, node.op) for at, node in enumerate(graph.nodes) if len(graph.shape((at, 0)) or ()) == 4]
    names = [name for name, op in four if op.name in CONVOLUTIONS | TRANSPOSED] or [name for name, _ in four]
    last = len(names) - 1
    return list(dict.fromkeys(names[round(last * at / DEEPER)] for at in range(DEEPER + 1))) if names else []


def _why_not(name: str, shape: tuple[int, ...], fold: int) -> tuple[str, str]:
    if len(shape) != 4:
        return f"`{name}` makes {show_shape(shape)}, and pictures are N x C x H x W", "name another layer"
    return f"the {shape[1]} channels of `{name}` do not fold into pictures of {fold}", "write `--fold 1`"


def _unfit(message: str, help: str) -> ConvcliError:
    return ConvcliError([Diagnostic("CV050", message, help=help)])
