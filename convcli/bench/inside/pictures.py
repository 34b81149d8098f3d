"""Tensors as pictures: channels folded, values scaled to 0..255, many pictures in a grid."""

from typing import Any

COLUMNS = 16
GAP = 2
BACKGROUND = 255
"""Between pictures of a grid, which are sixteen in a row, there is a white line of two pixels."""
SMALL = 32
"""Pictures are enlarged by a whole factor as long as their longer side is no longer than this."""
MOST, MOST_PIXELS = 256, 1 << 22
"""The limits of a grid: pictures, and pixels without its lines."""


def folded(tensor: Any, fold: int) -> Any:
    """Return `N x C x H x W` as pictures of `fold` channels: `N * C / fold` of them, in order."""
    return tensor.reshape(-1, fold, *tensor.shape[2:])


def most(height: int, width: int) -> int:
    """Return how many pictures of a size a grid has room for."""
    return max(1, min(MOST, MOST_PIXELS // (height * width)))


def scaled(torch: Any, pictures: Any, low: float | None = None, high: float | None = None) -> Any:
    """Return pictures as bytes: `low` becomes 0, `high` 255; without them each picture has its own range.

    A picture that has one value only is black.
    """
    values = pictures.double().nan_to_num()
    if low is None or high is None:
        axes = (1, 2, 3)
        least, largest = values.amin(axes, keepdim=True), values.amax(axes, keepdim=True)
    else:
        least, largest = torch.tensor(low).double(), torch.tensor(high).double()
    span = torch.where(largest > least, largest - least, 1.0)
    return ((values - least) / span * 255).round().clamp(0, 255).to(torch.uint8)


def grid(torch: Any, pictures: Any) -> Any:
    """Return pictures of bytes, `n x c x h x w`, side by side: `height x width x c`."""
    factor = max(1, SMALL // max(pictures.shape[2:]))
    pictures = pictures.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    count, channels, height, width = pictures.shape
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    size = (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels)
    made = torch.full(size, BACKGROUND, dtype=torch.uint8)
    for at in range(count):
        top, left = (at // columns) * (height + GAP) + GAP, (at % columns) * (width + GAP) + GAP
        made[top : top + height, left : left + width] = pictures[at].permute(1, 2, 0)
    return made
