"""Statistics of times: medians, quantiles and intervals that assume no distribution; tests; outliers.

Times are skewed to the right and have spikes, so nothing here is a mean of times. Sources: the
interval is the one between order statistics (Conover, Practical Nonparametric Statistics, 3.2;
asv uses it too), Holm's correction is Scandinavian Journal of Statistics 6 (1979), 65-70, the U test
is Mann and Whitney, Annals of Mathematical Statistics 18 (1947), 50-60, exact by counting.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

LEVEL = 0.95
"""How sure intervals are."""

FAR_MADS = 14.826
"""Ten standard deviations of a normal distribution, in median absolute deviations: hyperfine's threshold."""

FAR_IQRS = 3.0
"""Interquartile ranges beyond a quartile: what Tukey calls far out, criterion.rs severe."""

Interval = tuple[float, float]


def median(values: Sequence[float]) -> float:
    """Return the middle of some values, of which there is at least one."""
    return quantile(values, 0.5)


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of the values lies, between two of them on the line that joins them."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return low if low == high else low + (high - low) * (place - below)


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the interval between two order statistics that has the median; None for fewer than 6 values.

    The k-th smallest and the k-th largest of n values have the median of their distribution between
    them unless fewer than k of n coins fall on one side. Values that depend on each other, as those of
    one process do, make it too narrow; that is why it is never the only thing that is looked at.
    """
    rank = _rank(len(values))
    if rank is None:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[-rank]


@lru_cache(maxsize=256)
def _rank(number: int) -> int | None:
    """Return the largest k for which the interval is sure enough."""
    allowed = int((1 - LEVEL) / 2 * 2**53) * 2**number >> 53  # of 2 ** number outcomes, on one side
    ways, below, rank = 1, 1, 0
    while below <= allowed:
        ways = ways * (number - rank) // (rank + 1)
        rank += 1
        below += ways
    return rank or None


def mad(values: Sequence[float]) -> float:
    """Return the median absolute deviation from the median."""
    middle = median(values)
    return median([abs(value - middle) for value in values])


def outliers(values: Sequence[float]) -> int:
    """Count values that are far out, by deviation or by quartiles; nobody drops them."""
    if not values:
        return 0
    middle, far = median(values), FAR_MADS * mad(values)
    low, high = quantile(values, 0.25), quantile(values, 0.75)
    reach = FAR_IQRS * (high - low)
    return sum(
        (0 < far < abs(value - middle)) or (reach > 0 and not low - reach <= value <= high + reach) for value in values
    )


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers, of which there is at least one: the mean for ratios."""
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the probability, two-sided, that two groups of equal origin differ as much by their ranks.

    It is exact where no value occurs twice, and too large where one does: ties count for half a
    step each, and the less extreme of the two neighbouring outcomes is taken.
    """
    wins = sum((a < b) + (a == b) / 2 for a in first for b in second)
    pairs = len(first) * len(second)
    extreme = math.ceil(min(wins, pairs - wins))
    counts = _ways(len(first), len(second))
    return min(1.0, 2 * sum(counts[: extreme + 1]) / sum(counts))


@lru_cache(maxsize=64)
def _ways(first: int, second: int) -> tuple[int, ...]:
    """Count the orders of two groups in which there are 0, 1, 2, ... pairs with the smaller in the first.

    These are the coefficients of a Gaussian binomial.
    """
    counts = [1] + [0] * (first * second)
    for at in range(1, first + 1):
        for place in range(len(counts) - 1, second + at - 1, -1):
            counts[place] -= counts[place - second - at]
        for place in range(at, len(counts)):
            counts[place] += counts[place - at]
    return tuple(counts)


def holm(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return the probabilities as they are where so many things are asked at once."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    adjusted, least = [1.0] * len(order), 0.0
    for place, at in enumerate(order):
        least = max(least, min(1.0, probabilities[at] * (len(order) - place)))
        adjusted[at] = least
    return tuple(adjusted)


def t_test(values: Sequence[float]) -> float:
    """Return the probability, two-sided, of a mean as far from 0, for values of a normal distribution around 0."""
    return _tail(*_moments(values), len(values) - 1)


def welch_test(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the probability, two-sided, of means as far apart, for values of two normal distributions."""
    (mean, error), (other_mean, other_error) = _moments(first), _moments(second)
    variance = error**2 + other_error**2
    parts = error**4 / max(len(first) - 1, 1) + other_error**4 / max(len(second) - 1, 1)
    if min(len(first), len(second)) < 2:
        return 1.0
    return _tail(mean - other_mean, math.sqrt(variance), variance**2 / parts if parts else math.inf)


def _moments(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
    return mean, math.sqrt(spread / len(values))


def _tail(mean: float, error: float, freedom: float) -> float:
    """Return the two-sided tail of Student's distribution at `mean / error`."""
    if freedom < 1 or mean == 0:
        return 1.0
    if error == 0 or math.isinf(freedom):
        return 0.0
    # x = sqrt(freedom) * tan(angle) turns the density into a power of a cosine on a finite stretch
    start = math.atan(abs(mean) / error / math.sqrt(freedom))
    steps = 2000
    width = (math.pi / 2 - start) / steps
    power = freedom - 1
    inside = math.fsum(math.cos(start + (at + 0.5) * width) ** power for at in range(steps)) * width
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    return min(1.0, 2 * scale * inside)
