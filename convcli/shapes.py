"""Sizes as a user types them: `3x224x224`, `3,224,224`, `[3, 224, 224]`, `image=3x224x224`; bytes as `8GiB`."""

from collections.abc import Mapping, Sequence
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.quantity import LARGEST, Shape

Size = str | Sequence[int]
Inputs = Size | Sequence[Size] | Mapping[str, Size] | Any
"""What a caller may give: a size or a tensor, several in order, or several by name."""
PLACE = "#"
"""What the name of a size begins with that came without one."""

TYPES = ("int64", "int32", "int16", "int8", "uint8", "bool")
"""Types that an input may have which has no floating point numbers."""


class Typed(tuple[int, ...]):  # noqa: SLOT001  # it has one thing more
    """A size of a tensor that has other than floating point numbers."""

    dtype: str


def type_of(size: Shape) -> str:
    """Return the type of the numbers in a tensor of this size."""
    return size.dtype if isinstance(size, Typed) else "float32"


def typed(sizes: Sequence[int], dtype: str) -> Shape:
    """Return a size of a tensor with numbers of this type."""
    if dtype not in TYPES:
        return tuple(sizes)
    made = Typed(sizes)
    made.dtype = dtype
    return made


_HELP = "write `-i 3x224x224`: channels, height, width; a batch may stand in front"


def parse_inputs(texts: "list[str] | tuple[str, ...]") -> dict[str, Shape]:
    """Read the values of `-i`; the key is the input's name, empty where none is given.

    Raises:
        ConvcliError: a text is no size, or an input is given twice.
    """
    sizes: dict[str, Shape] = {}
    for text in texts:
        name, equals, size = text.rpartition("=")
        name = name.strip()
        if name in sizes:
            which = f"the input `{name}`" if name else "the input"
            raise ConvcliError(
                [Diagnostic("CV002", f"{which} is given twice", help="write `-i name=3x224x224` for each")]
            )
        sizes[name] = parse_shape(size if equals else text)
    return sizes


def parse_shape(text: str, help: str = _HELP) -> Shape:
    """Read a size.

    Raises:
        ConvcliError: it is none.
    """
    dtype, colon, numbers = text.strip().partition(":")
    if colon and dtype not in TYPES:
        wanted = f"write `-i name=int64:1x128`; the types are: {', '.join(TYPES)}"
        raise ConvcliError([Diagnostic("CV002", f"`{dtype}` is no type of an input's numbers", help=wanted)])
    bare = (numbers if colon else text).strip().strip("[]()").lower()
    parts = bare.replace("×", "x").replace("x", ",").replace("_", "").split(",")
    parts = [part.strip() for part in parts]
    if parts and not parts[-1] and len(parts) > 1:
        parts.pop()
    if not all(part.isdecimal() and part.isascii() for part in parts):
        raise ConvcliError([Diagnostic("CV002", f"`{text}` is no size", help=help)])
    if any(len(part) > 19 or not 0 < int(part) <= LARGEST for part in parts):
        raise ConvcliError([Diagnostic("CV002", f"`{text}`: a size is a positive integer below 2^63", help=help)])
    return typed([int(part) for part in parts], dtype if colon else "")


def sizes_of(input: "Inputs | None") -> dict[str, Shape]:
    """Return the sizes that a caller gives, as a text, as numbers or as a tensor, for one input or for several.

    Several are by name, or in order: the key of the second is `#1` then, see `by_place`.

    Raises:
        ConvcliError: one is no size.
    """
    if input is None:
        return {}
    named: Mapping[str, Any] = input if isinstance(input, Mapping) else {"": input}
    if isinstance(input, list | tuple) and not isinstance(input, Typed) and input and all(map(_is_size, input)):
        named = {f"{PLACE}{at}": size for at, size in enumerate(input)} if len(input) > 1 else {"": input[0]}
    texts = [(name, size if isinstance(size, str) else _text(size)) for name, size in named.items()]
    return parse_inputs([f"{name}={size}" if name else size for name, size in texts])


def by_place(sizes: Mapping[str, Shape], names: Sequence[str]) -> dict[str, Shape]:
    """Return sizes by name, those that came in order by the names of a network's inputs.

    Raises:
        ConvcliError: there are more sizes than inputs.
    """
    places = [name for name in sizes if name.startswith(PLACE)]
    if len(places) > len(names):
        count = f"{len(names)} input{'s' * (len(names) != 1)}" if names else "no names of inputs"
        help = "name them: `{'image': (1, 3, 64, 64), 'mask': (1, 1, 64, 64)}`"
        raise ConvcliError([Diagnostic("CV003", f"{len(places)} sizes for a network that has {count}", help=help)])
    return {names[places.index(name)] if name in places else name: size for name, size in sizes.items()}


def _is_size(value: Any) -> bool:
    """Say whether a value is a size and no number: the numbers of a size may be of any kind."""
    return isinstance(value, str | Sequence) or (_is_tensor(value) and bool(value.shape))


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _text(size: Any) -> str:
    """Write a size; a tensor has one, and may have integers."""
    if _is_tensor(size):
        return _text(typed(tuple(size.shape), str(size.dtype).rpartition(".")[2]))
    if not isinstance(size, Sequence):
        help = "write (1, 3, 224, 224), or '1x3x224x224', or give a tensor of that size"
        raise ConvcliError([Diagnostic("CV002", f"`{size!r:.40}` is no size", help=help)])
    numbers = ",".join(map(str, size))
    return f"{size.dtype}:{numbers}" if isinstance(size, Typed) else numbers


UNITS = {"": 1, "b": 1, **{f"{sign}b": 1000**power for power, sign in enumerate("kmgt", 1)},
         **{f"{sign}ib": 1024**power for power, sign in enumerate("kmgt", 1)}}  # fmt: skip


def parse_bytes(text: str) -> int:
    """Read a number of bytes: `8GiB`, `24 GB`, `1.5GiB`, `1000000`.

    Raises:
        ConvcliError: it is none.
    """
    size = in_units(text, UNITS)
    if size is None:
        help = "write `--memory 8GiB`: a number, and B, KB, MB, GB, TB or KiB, MiB, GiB, TiB"
        raise ConvcliError([Diagnostic("CV021", f"`{text}` is no number of bytes", help=help)])
    return size


def in_units(text: str, units: Mapping[str, int]) -> int | None:
    """Read a number with one of some units behind it, in small letters; None where it is none."""
    plain = text.strip().lower().replace("_", "")
    digits = plain.rstrip("abcdefghijklmnopqrstuvwxyz/ ")
    whole, _, part = digits.partition(".")
    unit = units.get(plain[len(digits) :].strip())
    if unit is None or not (whole + part).isdecimal() or not digits.isascii() or len(digits) > 20:
        return None
    value: int = int(whole + part) * unit // 10 ** len(part)
    return value
