"""What to say where branches of different sizes meet: each branch, its stride, and input sizes that work.

Nothing here knows an operator: the same network is resolved again at other input sizes. How fast
a branch grows with the input is its stride, and a size at which the complaint is gone is a remedy.
"""

from fractions import Fraction
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic, Related
from convcli.human import show_shape
from convcli.quantity import Shape
from convcli.resolve.divided import divided
from convcli.resolve.values import Tensor
from convcli.source import Span

STEP = 2520 * 16
"""A growth of the input that all usual strides divide, so that no rounding blurs the ratio."""

ELEMENTWISE = ("add", "sub", "mul", "div", "maximum", "minimum")
"""Functions that work on two tensors where a merge, or a sum, may have more."""

FARTHEST = 64
NODES = 20_000
"""How far to look for sizes, and how many nodes to resolve on the way at most."""


def advise(resolver: Any, found: Diagnostic, tensors: list[Tensor]) -> Diagnostic:
    """Add to a complaint about sizes that disagree where each branch comes from, and nearby sizes that agree.

    `resolver` is in the middle of its work; a fresh one of the same kind does each trial.
    """
    tensors = _parted(resolver, found, tensors)
    shapes = [resolver.shape(tensor) for tensor in tensors]
    sizes = {made.name: made.shape for made in resolver.inputs}
    if len(set(map(len, shapes))) != 1 or len(shapes[0]) < 3 or None in sizes.values():
        return found
    axes = [axis for axis in range(2, len(shapes[0])) if len({shape[axis] for shape in shapes}) > 1]
    if any(axis >= len(shape) for axis in axes for shape in sizes.values()):
        return found  # an axis that was made on the way is none of the input's
    strides = [_stride(resolver, sizes, tensor, axes) for tensor in tensors]
    related = tuple(_branch(resolver, *pair) for pair in zip(tensors, shapes, strides, strict=True))
    tries = min(FARTHEST, NODES // (2 * max(1, len(resolver.nodes))))
    better = divided(resolver, sizes, axes) or _better_sizes(resolver, sizes, found, axes, tries)
    better = better or _never(shapes, strides, axes, tries)
    return found._replace(related=related, help=better or found.help, label="")


def _parted(resolver: Any, found: Diagnostic, tensors: list[Tensor]) -> list[Tensor]:
    """Return the tensors themselves where the first of them have met already, in the same sum or merge."""
    parts: dict[Any, Tensor] = {}
    for tensor in tensors:
        node = resolver.nodes[tensor.result[0]] if tensor.result[0] >= 0 else None
        met = node is not None and node.op.name in ELEMENTWISE and _within(node.span, found.span)
        inner = [Tensor(*one) for one in zip(node.inputs, node.input_shapes, strict=True)] if node and met else []
        for one in _parted(resolver, found, inner) if met else [tensor]:
            parts[one.result] = one
    return list(parts.values())


def _within(inner: Span | None, outer: Span | None) -> bool:
    if inner is None or outer is None:
        return False
    return inner.source is outer.source and outer.start <= inner.start <= inner.end <= outer.end


def _never(shapes: list[Any], strides: list[str], axes: list[int], tries: int) -> str:
    """Say why no input size makes the branches agree, if those that were tried prove it."""
    if "" in strides:
        return ""
    if len(set(strides)) > 1:
        return "no input size makes them agree; give the branches the same stride"
    if tries < FARTHEST:  # strides on the way, of which there is nothing left, could still round to one size
        return ""
    apart = {max(sizes) - min(sizes) for sizes in ([shape[axis] for shape in shapes] for axis in axes)}
    return (
        f"no input size makes them agree, they always differ by {' and '.join(map(str, sorted(apart)))}:\n"
        "a kernel of 3 keeps the size with `padding=1`, one of 5 with `padding=2`"
    )


def _branch(resolver: Any, tensor: Tensor, shape: Shape, stride: str) -> Related:
    index = tensor.result[0]
    node = resolver.nodes[index] if index >= 0 else None
    name = node.name if node else resolver.inputs[-1 - index].name
    grown = f", stride {stride} from the input" if stride else ""
    return Related(node.span if node else None, f"`{name}` is {show_shape(shape)}{grown}")


def _again(resolver: Any, sizes: dict[str, Shape]) -> Any:
    """Resolve the same network at other sizes, for what can be seen on the way."""
    trial = type(resolver)(resolver.network, resolver.variables, resolver.max_layers)
    trial.advising = True
    try:
        trial.work_through(resolver.given._replace(sizes=sizes, batched=True, batch=None))
    except ConvcliError as error:
        trial.complain(error)
    return trial


def _grown(sizes: dict[str, Shape], axes: list[int], by: int) -> dict[str, Shape]:
    return {
        name: tuple(size + by if axis in axes else size for axis, size in enumerate(shape))
        for name, shape in sizes.items()
    }


def _stride(resolver: Any, sizes: dict[str, Shape], tensor: Tensor, axes: list[int]) -> str:
    """Return how many input positions one position of a branch stands for, empty if that is not known."""
    index, output = tensor.result
    if index < 0:
        return "1"
    trials = [_again(resolver, _grown(sizes, axes, STEP * times)) for times in (1, 2)]
    found = []
    for axis in axes:
        near, far = (_size(trial, resolver.nodes[index].name, output, axis) for trial in trials)
        if near is None or far is None or near == far:
            return ""
        found.append(str(Fraction(STEP, far - near)))
    return found[0] if len(set(found)) == 1 else "x".join(found)


def _size(trial: Any, name: str, output: int, axis: int) -> int | None:
    node = next((node for node in trial.nodes if node.name == name), None)
    if node is None or node.answer is None:
        return None
    shape = node.answer.outputs[output]
    return shape[axis] if axis < len(shape) else None


def _better_sizes(resolver: Any, sizes: dict[str, Shape], found: Diagnostic, axes: list[int], tries: int) -> str:
    """Return the nearest smaller and larger input for which the branches agree."""
    agreeing = []
    for sign in (-1, 1):
        for distance in range(1, tries + 1):
            trial_sizes = _grown(sizes, axes, sign * distance)
            if any(trial_sizes[name][axis] * 2 < sizes[name][axis] for name in sizes for axis in axes):
                break  # small sizes agree by chance, where a 1 is stretched
            if not _complains(_again(resolver, trial_sizes), found):
                agreeing.append(trial_sizes)
                break
    shown = [" and ".join(show_shape(shape[1:]) for shape in one.values()) for one in agreeing]
    return f"the nearest inputs for which they agree: {', '.join(shown)}" if shown else ""


def _complains(trial: Any, found: Diagnostic) -> bool:
    spans = {(d.code, d.span) for d in trial.findings.in_order()}
    inside = found.span is not None and found.span.source is trial.network.library  # shown at another place
    again = any(code == found.code for code, _ in spans) if inside else (found.code, found.span) in spans
    return again or any(code in ("CV220", "CV225") for code, _ in spans)
