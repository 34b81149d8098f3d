"""Records: immutable tuples with named fields, that cost almost nothing to define.

A `typing.NamedTuple` compiles a constructor for each class, which takes a fortieth of the whole
start for each; convcli has more than forty records. A `Record` is used in the same way, and
checkers see its fields through `dataclass_transform`.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

R = TypeVar("R", bound="Record")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        """Stand in for the decorator, which does nothing when the program runs."""
        return lambda cls: cls


try:
    from _collections import _tuplegetter  # type: ignore[import-not-found]  # what namedtuple uses

    _GETTERS = [_tuplegetter(index, "") for index in range(32)]
except ImportError:  # another Python than CPython
    _GETTERS = [property(itemgetter(index)) for index in range(32)]


_new = tuple.__new__


@dataclass_transform(frozen_default=True)
class Record(tuple[Any, ...]):
    """The base of all records; fields are the annotations of the class, defaults their values."""

    __slots__ = ()

    if TYPE_CHECKING:
        _fields: ClassVar[tuple[str, ...]]
    else:
        _fields: ClassVar[tuple[str, ...]] = ()
        _defaults: ClassVar[dict[str, Any]] = {}
        _size: ClassVar[int] = 0

        def __init_subclass__(cls) -> None:
            body = cls.__dict__
            own = tuple(body["__annotations__"] if "__annotations__" in body else _deferred(cls))
            start = len(cls._fields)
            defaults = {name: body[name] for name in own if name in body}
            if defaults or cls._defaults:
                cls._defaults = {**cls._defaults, **defaults}
            cls._fields += own
            cls._size = len(cls._fields)
            for index, name in enumerate(own, start):
                setattr(cls, name, _GETTERS[index])

        def __new__(cls: type[R], /, *values: Any, **named: Any) -> R:
            if len(values) == cls._size and not named:
                return _new(cls, values)
            return tuple.__new__(cls, cls._complete(values, named))

        @classmethod
        def _complete(cls, values: tuple[Any, ...], named: dict[str, Any], /) -> tuple[Any, ...]:
            rest = cls._fields[len(values) :]
            stray = [name for name in named if name not in rest]
            missing = [name for name in rest if name not in named and name not in cls._defaults]
            if stray or missing or len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__}({', '.join(cls._fields)}): stray {stray}, missing {missing}")
            return (*values, *(named[name] if name in named else cls._defaults[name] for name in rest))

    def _replace(self: R, **changes: Any) -> R:
        """Return a copy with other values in some fields."""
        return type(self)(**{**self.as_dict(), **changes})

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by their names; what is in them stays as it is."""
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({fields})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


def _deferred(cls: type) -> tuple[str, ...]:
    """Return the names of a class's own annotations, which Python 3.14 evaluates only when asked for."""
    return tuple(cls.__annotations__) if "__annotate_func__" in cls.__dict__ else ()
