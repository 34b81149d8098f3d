"""A number that grows says what every number of its interval says, or that they do not all say the same."""

import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convcli.growing import Finer, Growing, Interval, Parted, Unfollowed

NUMBERS = st.integers(-20, 20)
SIGNS = [operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


def at(number: Any, k: int) -> Any:
    """Return the value at one k."""
    return number.a + number.c * k if type(number) is Growing else number


@given(
    st.sampled_from([*SIGNS, *COMPARISONS]), st.integers(-9, 9), st.integers(1, 20), NUMBERS, NUMBERS, NUMBERS, NUMBERS
)
def test_what_it_says_holds_for_every_number(
    sign: Callable[[Any, Any], Any], low: int, length: int, a: int, c: int, other_a: int, other_c: int
) -> None:
    interval = Interval(low, low + length)
    left, right = interval.number(a, c), interval.number(other_a, other_c)
    try:
        found = sign(left, right)
    except (Parted, Finer, Unfollowed):
        assume(False)
    except ZeroDivisionError:
        return
    for k in range(low, low + length + 1):
        assert at(found, k) == sign(at(left, k), at(right, k))


@given(st.sampled_from(COMPARISONS), st.integers(-9, 9), st.integers(1, 20), NUMBERS, NUMBERS.filter(bool), NUMBERS)
def test_it_is_cut_where_the_answer_changes(
    compare: Callable[[Any, Any], bool], low: int, length: int, a: int, c: int, other: int
) -> None:
    high = low + length
    truth = [compare(a + c * k, other) for k in range(low, high + 1)]
    try:
        assert [compare(Interval(low, high).number(a, c), other)] * len(truth) == truth
    except Parted as parted:
        ends = [low, *parted.cuts, high + 1]
        pieces = [truth[first - low : last - low] for first, last in pairwise(ends)]
        assert len([piece for piece in pieces if piece]) > 1
        assert all(len(set(piece)) <= 1 for piece in pieces)


@given(st.integers(1, 60), NUMBERS, NUMBERS.filter(bool))
def test_every_so_many_numbers_are_alike_to_a_division(by: int, a: int, c: int) -> None:
    finer = 1
    try:
        divmod(Interval(0, 9).number(a, c), by)
    except Finer as found:
        finer = found.by
    assert [step for step in range(1, finer + 1) if c * step % by == 0] == [finer]


def test_it_passes_for_an_integer_and_is_none() -> None:
    number = Interval(0, 9).number(3, 2)
    assert isinstance(number, int)
    assert isinstance(number, int | float)
    assert not isinstance(number, bool)


@pytest.mark.parametrize(
    "use", [int, float, range, hash, operator.index, lambda n: n / 2, lambda n: n * 0.5, lambda n: n * n]
)
def test_what_needs_one_value_is_refused(use: Callable[[Any], object]) -> None:
    with pytest.raises(Unfollowed):
        use(Interval(0, 9).number(3, 2))


def test_the_same_for_all_is_a_plain_number() -> None:
    number = Interval(0, 9).number(3, 2)
    assert type(number - number) is int
    assert number % 2 == 1
