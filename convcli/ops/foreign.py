"""A module of somebody else's, of which only the name is known, and perhaps what it does to sizes."""

from convcli.op import Answer
from convcli.ops.opaque import Opaque
from convcli.quantity import UNKNOWN, Shape, ceil_div


class Foreign(Opaque):
    """Keeps the sizes of its first input but for its channels and its stride; its weights and costs are unknown."""

    module = True
    tensors = (1, 1_000_000)

    channels: int | None
    stride: int

    def answer(self, inputs: tuple[Shape, ...], dtypes: tuple[str, ...]) -> Answer:
        batch, *rest = inputs[0]
        if self.channels == 0 and self.channels is not UNKNOWN:
            return Answer(((batch, UNKNOWN, UNKNOWN),), dtypes[:1], *self.costs)
        channels, *sizes = rest or [UNKNOWN]
        made = (channels if self.channels is None else self.channels, *(ceil_div(size, self.stride) for size in sizes))
        return Answer(((batch, *made),), dtypes[:1], *self.costs)


_KNOWN: dict[tuple[object, ...], Foreign] = {}


def foreign(name: str, channels: int | None = None, stride: int = 1) -> Foreign:
    """Return the module of this name; equal ones are the same.

    `channels` are those of its result, None for those of its input, 0 where nothing is known of its result.
    """
    key = (name, channels, stride)
    if key not in _KNOWN:
        made = _KNOWN[key] = object.__new__(Foreign)
        made.__dict__.update(
            name=name, results=(), types=(), own={"?": (UNKNOWN,)}, state={}, costs=(UNKNOWN, UNKNOWN),
            alike=False, keeps=None, channels=channels, stride=stride, values={},
        )  # fmt: skip
    return _KNOWN[key]
