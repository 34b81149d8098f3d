"""One operator of torch, some elements of its inputs moved: which elements of its results move with them.

The operator is torch's own, with positive weights, so that no two paths cancel. Its inputs are random
numbers below 1, and what moves goes past 1, so that a maximum follows each of them. An operator for which
channels do not matter has one. Activations, dropout and normalisations pass their input on: they work
place by place, a rectifier would stop what is below 0, and statistics count as constants.
"""

from collections.abc import Sequence
from typing import Any

from convcli.bench.plan import flat
from convcli.bench.supports import folded
from convcli.function import Function
from convcli.graph import Node
from convcli.op import Operator
from convcli.ops.catalogue import family, operator
from convcli.ops.opaque import Opaque
from convcli.receptive_field.layout import Layout

PASSING = {
    "activation", "activation_smooth", "dropout", "normalization", "group_normalization", "local_normalization",
    "normalization_functions",
}  # fmt: skip
"""Families whose results follow their first input place by place."""
ONE_CHANNEL = {
    "convolution", "dynamic", "pooling", "power_pooling", "adaptive_pooling", "padding", "resize", "arithmetic",
    "linear", "attention", "slicing",
}  # fmt: skip
"""Families that can be asked with one channel."""
JOINING = {"cat", "stack"}
"""Functions that can, too."""
CHANNELS = ("in_channels", "out_channels", "groups")
FALLING = {"minimum", "amin", "argmin", "Softmin", "softmin"}
"""What follows an element only downwards."""
WITHOUT_GATE = {"CondConv2d": "Conv2d"}
"""Operators that work with a window beside a global path, and what they are without it."""
LEAST = 1e-9
"""What changes by less is rounding."""
AT_ONCE = 1 << 22
"""The elements that are computed at once."""
MOST = 1 << 28
"""The elements that are computed for one operator."""

Shape = tuple[int, ...]


class TooDear(Exception):
    """An operator that would take too long."""


