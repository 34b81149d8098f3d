"""What windows drop at the end of an axis, against the windows written out."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.ops.convolution import Conv1d
from convcli.ops.pooling import AvgPool1d, MaxPool1d
from convcli.ops.unfold import Unfold
from convcli.quantity import UNKNOWN
from convcli.window.taps import Window


def by_hand(window: Window, size: int, units: int) -> int:
    """Return how many positions behind the windows no unit reads, though one of the next ones would."""
    read = {place for unit in range(units) for place in window.reads(unit, size)}
    base, step, taps = window.taps[0]
    following = base + window.shift * units
    beyond = {
        following + window.shift * turn + step * tap
        for turn in range(size) for tap in range(taps) if following + window.shift * turn < size
    }  # fmt: skip
    return len({place for place in beyond if max(following, 0) <= place < size} - read)


@given(
    st.integers(1, 60), st.integers(1, 7), st.integers(2, 7), st.integers(0, 3), st.integers(1, 4),
    st.sampled_from(["zeros", "circular", "replicate"]),
)  # fmt: skip
def test_dropped_positions_are_those_that_one_window_more_would_read(
    size: int, kernel: int, stride: int, pad: int, dilation: int, mode: str
) -> None:
    options = {"kernel_size": kernel, "stride": stride, "padding": pad}
    found: list[tuple[Any, tuple[int, ...]]] = [
        (Conv1d.of(in_channels=1, out_channels=1, **options, dilation=dilation, padding_mode=mode), (1, 1, size)),
        (Unfold.of(**{name: (number, 1) for name, number in options.items()}, dilation=(dilation, 1)), (1, 1, size, 1)),
    ]
    if 2 * pad <= kernel:
        for ceil_mode in (False, True):
            found.append((MaxPool1d.of(**options, dilation=dilation, ceil_mode=ceil_mode), (1, 1, size)))
            found.append((AvgPool1d.of(**options, ceil_mode=ceil_mode), (1, 1, size)))
    for op, x in found:
        try:
            (y, *_) = op.outputs(x)
        except Refusal:
            continue
        units = op.blocks(size, 1)[0] if isinstance(op, Unfold) else y[-1]
        assert op.dropped(x, y)[0][0] == by_hand(op.windows()[0], size, units), op


def test_a_kernel_shorter_than_its_stride_leaves_gaps_that_are_meant() -> None:
    op = Conv1d.of(in_channels=1, out_channels=1, kernel_size=1, stride=2)
    assert [op.dropped((1, 1, size), op.outputs((1, 1, size))[0])[0][0] for size in (8, 9)] == [0, 0]


def test_what_is_not_known_is_not_said_to_be_kept() -> None:
    op = MaxPool1d.of(kernel_size=2)
    x = (1, 1, UNKNOWN)
    assert op.dropped(x, op.outputs(x)[0])[0][0] is UNKNOWN
