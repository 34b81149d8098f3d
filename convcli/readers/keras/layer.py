"""One layer of a Keras model: its class, its arguments, and axes with the channels behind the batch.

Keras puts channels last; here they come first, as in torch. `(224, 224, 3)` is 3x224x224, and the last axis is axis 1.
"""

from typing import Any

from convcli.diagnostics import Diagnostic, nearest
from convcli.readers.complaints import Complaints, slips
from convcli.readers.keras.dialect import OPTIONS, WORDS, modern
from convcli.readers.places_json import Object
from convcli.source import Span


class Layer:
    """A layer, its arguments checked as they are asked for."""

    def __init__(self, record: Object, complaints: Complaints, *, channels_first: bool) -> None:
        self.complaints = complaints
        self.record = record
        found = record.get("config")
        self.config: Object = found if isinstance(found, Object) else Object()
        self.kind = modern(str(record.get("class_name", "")), self.config)
        self.at = record.place("class_name")
        self.channels_first = channels_first
        self.name = str(self.config.get("name") or record.get("name") or self.kind or "layer")

    def refuse(self, name: str, what: str) -> None:
        """Complain of an argument."""
        found = f"found {str(self.config[name])[:40]}" if name in self.config else "and is missing"
        meant = nearest(name, self.config) if name not in self.config else None
        place = self.config.keys_at[meant] if meant in self.config.keys_at else self.config.places.get(name, self.at)
        help = f"`{meant[:40]}` is no option of {self.kind}: write `{name}`" if meant else ""
        self.complaints.complain("CV081", f"`{name}` is {what}, {found}", place, help)

    def slips(self) -> list[Diagnostic]:
        """Return a warning for each option that is nearly one that counts."""
        if self.kind in ("Lambda", "TFOpLambda"):
            return []
        source = self.complaints.source
        places = {name: Span(source, *at) for name, at in self.config.keys_at.items() if name not in OPTIONS}
        wrong = [found.span for found in self.complaints.findings if found.span]
        nearly = slips(places, WORDS, self.kind)
        return [one for one in nearly if not any(one.span == span for span in wrong)]

    def integer(self, name: str, default: Any = None, least: int = 1) -> int:
        """Return a whole number."""
        found: Any = self.config.get(name, default)
        whole: Any = int(found) if isinstance(found, float) and found.is_integer() else found
        if isinstance(whole, int) and not isinstance(whole, bool) and whole >= least:
            return int(whole)
        self.refuse(name, f"a whole number of at least {least}")
        return least

    def several(self, name: str, count: int, default: Any = 1) -> list[int]:
        """Return a whole number for each axis."""
        found = self.config.get(name)
        found = default if found is None else found
        found = [found] * count if type(found) is int else found
        if isinstance(found, list) and len(found) == count and all(type(one) is int and one >= 1 for one in found):
            return found
        self.refuse(name, f"{count} whole numbers of at least 1")
        return [1] * count

    def real(self, name: str, default: float) -> float:
        """Return a number."""
        found = self.config.get(name)
        found = default if found is None else found
        found = found.get("value", default) if isinstance(found, Object) else found
        if isinstance(found, int | float) and not isinstance(found, bool):
            return float(found)
        self.refuse(name, "a number")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return what is true or false."""
        return bool(self.config.get(name, default))

    def word(self, name: str, default: str) -> str:
        """Return a name; a function that is written as an object has its name in it."""
        found = self.config.get(name)
        if isinstance(found, Object):
            inner = found.get("config")
            found = inner if isinstance(inner, str) else found.get("class_name")
        return default if found is None else str(found)

    def dims(self, shape: list[Any]) -> list[Any]:
        """Return sizes without a batch, channels first."""
        return shape if self.channels_first or len(shape) < 2 else [shape[-1], *shape[:-1]]

    def axis(self, found: Any, rank: int) -> int:
        """Return an axis, of a tensor with a batch, as it is counted with the channels in front."""
        found = found[0] if isinstance(found, list) and len(found) == 1 else found
        if type(found) is not int or not -rank <= found < rank:
            self.refuse("axis", f"an axis of {rank}")
            return 1
        own = int(found) % rank
        if self.channels_first or own == 0:
            return own
        return 1 if own == rank - 1 else own + 1