class Mover:
    """Moves the inputs of operators; each is built once."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.built: dict[Operator, Any] = {}

    def moved(
        self, node: Node, supports: Sequence[Any], shapes: Sequence[Shape], layouts: Sequence[Layout | None]
    ) -> list[Any]:
        """Return the support of each result, folded by its layout; None where it has none.

        Args:
            node: the operator at its place.
            supports: for each input what moves, None where it rests.
            shapes: the shape of each input.
            layouts: that of each result.

        Raises:
            TooDear: it would take too long.
        """
        if passes(node):
            return [supports[0]] * len(layouts)
        if family(node.op.name) in ONE_CHANNEL or node.op.name in JOINING:
            resting = [(1,) * len(shape) for shape in shapes]
            small = [rest if one is None else tuple(one.shape[1:]) for one, rest in zip(supports, resting, strict=True)]
            try:
                made = self._moved(node, _with_one_channel(node.op, small), supports, small, layouts)
            except (RuntimeError, IndexError):  # torch: the sizes do not fit without all channels
                made = None
            if made is not None and all(map(_fits, made, layouts)):
                return made
        return self._moved(node, _with_rows(node.op), supports, shapes, layouts)

    def _moved(
        self, node: Node, op: Operator, supports: Sequence[Any], shapes: Sequence[Shape], layouts: Sequence[Any]
    ) -> list[Any]:
        torch, floats = self.torch, self.torch.float64
        moving = [at for at, one in enumerate(supports) if one is not None]
        count = len(supports[moving[0]])
        resting = []
        for dtype, shape in zip(_dtypes(node), shapes, strict=True):
            numbers = torch.rand(shape, dtype=floats) / 2 + 0.25
            resting.append(torch.zeros(shape, dtype=torch.int64) if dtype == "int64" else numbers)
        towards = -1 if op.name in FALLING else 1
        run = self._runner(op, resting, moving)
        still = run(*(resting[at] for at in moving))
        most = max(one.numel() for one in (*resting, *still))
        if count * most > MOST:
            raise TooDear
        found: list[list[Any]] = [[] for _ in still]
        rows = max(1, AT_ONCE // most)
        pushed = [
            one + (1 if one.dtype == torch.int64 else towards * (torch.rand(one.shape, dtype=floats) + 1))
            for one in resting
        ]
        for start in range(0, count, rows):
            given = [
                torch.where(supports[at][start : start + rows].expand(-1, *shapes[at]), pushed[at], resting[at])
                for at in moving
            ]
            for new, old, layout, parts in zip(self._each(run, given), still, layouts, found, strict=False):
                if layout is not None:
                    parts.append(folded((new.to(floats) - old.to(floats)).abs_() > LEAST, layout))
        return [torch.cat(parts) if parts else None for parts in found]

    def _each(self, run: Any, given: list[Any]) -> Any:
        """Return the results for each row."""
        try:
            return self.torch.vmap(run, randomness="same")(*given)
        except RuntimeError as error:
            if "vmap" not in str(error) and "atching rule" not in str(error):
                raise
        return [self.torch.stack(results) for results in zip(*map(run, *given), strict=True)]

    def _runner(self, op: Operator, resting: list[Any], moving: list[int]) -> Any:
        """Return a function from the tensors that move to all results."""
        call = op.bound(self.torch) if isinstance(op, Function) else op.caller(self._build(op))

        def run(*tensors: Any) -> tuple[Any, ...]:
            inputs = list(resting)
            for at, tensor in zip(moving, tensors, strict=True):
                inputs[at] = tensor
            return tuple(flat(call(*inputs)))

        return run

    def _build(self, op: Operator) -> Any:
        if op not in self.built:
            made = op.build(self.torch.nn, dtype=self.torch.float64).eval().requires_grad_(False)
            for weight in made.parameters():
                weight.abs_().add_(0.1)
            self.built[op] = made
        return self.built[op]


def passes(node: Node) -> bool:
    """Say whether the result of a layer follows its first input place by place."""
    if isinstance(node.op, Opaque):
        return node.op.alike and len(node.inputs) == 1
    return family(node.op.name) in PASSING


def fades(node: Node) -> bool:
    """Say whether a layer goes step by step, so that what is far away changes too little to be seen."""
    return not isinstance(node.op, Opaque) and family(node.op.name) == "recurrent"


def without_gate(node: Node) -> Node | None:
    """Return a layer without its global path, None where it cannot be taken away."""
    name = WITHOUT_GATE.get(node.op.name)
    if name is None:
        return None
    cls = operator(name)
    return node._replace(op=cls.of(**{key: value for key, value in node.op.values.items() if key in cls.arguments}))


def _with_rows(op: Operator) -> Operator:
    """Return a table of at least two rows, so that an index can move; no other kind of operator changes."""
    if "num_embeddings" not in op.arguments:
        return op
    rows = max(2, op.values["num_embeddings"])
    return type(op).of(**{**op.values, "num_embeddings": rows, "max_norm": None})


def _with_one_channel(op: Operator, shapes: Sequence[Shape]) -> Operator:
    if op.name == "Linear":
        return type(op).of(**{**op.values, "in_features": shapes[0][-1], "out_features": 1})
    if isinstance(op, Function) or CHANNELS[0] not in op.arguments:
        return op
    return type(op).of(**{**op.values, **dict.fromkeys(CHANNELS, 1)})


def _fits(support: Any, layout: Layout | None) -> bool:
    """Say whether a result has the places that its layout says."""
    if layout is None or support is None:
        return True
    sizes = [1 if not parts else _size(tuple(size for _, size, _ in parts)) for parts in layout.dims]
    return list(support.shape[1:]) == sizes


def _dtypes(node: Node) -> list[str]:
    return ["int64" if node.op.takes == "integer" else "float32"] * len(node.inputs)


def _size(shape: Shape) -> int:
    size = 1
    for one in shape:
        size *= one
    return size
