"""Resizing against torch, and its operations counted by hand."""

import itertools
import math
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_built, check_shown, check_unknown, compare, ours, torchs
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.catalogue import CATALOGUE, find
from convcli.ops.resize import tap_count
from convcli.quantity import UNKNOWN, Shown

FAMILY = next(family for family in CATALOGUE if family.file == "resize")
MODULES = [find(name) for name in FAMILY.modules.split()]
FUNCTIONS = [find(name) for name in FAMILY.functions.split()]
HAS_LANCZOS = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 13)

UPSAMPLE, INTERPOLATE = find("Upsample"), find("interpolate")
by_name = {"ids": lambda cls: cls.name}

scale = st.floats(0.05, 3.5) | st.sampled_from([0.1, 1 / 3, 0.7, 1.1, 1.7, 2.3, 1, 2, 3, 2.0, -1.0, math.inf])


@st.composite
def cases(draw: Any, cls: type[Operator]) -> Case:
    """Draw sizes or scales (mostly one of them), modes that mostly fit, and the rest now and then."""
    axes = draw(st.integers(1, 3))
    shape = (*draw(st.tuples(*[st.integers(1, 2)] * 2)), *draw(st.tuples(*[st.integers(1, 9)] * axes)))
    length = axes if draw(st.integers(0, 9)) else 2
    drawn: dict[str, Any] = {}
    chosen = draw(st.sampled_from([{"size"}, {"scale_factor"}, {"scale_factor"}, {"size", "scale_factor"}, set()]))
    if "size" in chosen:
        drawn["size"] = draw(st.integers(0, 9) | st.tuples(*[st.integers(1, 9)] * length))
    if "scale_factor" in chosen:
        drawn["scale_factor"] = draw(scale | st.tuples(*[scale] * length))
    modes = cls.arguments["mode"].kind.choices if "mode" in cls.arguments else ()
    if modes[1:]:
        fitting = ("linear", "bilinear", "trilinear")[axes - 1]
        usual = st.sampled_from(["nearest", "nearest-exact", "area", fitting, fitting, "bicubic"])
        some = st.sampled_from([word for word in modes if HAS_LANCZOS or word != "lanczos"])
        drawn["mode"] = draw(some if draw(st.integers(0, 3)) == 0 else usual)
    for name in ("align_corners", "recompute_scale_factor", "antialias"):
        if name in cls.arguments and draw(st.integers(0, 3)) == 0:
            drawn[name] = draw(st.booleans())
    if draw(st.integers(0, 19)) == 0:
        shape = shape[1:] if draw(st.booleans()) else (1, *shape)
    return Case(drawn, (shape,))


@pytest.mark.parametrize("cls", MODULES, **by_name)
def test_module_equals_torch(cls: type[Operator]) -> None:
    @given(case=cases(cls), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)
        check_built(cls, case)

    judge()


