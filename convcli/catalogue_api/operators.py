"""The catalogue of operators and of short words, in words and ready to be shown."""

import re
from contextlib import suppress
from typing import Any

from convcli.argument import REQUIRED, Argument, WrongValue
from convcli.catalogue_api.missing import refuse_unknown
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import Operator
from convcli.ops.catalogue import CATALOGUE, LAZY, find, find_lazy, names, operator
from convcli.ops.short import CHANNELS, LETTERS, SHORT_WORDS, ShortWord
from convcli.quantity import Shape, Shown
from convcli.record import Record


class ArgumentEntry(Record):
    """An argument: `accepts` says it in words; `default` is as in code, None where there is none."""

    name: str
    accepts: str
    default: str | None
    inferred: bool
    keyword_only: bool


class OperatorEntry(Record):
    """All that the catalogue knows of an operator.

    Attributes:
        kind: "module", a class of torch.nn, or "function".
        summary: the first line of `description`, whose paragraphs say what it does and costs.
        ranks: the input's possible numbers of dimensions with the batch; empty for any.
        unbatched: whether the batch may be missing.
        numbers: the type of number in the input: "floating point", "integer" or "any".
        inputs: the least and the largest number of input tensors; None where the arguments say it.
        weights, buffers: the shape of each as `[out_channels, in_channels / groups]`, with default arguments.
        lazy: the signature of the lazy form, or None.
    """

    name: str
    family: str
    kind: str
    signature: str
    summary: str
    description: tuple[str, ...]
    arguments: tuple[ArgumentEntry, ...]
    ranks: tuple[int, ...]
    unbatched: bool
    numbers: str
    inputs: tuple[int, int] | None
    weights: dict[str, str]
    buffers: dict[str, str]
    lazy: str | None
    short_words: tuple[str, ...]


class ShortWordEntry(Record):
    """A short word: the operators it may mean, what its numbers and letters stand for, what it implies.

    An implied `_` is read from the input.
    """

    word: str
    operators: tuple[str, ...]
    places: tuple[str, ...]
    letters: dict[str, str]
    implied: dict[str, str]


def ops(name: str | None = None) -> tuple[OperatorEntry, ...] | OperatorEntry:
    """Return what is known of an operator, or of all (see `convcli.ops`)."""
    if name is None:
        return tuple(map(_operator, map(operator, names())))
    cls = find(name) if name in names() else find_lazy(name)
    if cls is None and name in SHORT_WORDS:
        cls = _meant(SHORT_WORDS[name])[-2:][0]  # in two dimensions, if it has any number of them
    if cls is None:
        refuse_unknown("CV201", "operator", name, [*names(), *SHORT_WORDS], "`convcli ops` lists them")
    return _operator(cls)


def _operator(cls: type[Operator]) -> OperatorEntry:
    family = next(f.title for f in CATALOGUE if cls.name in f"{f.modules} {f.functions}".split())
    summary = (cls.__doc__ or "").strip().partition("\n")[0]
    weights, buffers = _tensors(cls)
    lazy = None
    if find_lazy(LAZY + cls.name):
        written = [a._replace(default=cls.lazy_defaults.get(a.name, a.default)) for a in cls.arguments.values()]
        lazy = _signature(LAZY + cls.name, [a for a in written if not a.inferred], cls.variadic)
    return OperatorEntry(
        cls.name, family, "module" if cls.module else "function",
        _signature(cls.name, list(cls.arguments.values()), cls.variadic), summary, tuple(_description(cls)),
        tuple(_argument(declared, cls.axes) for declared in cls.arguments.values()), cls.ranks, cls.unbatched,
        cls.takes, cls.arity if cls.module else None, weights, buffers, lazy,
        tuple(word for word, entry in SHORT_WORDS.items() if cls in _meant(entry)),
    )  # fmt: skip


def _argument(declared: Argument, axes: int) -> ArgumentEntry:
    default = None if declared.default is REQUIRED else repr(declared.default)
    return ArgumentEntry(declared.name, declared.kind.words(axes), default, declared.inferred, declared.keyword_only)


