"""The bytes that each operator must read and write, against what torch's own calls depend on and leave behind."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import INT, Case, module_cases, placed
from hypothesis import given, settings
from test_memory_operators import BY_HAND, address, theirs
from torch.utils._pytree import tree_leaves

from convcli.diagnostics import Refusal
from convcli.graph import Graph, Input, Node
from convcli.op import Operator, bind
from convcli.ops.catalogue import names, operator
from convcli.quantity import product
from convcli.roofline.traffic import Bytes, traffic

NOT_KNOWN = {"FractionalMaxPool2d", "FractionalMaxPool3d", "fractional_max_pool2d", "fractional_max_pool3d"}
"""Operators that read at random places, and say that they cannot know how much."""

BY_ROWS = {"Embedding", "EmbeddingBag"}
"""Operators that read of their weights what they are asked for."""

FIXED = {"norm_type": 2.0, "training": False, "lower": 0.125, "upper": 0.25}
"""Arguments that are not drawn: other exponents overflow, dropping is random, and a slope of 1 changes nothing."""

APART = {"StochasticDepth", "DropPath", "Parameter"}
"""Operators for which the oracle has something else: they do nothing in evaluation, or make a tensor there."""

MOST = 400
"""Larger inputs are not tried, element by element."""

TRIES = (1.0, -1.0, -8.0, 8.0)
"""What inputs are multiplied by, so that some call depends on what it reads, and changes what it writes over."""


def ours(cls: type[Operator], case: Case) -> Bytes:
    """Return what we say of one call."""
    op = cls.make(bind(cls, (), placed(cls, case.arguments, len(case.inputs))))
    answer = op.answer(case.inputs, case.dtypes())
    inputs = tuple(Input(str(at), *made) for at, made in enumerate(zip(case.inputs, case.dtypes(), strict=True)))
    read = tuple((-1 - at, 0) for at in range(len(inputs)))
    node = Node("0", "0", 1, op, read, case.inputs, answer, None, ())
    outputs = tuple((0, at) for at in range(len(answer.outputs)))
    return traffic(Graph("", "", "", None, 1, inputs, (node,), outputs), "float32")[0]


def once(run: Any, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """Run a call, always with the same random numbers."""
    torch.manual_seed(0)
    with torch.no_grad():
        return [x for x in tree_leaves(run(*inputs)) if isinstance(x, torch.Tensor)]


def elements_read(run: Any, inputs: list[torch.Tensor], at: int, values: tuple[float, ...]) -> int:
    """Return on how many elements of an input the results depend, each replaced by some values by itself."""
    read = set()
    for factor in TRIES[:2]:
        scaled = [x * factor if x.is_floating_point() else x for x in inputs]
        usual = once(run, [x.clone() for x in scaled])
        for element in set(range(inputs[at].numel())) - read:
            for value in values:
                changed = [x.clone() for x in scaled]
                changed[at].view(-1)[element] = value
                if any(not torch.equal(x, y) for x, y in zip(usual, once(run, changed), strict=True)):
                    read.add(element)
                    break
    return len(read)


def written_over(run: Any, inputs: list[torch.Tensor]) -> int:
    """Return the bytes of the inputs that a call writes over."""
    changed: dict[int, int] = {}
    for factor in TRIES:
        given = [x * factor if x.is_floating_point() else x for x in inputs]
        kept = [x.clone() for x in given]
        once(run, given)
        changed |= {
            at: x.numel() * x.element_size()
            for at, (x, y) in enumerate(zip(given, kept, strict=True))
            if not torch.equal(x, y)
        }
    return sum(changed.values())


def places(shape: tuple[int, ...]) -> torch.Tensor:
    """Return the numbers of all positions behind the channels, for each channel."""
    return torch.arange(product(shape[2:])).view(shape[2:]).expand(shape).clone()


def torchs(cls: type[Operator], case: Case) -> Bytes:
    """Return what torch's call depends on, and what it leaves behind."""
    run = theirs(cls, case)
    weights: list[torch.Tensor] = []
    if isinstance(run, torch.nn.Module):
        run = run.eval()
        weights = [*run.parameters(), *(x for x in run.buffers() if x.is_floating_point())]
    torch.manual_seed(1)
    inputs = [
        places(shape) if kind == INT else torch.rand(shape) + 0.5
        for shape, kind in zip(case.inputs, case.dtypes(), strict=True)
    ]
    given = [x.clone() for x in inputs]
    results = once(run, given)
    there = {address(x) for x in (*given, *weights)}
    written = sum(x.numel() * x.element_size() for x in results if address(x) not in there)
    written += written_over(run, inputs)
    if not written:
        return 0, 0
    values = (1e4, -1e4) if cls.skips else (float("nan"), 1e4, -1e4)  # a weight of 0 in resizing is no reading
    read = sum(x.numel() * x.element_size() for x in weights)
    for at, x in enumerate(inputs):
        read += (elements_read(run, inputs, at, values) if x.is_floating_point() else x.numel()) * x.element_size()
    return read, written


