"""The catalogue: every operator's name and the file that has it, in the order of the documentation.

A new operator is one class in its family's file, and its name here.
"""

from importlib import import_module
from typing import NamedTuple

from convcli.op import Operator


class Family(NamedTuple):
    """Operators that share a file of this folder."""

    file: str
    title: str
    modules: str
    """Names of torch.nn classes."""
    functions: str = ""
    """Names of torch's functions."""


CATALOGUE: tuple[Family, ...] = (
    Family(
        "convolution",
        "Convolution",
        "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    ),
)

_FILES: dict[str, str] = {
    name: family.file for family in CATALOGUE for name in f"{family.modules} {family.functions}".split()
}
LAZY = "Lazy"
"""torch's prefix for modules that read their input side from the first input."""


def names() -> tuple[str, ...]:
    """Return the name of every operator, without the lazy forms."""
    return tuple(_FILES)


def find(name: str) -> type[Operator] | None:
    """Return the operator of this name, or None. Its file is imported when first asked for."""
    found = _FOUND.get(name)
    if found is None and name in _FILES:
        file = import_module(f"convcli.ops.{_FILES[name]}")
        for value in vars(file).values():
            if isinstance(value, type) and issubclass(value, Operator):
                _FOUND.setdefault(value.name, value)
        found = _FOUND[name]
    return found


def find_lazy(name: str) -> type[Operator] | None:
    """Return the operator whose lazy form this name is (`LazyConv2d` of `Conv2d`), or None."""
    cls = find(name[len(LAZY) :]) if name.startswith(LAZY) else None
    has_lazy = cls is not None and cls.lazy and any(declared.inferred for declared in cls.arguments.values())
    return cls if has_lazy else None


_FOUND: dict[str, type[Operator]] = {}
