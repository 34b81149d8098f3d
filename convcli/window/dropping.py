"""What windows that slide drop: positions at the end of an axis that no window reaches."""

from convcli.quantity import UNKNOWN, is_known


def dropped(size: int, outputs: int, window: int, stride: int, pad: int) -> int:
    """Return how many real positions lie behind the last of `outputs` windows, beyond a regular gap.

    `window` is what a window spans, dilation included, `pad` the padding on the left. Where the
    stride is larger than the window, as many positions as lie between two windows may lie behind
    the last one: they are dropped everywhere, not at the border.
    """
    if not (is_known(size) and is_known(outputs)):
        return UNKNOWN
    behind = size - ((outputs - 1) * stride + window - pad)
    return max(behind - max(stride - window, 0), 0)
