"""What an operator's argument may be: its name, kind, default, and whether its input can tell it.

A kind checks a value, brings it into its one normal form (a kernel of 3 becomes `(3, 3)` for a
2-d operator), and says in words what it accepts. Tests draw random values from the same kinds.
"""

from collections.abc import Iterable
from typing import Any

from convcli.quantity import LARGEST, UNKNOWN
from convcli.record import Record


class _Mark:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


REQUIRED = _Mark("required")
"""The default of an argument that has none."""

INFER = _Mark("_")
"""The value that is read from what flows in, written `_`."""


class WrongValue(ValueError):
    """A value is not of its argument's kind; the text says what is expected."""


class Kind:
    """A set of values. `axes` is the operator's number of spatial axes."""

    def accept(self, value: Any, axes: int) -> Any:
        """Return the value in its normal form, or raise `WrongValue`."""
        raise WrongValue(self.words(axes))

    def words(self, axes: int) -> str:
        """Say what is accepted: "a positive integer"."""
        return "something else"

    def show(self, value: Any) -> str:
        """Write a normal form as a user would."""
        return repr(value)


class Integer(Kind):
    """An integer with bounds."""

    def __init__(self, minimum: int | None = None, maximum: int = LARGEST) -> None:
        self.minimum = minimum
        self.maximum = maximum

    def accept(self, value: Any, axes: int) -> Any:
        if value is UNKNOWN:
            return value
        if not isinstance(value, int) or isinstance(value, bool) or value > self.maximum:
            raise WrongValue(self.words(axes))
        if value < (-LARGEST - 1 if self.minimum is None else self.minimum):
            raise WrongValue(self.words(axes))
        return value

    def words(self, axes: int) -> str:
        names = {None: "an integer", 0: "an integer of 0 or more", 1: "a positive integer"}
        text = names.get(self.minimum, f"an integer of {self.minimum} or more")
        return text if self.maximum == LARGEST else f"{text}, at most {self.maximum}"


class Real(Kind):
    """A number, whole or not, with bounds that belong to it."""

    def __init__(self, minimum: float | None = None, maximum: float | None = None) -> None:
        self.minimum = minimum
        self.maximum = maximum

    def accept(self, value: Any, axes: int) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise WrongValue(self.words(axes))
        if self.minimum is not None and not value >= self.minimum:
            raise WrongValue(self.words(axes))
        if self.maximum is not None and not value <= self.maximum:
            raise WrongValue(self.words(axes))
        return value

    def words(self, axes: int) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f"a number from {self.minimum:g} to {self.maximum:g}"
        return "a number" if self.minimum is None else f"a number of {self.minimum:g} or more"


class Flag(Kind):
    """True or False."""

    def accept(self, value: Any, axes: int) -> Any:
        if not isinstance(value, bool):
            raise WrongValue(self.words(axes))
        return value

    def words(self, axes: int) -> str:
        return "True or False"


