"""Statistics of tensors, in double precision, piece by piece so that they take no memory of note."""

import math
from itertools import pairwise
from typing import Any

from convcli.bench.inside.record import Figures

PIECE = 1 << 17
"""Values that are brought to double precision at once: a megabyte, which stays in a cache. float32 counts them."""


def figures(torch: Any, tensor: Any, bins: int = 0) -> Figures:
    """Return the distribution of a tensor's values, with a histogram of `bins` equal bins where there are any."""
    flat = tensor.detach().reshape(-1)
    pieces, count = flat.split(PIECE), flat.numel()
    near = float(flat[0])
    near = near if math.isfinite(near) else 0.0
    total = squares = 0.0
    finite = zeros = 0
    low, high = math.inf, -math.inf
    for piece in pieces:
        values = piece.double() - near  # sums of squares far from 0 would lose the deviation
        if not math.isfinite(float(values.sum())):
            piece = piece[piece.isfinite()]  # noqa: PLW2901  what is not finite is left out from here on
            values = piece.double() - near
        if piece.numel():
            finite += piece.numel()
            zeros += piece.numel() - int(torch.count_nonzero(piece))
            total += float(values.sum())
            squares += float(torch.dot(values, values))
            least, largest = torch.aminmax(piece)
            low, high = min(low, float(least)), max(high, float(largest))
    if not finite:
        return Figures(count, 0, None, None, None, None, 0, None)
    edges, counts = _histogram(torch, pieces, low, high, bins, finite) if bins else ((), ())
    if finite < count:
        return Figures(count, finite, None, None, low, high, zeros, None, edges, counts)
    std = math.sqrt(max(0.0, squares / count - (total / count) ** 2))
    norm = math.sqrt(max(0.0, squares + 2 * near * total + count * near**2))
    return Figures(count, finite, near + total / count, std, low, high, zeros, norm, edges, counts)


def _histogram(
    torch: Any, pieces: Any, low: float, high: float, bins: int, finite: int
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    edges = (*(low + (high - low) * at / bins for at in range(bins)), high)
    if not all(one < two for one, two in pairwise(edges)):  # one value, or next to it
        return (low, high), (finite,)
    counts = sum(torch.histc(piece.float(), bins, low, high).double() for piece in pieces)
    return edges, tuple(int(count) for count in counts)


def norm(torch: Any, tensor: Any) -> float:
    """Return the root of the sum of squares; what is not finite makes it infinite."""
    pieces = tensor.detach().reshape(-1).split(PIECE)
    found = math.sqrt(sum(float(torch.linalg.vector_norm(piece.double())) ** 2 for piece in pieces))
    return found if math.isfinite(found) else math.inf


def difference(torch: Any, one: Any, two: Any) -> float:
    """Return how far two tensors differ, as the deviation of each if they have nothing in common."""
    pairs = zip(one.detach().reshape(-1).split(PIECE), two.detach().reshape(-1).split(PIECE), strict=True)
    found = math.sqrt(sum(norm(torch, a.double() - b.double()) ** 2 for a, b in pairs))
    return found / math.sqrt(2 * one.numel())


def share_near(tensor: Any, low: float, high: float) -> float:
    """Return the part of the values that lie within 1 % of the way from one bound to the other."""
    near = (high - low) / 100
    values = tensor.detach()
    return int(((values <= low + near) | (values >= high - near)).sum()) / int(values.numel())