def compare(cls: type[Operator], case: Case) -> bool:
    """Assert that both say the same; False where one of them refuses the call, or it is too large."""
    if max(map(product, case.inputs), default=0) > MOST:
        return False
    if cls.name in ("argmax", "argmin") and 1 in case.inputs[0]:  # along one position torch need not look
        return False
    try:
        mine = ours(cls, case)
    except Refusal:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            real = torchs(cls, case)
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError):
        return False
    if cls.skips and case.arguments.get("scale_factor") is not None:  # torch's kernels take two ways there
        return bool(mine)
    if mine is None:
        assert cls.skips
        return False
    assert mine == real
    return True


DRAWN = [name for name in names() if name not in {*BY_HAND, *BY_ROWS, *NOT_KNOWN}]


@pytest.mark.parametrize("name", DRAWN)
def test_an_operator_moves_what_torch_moves(name: str) -> None:
    cls, compared = operator(name), []

    fixed = {key: value for key, value in FIXED.items() if key in cls.arguments and "norm" not in name}

    @settings(max_examples=80 if cls.skips else 20)  # of what resizes and pads, most is refused
    @given(case=module_cases(cls, size=3 if cls.axes == 3 else 4, fixed=fixed))
    def run(case: Case) -> None:
        compared.append(compare(cls, case))

    run()
    assert any(compared)


@pytest.mark.parametrize("name", [name for name in BY_HAND if name not in NOT_KNOWN | APART])
def test_an_operator_that_is_not_drawn_moves_what_torch_moves(name: str) -> None:
    arguments, inputs = BY_HAND[name]
    assert compare(operator(name), Case(arguments, inputs, later=INT if "npool" in name else ""))


@pytest.mark.parametrize("name", sorted(NOT_KNOWN))
def test_an_operator_that_reads_at_random_places_says_so(name: str) -> None:
    axes = int(name[-2])
    case = Case({"kernel_size": 2, "output_size": 2}, ((1, 2, *(6,) * axes),))
    assert ours(operator(name), case) is None


@pytest.mark.parametrize(
    ("name", "arguments", "inputs", "rows"),
    [
        ("Embedding", {"num_embeddings": 10, "embedding_dim": 3}, ((2, 4),), 8),
        ("Embedding", {"num_embeddings": 5, "embedding_dim": 3}, ((2, 4),), 5),
        ("EmbeddingBag", {"num_embeddings": 10, "embedding_dim": 3}, ((2, 4),), 8),
    ],
)
def test_a_table_is_read_where_it_is_looked_up(name: str, arguments: Any, inputs: Any, rows: int) -> None:
    results = 2 if name == "EmbeddingBag" else 8
    assert ours(operator(name), Case(arguments, inputs, INT)) == (8 * 8 + rows * 3 * 4, results * 3 * 4)


@pytest.mark.parametrize("arguments", [{"max_norm": 1.0}, {"padding_idx": 0}])
def test_rows_that_depend_on_their_numbers_are_not_known(arguments: Any) -> None:
    whole = {"num_embeddings": 10, "embedding_dim": 3, **arguments}
    assert ours(operator("EmbeddingBag"), Case(whole, ((2, 4),), INT)) is None


def test_a_reading_that_is_wrong_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = operator("Conv1d")
    case = Case({"in_channels": 1, "out_channels": 1, "kernel_size": 1, "stride": 2}, ((1, 1, 4),))
    assert compare(conv, case)
    monkeypatch.setattr(conv, "reads", Operator.reads)
    with pytest.raises(AssertionError):
        compare(conv, case)
