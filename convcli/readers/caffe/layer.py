"""One layer of a Caffe file, and its numbers."""

import re

from convcli.diagnostics import Diagnostic
from convcli.layer.syntax import At, Expression
from convcli.readers.caffe.prototxt import Message
from convcli.readers.complaints import Complaints, slips
from convcli.source import Span

_INTEGER = re.compile(r"[-+]?\d{1,19}$")


class Layer:
    """A layer: its type, the tensors that it reads, its own parameters."""

    def __init__(
        self, kind: str, message: Message, inputs: list[Expression], tops: int, complaints: Complaints
    ) -> None:
        self.kind = kind
        self.message = message
        self.inputs = inputs
        self.tops = tops
        self.complaints = complaints
        self.own: dict[str, Options] = {}

    @property
    def at(self) -> At:
        """Where the layer begins: its type."""
        return self.message.place("type")

    def options(self, name: str) -> "Options":
        """Return the parameters of a kind, `convolution_param`."""
        if name not in self.own:
            self.own[name] = Options(f"`{name}`", self.message.message(name), self)
        return self.own[name]

    def slips(self) -> list[Diagnostic]:
        """Return a warning for each message of options, and each option, that is nearly one of this type."""
        found = slips(self.places(self.message), self.own, self.kind)
        for one in self.own.values():
            found += one.slips()
        return found

    def places(self, message: Message) -> dict[str, Span]:
        """Return where each field of a message stands."""
        return {name: Span(self.complaints.source, *message.place(name)) for name in message.fields}


class Options:
    """Parameters, of which some are numbers; what is asked for is noted."""

    def __init__(self, what: str, message: Message, layer: Layer) -> None:
        self.what = what
        self.message = message
        self.layer = layer
        self.asked: set[str] = set()
        self.parts: list[Options] = []

    def slips(self) -> list[Diagnostic]:
        """Return a warning for each parameter that is nearly one that is asked for."""
        found = slips(self.layer.places(self.message), self.asked, self.what)
        for one in self.parts:
            found += one.slips()
        return found

    def shapes(self, name: str = "shape") -> list[list[int]]:
        """Return the sizes in each message `shape { dim: 1 dim: 3 }`."""
        self.asked.add(name)
        found = [Options(f"`{name}`", one, self.layer) for one in self.message.messages(name)]
        self.parts += found
        return [one.integers("dim") for one in found]

    def text(self, name: str, default: str) -> str:
        """Return a text, a word, or a number as it is written; of several the last."""
        self.asked.add(name)
        return self.message.text(name, default)

    def texts(self, name: str) -> list[str]:
        """Return the texts of a parameter that may stand several times."""
        self.asked.add(name)
        return self.message.texts(name)

    def at(self, *names: str) -> At:
        """Return where the first of some parameters stands that does, or the layer."""
        self.asked.update(names)
        found = next((name for name in names if name in self.message.fields), None)
        return self.message.place(found) if found else self.layer.at

    def has(self, *names: str) -> bool:
        """Say whether one of some parameters stands there."""
        self.asked.update(names)
        return any(name in self.message.fields for name in names)

    def integers(self, name: str) -> list[int]:
        """Return the numbers of a parameter that may stand several times."""
        texts = self.texts(name)
        if not all(map(_INTEGER.match, texts)):
            self.layer.complaints.complain("CV081", f"`{name}` is a number, found `{texts[-1][:40]}`", self.at(name))
            return [1 for _ in texts]
        return list(map(int, texts))

    def integer(self, name: str, default: int) -> int:
        """Return a number."""
        found = self.integers(name)
        return found[-1] if found else default

    def positive(self, name: str, default: int | None = None) -> int:
        """Return a number that has to be 1 or more."""
        found = self.integer(name, default or 0)
        if found < 1:
            what = f"found {found}" if self.has(name) else "and is missing"
            self.layer.complaints.complain("CV081", f"`{name}` is a positive number, {what}", self.at(name))
        return max(found, 1)

    def real(self, name: str, default: float) -> float:
        """Return a number with a fraction."""
        text = self.text(name, str(default))
        try:
            return float(text)
        except ValueError:
            self.layer.complaints.complain("CV081", f"`{name}` is a number, found `{text[:40]}`", self.at(name))
            return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return what is true or false."""
        return self.text(name, str(default)).lower() in ("true", "1", "t")

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of some words, which may be written as its number; the first where there is none."""
        text = self.text(name, choices[0])
        found = dict(zip(map(str, range(len(choices))), choices, strict=True)).get(text, text)
        if found not in choices:
            message = f"`{name}` is one of {', '.join(choices)}, found `{text[:40]}`"
            self.layer.complaints.complain("CV081", message, self.at(name))
        return found

    def sides(self, name: str, default: int, *both: str) -> list[int]:
        """Return a number for height and one for width: `kernel_size`, or `kernel_h` and `kernel_w`."""
        if both and self.has(*both):
            return [self.integer(one, default) for one in both]
        found = self.integers(name) or [default]
        return [found[0], found[-1]] if len(found) <= 2 else found