def _signature(name: str, arguments: list[Argument], variadic: str) -> str:
    parts: list[str] = []
    for declared in arguments:
        starred = declared.name == variadic
        if declared.keyword_only and not any(part.startswith("*") for part in parts):
            parts.append("*")
        default = "" if declared.default is REQUIRED or starred else f"={declared.default!r}"
        parts.append(f"{'*' * starred}{declared.name}{default}")
    return f"{name}({', '.join(parts)})"


def _description(cls: type[Operator]) -> list[str]:
    """Return the paragraphs of a class's docstring, and of its bases' up to the one that does its counting.

    Another operator among the bases speaks for itself, unless `cls` is its function. A first
    sentence such as "What all of them share." is for readers of the source.
    """
    counts = max(_owner(cls, "macs"), _owner(cls, "other_ops"))
    last = counts if counts >= 0 else _owner(cls, "outputs")
    paragraphs: list[str] = []
    for place, base in enumerate(cls.__mro__[: cls.__mro__.index(Operator)]):
        other = place > 0 and base.__name__ in names()
        twin = other and cls.__mro__[place - 1] is Function
        if base is not Function and (twin or (place <= max(last, 0) and not other)):
            text = re.sub(r"\A(What|The arguments) [^.]*\.\s*", "", (base.__doc__ or "").strip())
            for paragraph in re.split(r"\n\s*\n", text):
                paragraphs += _TOPIC.split(" ".join(paragraph.split()))
    return [paragraph for paragraph in dict.fromkeys(paragraphs) if paragraph]


_TOPIC = re.compile(r"(?<=\.) (?=(?:MACs|Other operations|Operations|Output size|other_ops):)")
"""Where a new topic begins, and so a new paragraph."""


def _owner(cls: type[Operator], method: str) -> int:
    """Return how many classes up a method is defined, -1 where `Operator` itself does it."""
    place = next(place for place, base in enumerate(cls.__mro__) if method in base.__dict__)
    return -1 if cls.__mro__[place] is Operator else place


def _tensors(cls: type[Operator]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the shapes of weights and buffers in the words of the arguments, from an operator with sample values."""
    try:
        needed = {name: _sample(a, cls.axes) for name, a in cls.arguments.items() if a.default is REQUIRED}
        op = cls.of(**needed).shown()
        return _in_words(op.weights()), _in_words(op.buffers())
    except (Refusal, WrongValue):  # it needs other values, as resizing does; none of those has weights
        return {}, {}


def _sample(declared: Argument, axes: int) -> Any:
    """Return a value that an argument takes: 8, or a list of one."""
    with suppress(WrongValue):
        return declared.kind.accept(8, axes)
    return declared.kind.accept([8], axes)


def _in_words(shapes: dict[str, Shape]) -> dict[str, str]:
    return {
        name: f"[{', '.join(size.words if isinstance(size, Shown) else str(size) for size in shape)}]"
        for name, shape in shapes.items()
    }


def short_words() -> tuple[ShortWordEntry, ...]:
    """Return the table of short words.

    Example:
        >>> [entry.word for entry in short_words() if "Linear" in entry.operators]
        ['fc', 'linear']
    """
    return tuple(_short_word(word, entry) for word, entry in SHORT_WORDS.items())


def _short_word(word: str, entry: ShortWord) -> ShortWordEntry:
    operators = _meant(entry)
    letters = {letter: name for letter, name in LETTERS.items() if name in operators[0].arguments}
    implied = {name: "_" if value is CHANNELS else repr(value) for name, value in entry.fixed.items()}
    return ShortWordEntry(word, tuple(cls.name for cls in operators), entry.places, letters, implied)


def _meant(entry: ShortWord) -> list[type[Operator]]:
    many = "{n}" in entry.operator
    return [operator(entry.operator.format(n=n)) for n in (1, 2, 3)] if many else [operator(entry.operator)]
