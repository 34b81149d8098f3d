"""Gives every argument of every operator a huge value, one layer at a time; a program for `test_hostile`.

Prints a line for each layer that takes longer than the limit, or ends in anything but an answer or
a refusal.
"""

import signal
import sys
from collections.abc import Iterator
from types import FrameType

import convcli
from convcli.argument import REQUIRED, Argument, Tensor
from convcli.op import Operator
from convcli.ops.catalogue import find, names
from convcli.quantity import LARGEST

HUGE = 2**62
SECONDS = 0.5
SIZES = {0: "4x6x6", 1: "4x6", 2: "4x6x6", 3: "4x6x6x6"}


class TooSlow(Exception):
    """The time for a layer is over."""


def layers(cls: type[Operator]) -> Iterator[str]:
    """Write the operator with one huge argument, for each of its arguments, alone and as a list, and with all."""
    needed = {name: "4" for name, own in cls.arguments.items() if own.default is REQUIRED}
    needed |= {
        name: tensor(own) for name, own in cls.arguments.items() if name in needed and isinstance(own.kind, Tensor)
    }
    free = [name for name, own in cls.arguments.items() if not isinstance(own.kind, Tensor)]
    for name in free:
        for value in (HUGE, -HUGE, f"[{HUGE}, {HUGE}]"):
            yield written(cls, {**needed, name: str(value)})
    yield written(cls, {**needed, **dict.fromkeys(set(free) & set(needed), str(HUGE))})


def tensor(own: Argument) -> str:
    """Write a tensor, or a list of tensors."""
    return "[x, x]" if getattr(own.kind, "many", False) else "x"


def written(cls: type[Operator], values: dict[str, str]) -> str:
    """Write a call."""
    return f"{cls.name}({', '.join(f'{name}={value}' for name, value in values.items())})"


def too_slow(_: int, __: FrameType | None) -> None:
    """End the work on a layer."""
    raise TooSlow


def ask(text: str, size: str | None) -> str:
    """Ask for the shape of a layer; return what is wrong with the answer."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        report = convcli.shape(text, input=size)
        report.to_dict()
        sizes = [size for layer in report.layers for shape in layer.output_shapes for size in shape or ()]
        return "a dimension past 2^63 - 1" if any(size is not None and size > LARGEST for size in sizes) else ""
    except convcli.ConvcliError:
        return ""
    except TooSlow:
        return f"takes longer than {SECONDS} s"
    except Exception as error:  # noqa: BLE001  whatever else it is, it is a bug
        return f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def main() -> None:
    """Ask for every operator that the command line names."""
    signal.signal(signal.SIGVTALRM, too_slow)
    for name in sys.argv[1:] or names():
        cls = find(name)
        for text in layers(cls) if cls else ():
            for size in (SIZES[cls.axes if cls else 0], None, f"{HUGE}x6x6"):
                wrong = ask(text, size)
                if wrong:
                    sys.stdout.write(f"{text} with {size}: {wrong}\n")


if __name__ == "__main__":
    main()
