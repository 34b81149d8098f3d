"""What windows that slide drop: positions at the end of an axis that nobody reads.

A window whose kernel is shorter than its stride leaves gaps everywhere; those are meant. Only what
one window more would read is dropped.
"""

from convcli.quantity import UNKNOWN, is_known
from convcli.window.taps import CIRCULAR, Window

MOST_LISTED = 4096
"""Positions at an end that are looked at one by one."""


def dropped_by(window: Window | None, size: int, units: int) -> tuple[int, int]:
    """Return how many of `size` positions no unit reads that one unit more would, and the end of what is read."""
    if window is None or not (is_known(size) and is_known(units)):
        return UNKNOWN, UNKNOWN
    ((base, step, taps),) = window.taps
    end = base + window.shift * (units - 1) + step * (taps - 1) + 1
    if window.shift == 1:
        return 0, end
    if step == 1 and window.border != CIRCULAR:
        return max(0, size - max(end, base + window.shift * units)), end
    enough = 2 * (step * taps + abs(base)) // window.shift + 4  # units further from the end do not reach it
    if units > enough:
        size, units = size - window.shift * (units - enough), enough
    following = base + window.shift * units
    rest = range(max(following, 0), size)
    if len(rest) > MOST_LISTED or taps > MOST_LISTED:
        return 0, end  # nobody has such a window; nothing is said that has not been worked out
    read = {position for unit in range(units) for position in window.reads(unit, size)}
    more = {following + window.shift * turn + step * tap for turn in range(len(rest)) for tap in range(taps)}
    return sum(position in more and position not in read for position in rest), end
