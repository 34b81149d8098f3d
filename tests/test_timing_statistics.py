"""Statistics of times: known samples, and what holds for any."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.timing import statistics as s

SECONDS = st.lists(st.floats(1e-7, 1e3), min_size=1, max_size=60)
SCALES = st.sampled_from([2.0, 0.5, 1024.0])  # powers of two change no digit


@pytest.mark.parametrize(
    ("values", "part", "expected"),
    [([3.0], 0.95, 3.0), ([1.0, 2.0], 0.5, 1.5), ([4.0, 1.0, 3.0, 2.0, 5.0], 0.25, 2.0), ([0.0, 10.0], 0.95, 9.5)],
)
def test_quantiles_lie_on_the_line_between_two_values(values, part, expected):
    assert s.quantile(values, part) == pytest.approx(expected)


@given(SECONDS, SCALES)
def test_what_is_measured_in_other_units_has_the_same_statistics(values, scale):
    other = [value * scale for value in values]
    assert s.median(other) == s.median(values) * scale
    assert s.mad(other) == pytest.approx(s.mad(values) * scale)
    assert s.outliers(other) == s.outliers(values)


@given(SECONDS)
def test_quantiles_are_in_order_and_within_the_values(values):
    found = [s.quantile(values, part) for part in (0, 0.25, 0.5, 0.75, 0.95, 1)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (min(values), max(values))


@pytest.mark.parametrize(("number", "rank"), [(1, None), (5, None), (6, 1), (8, 1), (9, 2), (20, 6), (100, 40)])
def test_the_interval_of_the_median_has_the_ranks_of_the_tables(number, rank):
    # Conover's table of the sign test, 5 % on both sides
    found = s.median_interval([float(at) for at in range(1, number + 1)])
    assert found == (None if rank is None else (rank, number + 1 - rank))


@pytest.mark.parametrize("number", [6, 17, 500, 5000])
def test_the_interval_is_as_narrow_as_it_may_be(number):
    low, _ = s.median_interval([float(at) for at in range(number)])
    below = sum(math.comb(number, at) for at in range(int(low) + 1)) / 2**number  # fewer than low + 1 coins
    assert below <= 0.025 < below + math.comb(number, int(low) + 1) / 2**number


@given(SECONDS)
def test_the_interval_has_the_median_in_it(values):
    found = s.median_interval(values)
    assert found is None or found[0] <= s.median(values) <= found[1]


def test_a_spike_is_an_outlier_and_a_tail_is_none():
    steady = [1.0 + at / 1000 for at in range(50)]
    assert s.outliers(steady) == 0
    assert s.outliers([*steady, 5.0]) == 1


def test_where_all_values_but_one_are_equal_nothing_says_what_is_far():
    assert s.outliers([1.0] * 20 + [1.1]) == 0


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_the_geometric_mean_of_ratios_and_of_their_inverses_are_inverse(values):
    assert s.geometric_mean([1 / value for value in values]) == pytest.approx(1 / s.geometric_mean(values))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3], [4, 5, 6], 2 / 20),
        ([1, 2, 3, 4], [5, 6, 7, 8], 2 / 70),
        ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252),
    ],
)
def test_groups_that_do_not_mix_have_the_smallest_probability(first, second, expected):
    assert s.mann_whitney(first, second) == pytest.approx(expected)
    assert s.mann_whitney(second, first) == pytest.approx(expected)


@given(st.permutations(range(7)), st.integers(1, 6))
def test_the_u_test_counts_all_orders(ranks, size):
    first, second = ranks[:size], ranks[size:]

    def wins(group):
        return sum(a < b for a in group for b in range(7) if b not in group)

    pairs = size * (7 - size)
    extreme = min(wins(first), pairs - wins(first))
    orders = [wins(group) for group in combinations(range(7), size)]
    expected = 2 * sum(count <= extreme for count in orders) / len(orders)
    assert s.mann_whitney(first, second) == pytest.approx(min(1, expected))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_makes_no_probability_smaller_and_keeps_their_order(probabilities):
    found = s.holm(probabilities)
    assert all(after >= before for before, after in zip(probabilities, found, strict=True))
    order = sorted(range(len(found)), key=probabilities.__getitem__)
    assert [found[at] for at in order] == sorted(found)


def test_holm_of_four_questions():
    assert s.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@pytest.mark.parametrize(
    ("freedom", "t", "expected"),
    [(1, 12.706, 0.05), (2, 4.303, 0.05), (4, 2.776, 0.05), (4, 8.610, 0.001), (30, 2.042, 0.05)],
)
def test_students_tail_is_that_of_the_tables(freedom, t, expected):
    # values of mean t and standard error 1
    number = freedom + 1
    spread = math.sqrt(number * freedom / (number - number % 2))
    values = [t + spread * (-1) ** at for at in range(number - number % 2)] + [t] * (number % 2)
    assert s.t_test(values) == pytest.approx(expected, rel=2e-3)


def test_welchs_test_of_equal_groups_has_twice_the_freedom():
    assert s.welch_test([1.0, 2.0, 3.0], [3.0, 4.0, 5.0]) == pytest.approx(0.0705, abs=1e-4)  # t 2.449, 4 degrees


def test_one_value_alone_proves_nothing():
    assert s.t_test([3.0]) == 1.0
    assert s.welch_test([3.0], [1.0, 1.1]) == 1.0