@pytest.mark.parametrize("cls", FUNCTIONS, **by_name)
def test_function_equals_torch(cls: type[Operator]) -> None:
    @given(case=cases(cls), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@given(size=st.integers(1, 5000), scale=st.floats(0.001, 4.0))
def test_rounds_as_torch_does(size: int, scale: float) -> None:
    case = Case({"scale_factor": scale}, ((1, 1, size),))
    compare(ours(UPSAMPLE, case), torchs(UPSAMPLE, case))


def test_awkward_scales() -> None:
    for size, scale in itertools.product(range(1, 40), (0.1, 0.7, 1.1, 1.9, 1 / 3, 2 / 3, 0.29, 1.15)):
        case = Case({"scale_factor": scale}, ((1, 1, size),))
        compare(ours(UPSAMPLE, case), torchs(UPSAMPLE, case), macs=False)


def other_ops(cls: type[Operator], shape: tuple[int, ...], **arguments: Any) -> int:
    return ours_op(cls, arguments).answer((shape,), ("float32",)).other_ops


def ours_op(cls: type[Operator], arguments: dict[str, Any]) -> Operator:
    from differential import placed

    return cls.of(**placed(cls, arguments))


@pytest.mark.parametrize(
    ("mode", "shape", "operations"),
    [
        ("nearest", (2, 3, 4, 4), 0),
        ("nearest-exact", (2, 3, 4), 0),
        ("linear", (2, 3, 4), 2 * 3 * 8 * 3),
        ("bilinear", (2, 3, 4, 4), 2 * 3 * 64 * (2 * 3 + 3)),
        ("trilinear", (1, 2, 2, 2, 2), 2 * 64 * (2 * (2 * 3 + 3) + 3)),
        ("bicubic", (2, 3, 4, 4), 2 * 3 * 64 * (4 * 7 + 7)),
    ],
)
def test_operations_of_doubling(mode: str, shape: tuple[int, ...], operations: int) -> None:
    assert other_ops(UPSAMPLE, shape, scale_factor=2, mode=mode) == operations
    assert other_ops(INTERPOLATE, shape, scale_factor=2, mode=mode) == operations


@given(height=st.integers(1, 20), width=st.integers(1, 20), size=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_area_counts_each_element_of_each_window(height: int, width: int, size: tuple[int, int]) -> None:
    def windows(n: int, out: int) -> list[int]:
        return [-(-(i + 1) * n // out) - i * n // out for i in range(out)]

    expected = sum(a * b for a, b in itertools.product(windows(height, size[0]), windows(width, size[1])))
    assert other_ops(UPSAMPLE, (1, 1, height, width), size=size, mode="area") == expected


def test_antialias_sums_windows_of_the_stretched_kernel() -> None:
    # 8x8 to 4x2: the kernel of reach 1 spans 8 of the width and 4 of the height
    across, down = 8 * 2 * (8 + 7), 4 * 2 * (4 + 3)
    assert other_ops(INTERPOLATE, (1, 1, 8, 8), size=(4, 2), mode="bilinear", antialias=True) == across + down
    assert tap_count("bicubic", 100, 200) == 4
    assert tap_count("bicubic", 3, 2) == 3
    assert tap_count("bicubic", UNKNOWN, 2) is UNKNOWN


def test_a_fractional_scale_writes_its_formula() -> None:
    op = UPSAMPLE.of(scale_factor=1.5).shown()
    height = Shown.named(5, "height")
    (shape,) = op.outputs((1, 1, height))
    assert (shape[2], shape[2].words, shape[2].figures) == (7, "floor(height * 1.5)", "floor(5 * 1.5)")


@pytest.mark.parametrize(
    "arguments",
    [{}, {"size": 3, "scale_factor": 2}, {"scale_factor": 0}, {"scale_factor": math.nan}, {"scale_factor": 10**400}],
)
def test_refuses_sizes_that_say_nothing(arguments: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        UPSAMPLE.of(**arguments)


def test_huge_sizes_are_refused_or_exact() -> None:
    with pytest.raises(Refusal, match="cannot be scaled"):
        UPSAMPLE.of(scale_factor=1.5).outputs((1, 1, 10**400))
    assert UPSAMPLE.of(scale_factor=2**62).outputs((1, 1, 3)) == ((1, 1, 3 * 2**62),)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("Upsample(scale_factor=2, mode='linear')", (None, None, None)),
        ("Upsample(scale_factor=2, mode='bilinear')", (None, None, None, None)),
        ("Upsample(size=(7, 5))", (None, None, 7, 5)),
        ("Upsample(scale_factor=(2, 1, 3))", (None, None, None, None, None)),
    ],
)
def test_without_a_size_the_arguments_say_how_many_dimensions_there_are(layer: str, shape: tuple[Any, ...]) -> None:
    assert convcli.shape(layer).layers[0].output_shapes == (shape,)


def test_takes_a_list_of_scales_where_torch_wants_a_tuple() -> None:
    op = UPSAMPLE.of(scale_factor=[2, 1.5])
    assert op.outputs((1, 1, 4, 4)) == ((1, 1, 8, 6),)
    assert op.build(torch.nn)(torch.zeros(1, 1, 4, 4)).shape == (1, 1, 8, 6)


@pytest.mark.parametrize("name", ["UpsamplingNearest2d", "UpsamplingBilinear2d"])
def test_reads_the_mode_that_torch_prints(name: str) -> None:
    printed = repr(getattr(torch.nn, name)(scale_factor=2))
    mode = printed.split("'")[1]
    assert find(name).of(scale_factor=2.0, mode=mode) is find(name).of(scale_factor=2.0)
    with pytest.raises(Refusal):
        find(name).of(scale_factor=2.0, mode="area")


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("size", "scale"), [(2, 1.25), (3, 1.25), (2, 2.25), (3, 2.25), (5, 1.75), (4, 2.0)])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_a_nearest_unit_is_that_of_torchs_kernel_for_as_many_axes(
    mode: str, size: int, scale: float, axes: int
) -> None:
    x = torch.arange(size, dtype=torch.float32).expand(1, 1, *(size,) * axes)
    found = torch.nn.functional.interpolate(x, scale_factor=scale, mode=mode)
    theirs = [int(value) for value in found.reshape(-1, found.shape[-1])[0]]
    layers = f"interpolate(x, scale_factor={scale}, mode='{mode}')"
    for unit, position in enumerate(theirs):
        answer = convcli.rf(layers, input=(1, 1, *(size,) * axes), batched=True, unit=(unit,) * axes)
        assert [(one.first, one.last) for one in answer.boxes[0].extents] == [(position, position)] * axes
