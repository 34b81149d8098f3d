"""Reading a document that nobody vouches for: a value with its place, which says what it should have been."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

LARGEST = (1 << 63) - 1


class Unfit(Exception):
    """A value is not what it should be; the message names its place."""


class Place:
    """A value of a JSON document, and where it stands."""

    def __init__(self, value: Any, path: str) -> None:
        self.value = value
        self.path = path

    def get(self, name: str) -> "Place":
        """Return a field of an object; one that is missing is None."""
        return Place(self.fields().get(name), f"{self.path}.{name}")

    def items(self, name: str) -> "Sequence[Place]":
        """Return the items of a field that is a list."""
        return self.get(name).each()

    def each(self) -> "Sequence[Place]":
        """Return the items of a list."""
        if not isinstance(self.value, list):
            raise self.unfit("a list")
        return [Place(item, f"{self.path}[{at}]") for at, item in enumerate(self.value)]

    def fields(self) -> Mapping[str, Any]:
        """Return the fields of an object."""
        if not isinstance(self.value, dict):
            raise self.unfit("an object")
        return self.value

    def maybe(self, read: "Callable[[Place], T]") -> T | None:
        """Read a value that may be null."""
        return None if self.value is None else read(self)

    def text(self) -> str:
        """Read a text."""
        if not isinstance(self.value, str):
            raise self.unfit("a text")
        return self.value

    def one_of(self, *words: str) -> str:
        """Read one of some words."""
        if self.value not in words:
            raise self.unfit(" or ".join(f"`{word}`" for word in words))
        return self.text()

    def flag(self) -> bool:
        """Read true or false."""
        if not isinstance(self.value, bool):
            raise self.unfit("true or false")
        return self.value

    def whole(self, least: int = 0) -> int:
        """Read an integer."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= LARGEST:
            raise self.unfit(f"an integer from {least}")
        return self.value

    def number(self) -> float:
        """Read a number that is not negative."""
        fits = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        if not fits or not 0 <= self.value <= LARGEST:
            raise self.unfit("a number from 0")
        return float(self.value)

    def unfit(self, expected: str) -> Unfit:
        """Return what to say of a value that is something else."""
        return Unfit(f"`{self.path}` should be {expected}, found {_found(self.value)}")


def _found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return f"`{value}`"