class Word(Kind):
    """One of a few strings."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def accept(self, value: Any, axes: int) -> Any:
        if value not in self.choices:
            raise WrongValue(self.words(axes))
        return value

    def words(self, axes: int) -> str:
        quoted = [repr(choice) for choice in self.choices]
        return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if quoted[1:] else quoted[0]


class PerAxis(Kind):
    """One value for all spatial axes, or one for each; normal form is a tuple with one for each."""

    def __init__(self, each: Kind) -> None:
        self.each = each

    def accept(self, value: Any, axes: int) -> Any:
        if isinstance(value, list | tuple) and not isinstance(value, Slot):
            if len(value) != axes:
                raise WrongValue(self.words(axes))
            return tuple(self._each(item, axes) for item in value)
        return (self._each(value, axes),) * axes

    def _each(self, value: Any, axes: int) -> Any:
        try:
            return self.each.accept(value, axes)
        except WrongValue:
            raise WrongValue(self.words(axes)) from None

    def words(self, axes: int) -> str:
        return self.each.words(axes) if axes == 1 else f"{self.each.words(axes)}, or {axes} of them"

    def show(self, value: Any) -> str:
        if isinstance(value, tuple) and all(item == value[0] for item in value[1:]):
            return self.each.show(value[0])
        return repr(value)


class Many(Kind):
    """A list of values; a single one stands for a list of `spread` of them (1 unless told)."""

    def __init__(self, each: Kind, length: int | None = None, *, spread: int | None = 1) -> None:
        self.each = each
        self.length = length
        self.spread = spread

    def accept(self, value: Any, axes: int) -> Any:
        if not isinstance(value, list | tuple) or isinstance(value, Slot):
            if self.spread is None:
                raise WrongValue(self.words(axes))
            value = (value,) * self.spread
        if self.length is not None and len(value) != self.length:
            raise WrongValue(self.words(axes))
        try:
            return tuple(self.each.accept(item, axes) for item in value)
        except WrongValue:
            raise WrongValue(self.words(axes)) from None

    def words(self, axes: int) -> str:
        count = "a list" if self.length is None else f"a list of {self.length}"
        return f"{count}, each {self.each.words(axes)}"

    def show(self, value: Any) -> str:
        if self.spread and len(value) == self.spread and all(item == value[0] for item in value[1:]):
            return self.each.show(value[0])
        return repr(value)


class Either(Kind):
    """Any of several kinds; the first that accepts a value gives its normal form."""

    def __init__(self, *kinds: Kind) -> None:
        self.kinds = kinds

    def accept(self, value: Any, axes: int) -> Any:
        for kind in self.kinds:
            try:
                return kind.accept(value, axes)
            except WrongValue:
                continue
        raise WrongValue(self.words(axes))

    def words(self, axes: int) -> str:
        return ", or ".join(kind.words(axes) for kind in self.kinds)

    def show(self, value: Any) -> str:
        return next((k.show(value) for k in self.kinds if isinstance(k, PerAxis | Many) and _tuple(value)), repr(value))


class Nothing(Kind):
    """None."""

    def accept(self, value: Any, axes: int) -> Any:
        if value is not None:
            raise WrongValue(self.words(axes))
        return None

    def words(self, axes: int) -> str:
        return "None"


class Slot(Record):
    """Stands for a tensor in an argument list: it is input number `input`."""

    input: int


class Tensor(Kind):
    """A tensor, in the argument list of a function; `many` for a list of tensors.

    The normal form is a `Slot`, or a tuple of them; the tensors themselves are the inputs. An
    `optional` one may also be None.
    """

    def __init__(self, *, many: bool = False, number: bool = False, optional: bool = False) -> None:
        self.many = many
        self.number = number
        self.optional = optional

    def accept(self, value: Any, axes: int) -> Any:
        if value is None and self.optional:
            return None
        if self.many and isinstance(value, list | tuple) and not isinstance(value, Slot):
            if value and all(isinstance(item, Slot) for item in value):
                return tuple(value)
        elif (not self.many and isinstance(value, Slot)) or (
            self.number and isinstance(value, int | float) and not isinstance(value, bool)
        ):
            return value
        raise WrongValue(self.words(axes))

    def words(self, axes: int) -> str:
        words = "a list of tensors" if self.many else "a tensor or a number" if self.number else "a tensor"
        return f"{words}, or None" if self.optional else words


def _tuple(value: object) -> bool:
    return isinstance(value, tuple)


def optional(kind: Kind) -> Either:
    """Accept None as well."""
    return Either(Nothing(), kind)


POSITIVE = Integer(1)
NATURAL = Integer(0)
ANY_INTEGER = Integer()
FLAG = Flag()
REAL = Real()
PROBABILITY = Real(0, 1)


class Argument(Record):
    """One argument of an operator, as torch names it.

    `inferred` says that `_`, or leaving it out by keyword, reads it from the input.
    """

    kind: Kind
    default: Any = REQUIRED
    inferred: bool = False
    keyword_only: bool = False
    name: str = ""


def argument(kind: Kind, default: Any = REQUIRED, *, inferred: bool = False, keyword_only: bool = False) -> Any:
    """Declare an argument in the body of an operator's class."""
    return Argument(kind, default, inferred, keyword_only, "")


def known_arguments(names: Iterable[str]) -> str:
    """Say which arguments there are."""
    return f"its arguments are: {', '.join(names) or 'none'}"


def normal(kind: Kind, value: Any, axes: int) -> Any:
    """Return a default in its normal form; a value that is no default stays as it is."""
    try:
        return kind.accept(value, axes)
    except WrongValue:
        return value
