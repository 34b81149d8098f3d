"""What windows drop at the end of an axis, against the windows written out."""

from hypothesis import given
from hypothesis import strategies as st

from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.ops.convolution import Conv1d
from convcli.ops.pooling import AvgPool1d, MaxPool1d
from convcli.ops.unfold import Unfold
from convcli.quantity import UNKNOWN


def by_hand(size: int, count: int, window: int, stride: int, pad: int) -> int:
    """Return how many positions no window spans, at the end, beyond what lies between two windows everywhere."""
    spanned = {place for at in range(count) for place in range(at * stride - pad, at * stride - pad + window)}
    behind = 0
    while size - behind > 0 and size - 1 - behind not in spanned:
        behind += 1
    return max(behind - max(stride - window, 0), 0)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 7), st.integers(0, 3), st.integers(1, 3))
def test_dropped_positions_are_those_behind_the_last_window(
    size: int, kernel: int, stride: int, pad: int, dilation: int
) -> None:
    window = dilation * (kernel - 1) + 1
    found: list[tuple[Operator, tuple[int, ...], int, int]] = [
        (Conv1d.of(in_channels=1, out_channels=1, kernel_size=kernel, stride=stride, padding=pad, dilation=dilation),
         (1, 1, size), window, pad),
        (Unfold.of(kernel_size=(kernel, 1), stride=(stride, 1), padding=(pad, 0), dilation=(dilation, 1)),
         (1, 1, size, 1), window, pad),
    ]  # fmt: skip
    if 2 * pad <= kernel:
        for ceil_mode in (False, True):
            options = {"kernel_size": kernel, "stride": stride, "padding": pad, "ceil_mode": ceil_mode}
            found.append((MaxPool1d.of(**options, dilation=dilation), (1, 1, size), window, pad))
            found.append((AvgPool1d.of(**options), (1, 1, size), kernel, pad))
    for op, x, spans, before in found:
        try:
            (y, *_) = op.outputs(x)
        except Refusal:
            continue
        count = op.blocks(size, 1)[0] if isinstance(op, Unfold) else y[-1]
        assert op.dropped(x, y)[0] == by_hand(size, count, spans, stride, before), op


def test_what_is_not_known_is_not_said_to_be_kept() -> None:
    op = MaxPool1d.of(kernel_size=2)
    x = (1, 1, UNKNOWN)
    assert op.dropped(x, op.outputs(x)[0])[0] is UNKNOWN
