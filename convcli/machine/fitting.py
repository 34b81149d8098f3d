"""Coefficients that layers of a kind have in common, fitted to their times.

    t = a + (1 + b) * F / P + c * B + d * R / BW(R) + e * F' / P

F are the operations, P the peak, B the seconds that the bytes take at the bandwidths of their working
sets, R the bytes that are brought into another order, F' the operations on channels that fill no whole
registers. No coefficient is negative, so no layer is faster than its arithmetic at the peak. They
minimise the sum of squares of relative errors.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from convcli.machine.ceilings import bandwidth, moving, peak
from convcli.machine.kinds import LINEAR, Work
from convcli.timing.record import Ceilings

MICROSECOND = 1e-6
"""The unit of the constant term."""

Terms = tuple[float, ...]
TERMS = 5
"""How many coefficients a kind has."""


def terms(ceilings: Ceilings, dtype: str, work: Work) -> Terms:
    """Return what the coefficients of a layer are multiplied by; the second is its arithmetic at the peak."""
    most = peak(ceilings, dtype, work.kind)
    reordered = work.reordered / bandwidth(ceilings, work.reordered) if work.reordered else 0.0
    return MICROSECOND, work.operations / most, moving(ceilings, work), reordered, work.ragged / most


def evaluate(coefficients: Sequence[float], found: Terms) -> float:
    """Return the seconds of a layer."""
    return found[1] + sum(a * b for a, b in zip(coefficients, found, strict=True))


def fit(samples: Iterable[tuple[str, Terms, float]]) -> Mapping[str, Terms]:
    """Return the coefficients of each kind, from the kind, the terms and the seconds of layers."""
    by_kind: dict[str, list[tuple[Terms, float]]] = {}
    for kind, found, seconds in samples:
        if seconds > 0:
            by_kind.setdefault(kind, []).append((found, seconds))
    return {kind: _fitted(kind, members) for kind, members in by_kind.items()}


def _fitted(kind: str, members: Sequence[tuple[Terms, float]]) -> Terms:
    """Return the coefficients of a kind.

    Each weight of a linear layer is read once and used once for each sample, and calibration has one
    sample: its arithmetic cannot be told from its bytes, and it is the bytes that take the time.
    """
    rows = [[term / seconds for term in found] for found, seconds in members]
    if kind == LINEAR:
        rows = [[constant, 0.0, *others] for constant, _, *others in rows]
    return least_squares(rows, [1 - found[1] / seconds for found, seconds in members])


def least_squares(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> Terms:
    """Return the coefficients, none of them negative, that bring each row closest to what is wanted.

    The best of all is the plain solution for some of the columns, with the others left out; there are
    few columns, so all choices are tried, the small ones first.
    """
    columns = [column for column in range(len(rows[0])) if any(row[column] for row in rows)]
    best: Terms = (0.0,) * len(rows[0])
    least = _missed(rows, wanted, best)
    for size in range(1, len(columns) + 1):
        for chosen in combinations(columns, size):
            solution = _solve(rows, wanted, chosen)
            if solution is None or min(solution) < 0:
                continue
            values = dict(zip(chosen, solution, strict=True))
            found = tuple(values.get(column, 0.0) for column in range(len(rows[0])))
            missed = _missed(rows, wanted, found)
            if missed < least * (1 - 1e-9):
                best, least = found, missed
    return best


def _missed(rows: Sequence[Sequence[float]], wanted: Sequence[float], found: Sequence[float]) -> float:
    return sum(
        (sum(a * b for a, b in zip(row, found, strict=True)) - one) ** 2 for row, one in zip(rows, wanted, strict=True)
    )


def _solve(rows: Sequence[Sequence[float]], wanted: Sequence[float], chosen: tuple[int, ...]) -> list[float] | None:
    """Solve the normal equations of some columns, each scaled to length 1; None where they depend on each other."""
    lengths = [math.hypot(*[row[column] for row in rows]) for column in chosen]
    scaled = [[row[column] / length for column, length in zip(chosen, lengths, strict=True)] for row in rows]
    places = range(len(chosen))
    system = [
        [*(sum(row[i] * row[j] for row in scaled) for j in places),
         sum(row[i] * one for row, one in zip(scaled, wanted, strict=True))]
        for i in places
    ]  # fmt: skip
    for at in places:
        pivot = max(range(at, len(chosen)), key=lambda row: abs(system[row][at]))
        if abs(system[pivot][at]) < 1e-9:
            return None
        system[at], system[pivot] = system[pivot], system[at]
        for other in places:
            if other != at:
                factor = system[other][at] / system[at][at]
                system[other] = [a - factor * b for a, b in zip(system[other], system[at], strict=True)]
    return [system[at][-1] / system[at][at] / lengths[at] for at in places]
