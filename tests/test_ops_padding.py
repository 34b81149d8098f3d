"""Padding against torch, for every combination of small paddings, and for drawn ones."""

import itertools
from typing import Any

import pytest

pytest.importorskip("torch")

from differential import Case, check_built, check_shown, check_unknown, compare, module_cases, ours, torchs
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.catalogue import CATALOGUE, find

FAMILY = next(family for family in CATALOGUE if family.file == "padding")
MODULES = [find(name) for name in FAMILY.modules.split()]
PAD = find("pad")
MODES = ("constant", "reflect", "replicate", "circular")


def stricter(mode: str, pads: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    """Say whether torch would read elements that it never wrote, which is refused here."""
    if mode != "circular":
        return False
    pairs = zip(pads[::2], pads[1::2], reversed(sizes), strict=False)
    return any(max(a, b) > size + min(a, 0) + min(b, 0) for a, b, size in pairs if min(a, b) < 0 < max(a, b))


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_module_equals_torch(cls: type[Operator]) -> None:
    @settings(max_examples=max(40, settings().max_examples // 2))
    @given(case=module_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        padding = cls.of(**case.arguments).padding
        if not stricter(cls.mode, padding, case.inputs[0]):
            compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)
        check_built(cls, case)

    judge()


@st.composite
def pad_cases(draw: Any) -> Case:
    """Draw calls of `pad`, of all lengths and modes."""
    shape = tuple(draw(st.lists(st.integers(1, 6), max_size=6)))
    length = 2 * min(draw(st.integers(0, 4)), draw(st.integers(len(shape) - 2, len(shape) + 1)))
    odd = draw(st.integers(0, 9)) == 0
    numbers = draw(st.lists(st.integers(-3, 5), min_size=max(length, 0) + odd, max_size=max(length, 0) + odd))
    arguments: dict[str, Any] = {"pad": tuple(numbers), "mode": draw(st.sampled_from(MODES))}
    if not draw(st.integers(0, 3)):
        arguments["value"] = draw(st.sampled_from([None, 0.0, 0, 1.5]))
    return Case(arguments, (shape,))


@given(case=pad_cases(), data=st.data())
def test_function_equals_torch(case: Case, data: Any) -> None:
    if not stricter(case.arguments["mode"], case.arguments["pad"], case.inputs[0]):
        compare(ours(PAD, case), torchs(PAD, case))
    check_unknown(PAD, case, data.draw)
    check_shown(PAD, case)


@pytest.mark.parametrize("mode", MODES)
def test_every_small_padding_of_one_axis(mode: str) -> None:
    for size, before, after in itertools.product((1, 3), (-4, -3, -1, 0, 1, 2, 3, 4), (-4, -2, 0, 2, 3, 4)):
        case = Case({"pad": (before, after), "mode": mode}, ((2, 2, size),))
        if not stricter(mode, (before, after), (size,)):
            compare(ours(PAD, case), torchs(PAD, case), macs=False)


@pytest.mark.parametrize("pads", [(-1, 3), (3, -1), (-4, 3), (2, -4)])
def test_circular_padding_never_takes_what_was_cropped_away(pads: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match="needs a length of at least"):
        find("CircularPad1d").of(padding=pads).outputs((2, 4, 3))


@pytest.mark.parametrize("cls", MODULES, ids=lambda cls: cls.name)
def test_a_list_has_two_numbers_for_each_axis(cls: type[Operator]) -> None:
    value = {"value": 0.5} if "value" in cls.arguments else {}
    assert cls.of(padding=1, **value).padding == (1,) * (2 * cls.axes)
    with pytest.raises(Refusal, match=f"a list of {2 * cls.axes}"):
        cls.of(padding=(1,) * (2 * cls.axes + 2), **value)


def test_last_axis_comes_first() -> None:
    answer = find("ZeroPad2d").of(padding=(1, 2, 30, 40)).answer(((1, 3, 5, 7),), ("float32",))
    assert (answer.outputs, answer.macs, answer.other_ops) == (((1, 3, 75, 10),), 0, 0)


def test_mirrors_and_repeats_numbers_only() -> None:
    assert find("CircularPad1d").of(padding=1).dtypes(("bool",), 1) == ("bool",)
    for name in ("ReflectionPad1d", "ReplicationPad1d"):
        assert find(name).of(padding=1).dtypes(("int64",), 1) == ("int64",)
        with pytest.raises(Refusal, match="found bool"):
            find(name).of(padding=1).dtypes(("bool",), 1)
