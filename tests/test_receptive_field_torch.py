"""Receptive fields against torch: where the matrix of a random linear graph is not 0.

Every unit of every tensor: the hull of what it depends on, against the families for units away
from padding, against the sets of `units` for some units anywhere, and the other way round for one
position of the input.
"""

import itertools
import os
import random
from typing import Any

import pytest

pytest.importorskip("torch")

from hypothesis import given, settings
from hypothesis import strategies as st
from linear_graphs import LinearGraph

from convcli import api
from convcli.bench.boxes import Hull, fits
from convcli.blocks import Network
from convcli.graph import Graph, Result
from convcli.readers.network_file import read_network
from convcli.receptive_field.units import Seen, input_of, is_clear, units_of
from convcli.receptive_field.walk import Field, Walk
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.source import Source

MANY = 6 if os.environ.get("HYPOTHESIS_PROFILE") == "search" else 1


def graph_of(text: str) -> Graph:
    network: Network = read_network(Source("net.yaml", text))
    graph, findings = resolve(network, Given())
    assert findings == ()
    return graph


@settings(max_examples=150 * MANY)
@given(seed=st.integers(0, 2**32), axes=st.sampled_from([1, 2]))
def test_every_unit_depends_on_what_torch_says(seed: int, axes: int) -> None:
    drawn = LinearGraph(seed, axes)
    if drawn.steps:
        count = judge(drawn, random.Random(seed))
        assert count["lost"] == 0 or "transpose" in drawn.yaml() or "flip" in drawn.yaml()


def judge(drawn: LinearGraph, chance: random.Random) -> dict[str, int]:
    """Compare all tensors of a graph; return how many units of each kind were compared."""
    graph = graph_of(drawn.yaml())
    walk = Walk(graph, 0)
    walk.each()
    touched: dict[Result, list[list[bool]]] = {}
    count = {"interior": 0, "single": 0, "lost": 0}
    last = {node.name.partition(".")[0]: at for at, node in enumerate(graph.nodes)}
    for number, matrix in enumerate(drawn.matrices()[1:], 1):
        tensor = (last[f"t{number}"], 0)
        field = walk.field(tensor)
        assert field is not None
        if any(along.lost for along in field.axes):
            count["lost"] += 1
            continue
        place = [next(d for d, parts in enumerate(field.layout.dims) if parts and parts[0][0] == a) - 2 for a in
                 range(drawn.axes)]  # fmt: skip
        padding = touches_padding(walk, tensor, touched)
        units = list(itertools.product(*map(range, drawn.sizes[number])))
        chance.shuffle(units)
        for rank, at in enumerate(units):
            unit = tuple(at[dim] for dim in place)
            true = hull(matrix[(..., *at)])
            clear = not any(rows[one] for rows, one in zip(padding, unit, strict=True))
            if clear:
                assert fits(true, family_hull(field, unit), loose=field.loose), (drawn.yaml(), number, at)
                count["interior"] += 1
            if rank < 10:
                assert clear == is_clear(walk, tensor, unit), (drawn.yaml(), number, at)
                assert true == ends(input_of(walk, tensor, unit, whole=False)), (drawn.yaml(), number, at)
                count["single"] += 1
        position = tuple(chance.randrange(size) for size in drawn.sizes[0])
        seen = ends(units_of(walk, position, whole=False)[tensor])
        there = seen and tuple(seen[place.index(dim)] for dim in range(drawn.axes))
        assert hull(matrix[position]) == there, (drawn.yaml(), number, position)
    return count


def hull(matrix: Any) -> Hull:
    places = matrix.nonzero()
    return tuple((int(one.min()), int(one.max())) for one in places.T) if len(places) else None


def ends(seen: Seen) -> Hull:
    return seen.intervals and tuple(one[:2] for one in seen.intervals if one)


def family_hull(field: Field, unit: tuple[int, ...]) -> Hull:
    """Return what the families say of a unit."""
    found = []
    for along, at in zip(field.axes, unit, strict=True):
        pairs = [pair for pair in (units.interval(at) for units in along.units) if pair[0] is not None]
        if not pairs:
            return None
        found.append((min(low for low, _ in pairs), max(high for _, high in pairs)))
    return tuple(found)


def touches_padding(walk: Walk, tensor: Result, known: dict[Result, list[list[bool]]]) -> list[list[bool]]:
    """Return for each axis and unit whether some tap of its cone falls on the padding of some tensor."""
    if tensor[0] < 0:
        return [[False] * axis.size for axis in walk.axes]
    if tensor not in known:
        node = walk.graph.nodes[tensor[0]]
        plan = walk.plan(node, tensor[1], [walk.field(source) for source in node.inputs])
        rows = [[False] * units for units in walk.field(tensor).layout.units]
        for at, moves in plan.readings:
            before = touches_padding(walk, node.inputs[at], known)
            for axis, move in enumerate(moves):
                for unit in range(len(rows[axis])):
                    turn, row = divmod(unit, move.window.period)
                    base, step, taps = move.window.taps[row]
                    reads = (base + move.window.shift * turn + step * tap for tap in range(taps))
                    rows[axis][unit] |= any(not 0 <= read < move.size or before[axis][read] for read in reads)
        known[tensor] = rows
    return known[tensor]


def test_the_judge_finds_a_wrong_window(monkeypatch: pytest.MonkeyPatch) -> None:
    from convcli.ops import convolution

    right = convolution.sliding
    monkeypatch.setattr(convolution, "sliding", lambda k, s, p, d, b: right(k, s, p, d + 1, b))
    with pytest.raises(AssertionError):
        [judge(LinearGraph(seed, 1), random.Random(seed)) for seed in range(40)]


PUBLISHED = {"alexnet": 195, "vgg16": 212, "resnet18": 435, "resnet50": 427, "resnet101": 971, "resnet152": 1451}
"""The last local receptive field; of ResNets that of torchvision's variant, with its stride in the 3x3 convolution.

VGG-16 and AlexNet: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019. The others follow from the papers' tables.
"""


@pytest.mark.parametrize(("name", "size"), PUBLISHED.items())
def test_published_receptive_fields(name: str, size: int) -> None:
    fields = [layer.receptive_field for layer in api.profile(name).layers]
    assert [field.size for field in fields if field and field.size][-1] == (size, size)
