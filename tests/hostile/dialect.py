"""What a format has to know for the list of kinds: a small good file, and how it writes what a kind is about."""

import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

Text = str | bytes
"""What a file holds, without the archive around it; of a format that is no text bytes."""
Links = list[tuple[str, list[str]]]
"""Layers by name with what flows into each; `input` is the network's input."""

ESCAPE = "\x1b[31mred\x1b]0;title\x07"
CODE = "__import__('os').system('touch gone')"

IS_NO_ARCHIVE = "the format is no archive"
ONE_FILE = "no file of the format names another file"

HARMLESS = {
    "a byte order mark": "it is left out",
    "2^31": "it is a size like others, and counted exactly",
    "0": "a tensor may be empty",
    "a product past 2^63": "numbers have no largest one, and are counted exactly",
    "sums that double": "each is one layer, whatever it takes",
    "channels that double": "every size stands in the file",
    "a layer that takes a later one": "what is needed first is read first",
    "a long name": "it is cut where it is shown",
    "a name twice": "the second gets another one, or takes the place of the first",
    "a name for a terminal": "it is shown without what a terminal would act on",
    "half a character as a name": "it is shown as a sign of its own",
    "a name of several lines": "it is shown in one line",
    "a text for a terminal": "it is shown without what a terminal would act on",
    "a layer for a terminal": "a layer that is not known is named, and not counted; it is shown without its signs",
    "a layer that there is not": "a layer that is not known is named, and not counted",
    "a path as a layer": "a layer that is not known is named, and not counted; no file is opened",
    "a size that is too large": "what an archive says of a size is not believed",
    "a pickle beside it": "nothing is opened but what is read",
    "a file elsewhere": "it is named, and never opened",
}
"""Kinds that do no harm in some formats, each with the reason."""


def harmless(*kinds: str) -> dict[str, str]:
    """Return kinds that do no harm, with the reasons."""
    return {kind: HARMLESS[kind] for kind in kinds}


class Dialect:
    """How one format writes things; every method returns a file with one thing in it.

    Attributes:
        name: what the format is called here.
        file: what a file of it is called.
        options: what is said beside the file.
        absent: the kinds that the format has no spelling for, each with the reason.
        answered: the kinds, and cases of its own, that are no harm, each with the reason: they get an answer.
        limit: bytes that are read of a file.
        bare: whether it needs nothing beside convcli: it has to do with little memory then, all in all.
    """

    name: str
    file: str
    options: tuple[str, ...] = ()
    absent: dict[str, str] = {}
    answered: dict[str, str] = {}
    limit: int = 2 * 2**20
    bare: bool = True
    words: dict[str, str] = {
        "nan": "NaN", "true": "true", "null": "null", "text": '"many"', "list": "[1, [2, 3]]", "infinity": "1e999",
    }  # fmt: skip

    def write(self, text: Text) -> bytes:
        """Return a file that holds a text."""
        return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

    def arguments(self) -> list[str]:
        """Return the arguments of `convcli` that ask about the file."""
        return ["profile", self.file, *self.options]

    def good(self) -> Text:
        """Return a small network that nothing is wrong with."""
        raise NotImplementedError

    def sized(self, size: str) -> Text:
        """Write a size as it is."""
        raise NotImplementedError

    def sizes(self, size: int) -> Text:
        """Write two sizes whose product is one of a layer's figures."""
        raise NotImplementedError

    def repeated(self, count: int) -> Text:
        """Say that a layer is there so many times."""
        raise NotImplementedError

    def row(self, count: int) -> Text:
        """Write so many layers."""
        raise NotImplementedError

    def nested(self, levels: int, *, closed: bool) -> Text:
        """Write what can hold itself, so many times one in the other."""
        raise NotImplementedError

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        """Write layers with what flows into each; several are joined to a `sum`, or `side by side`."""
        raise NotImplementedError

    def named(self, *names: str) -> Text:
        """Give layers these names."""
        raise NotImplementedError

    def unknown(self, kind: str) -> Text:
        """Write a layer of this type."""
        raise NotImplementedError

    def said(self, text: str) -> Text:
        """Write a text where few are allowed."""
        raise NotImplementedError

    def missing(self) -> Text:
        """Leave out what has to be there."""
        raise NotImplementedError

    def top(self) -> Text:
        """Write something else in the place of the whole."""
        raise NotImplementedError

    def nulls(self) -> Text:
        """Write nothing in the place of every value."""
        raise NotImplementedError

    def aliases(self) -> Text:
        """Write lists that hold each the one before nine times, by reference."""
        raise NotImplementedError

    def bait(self) -> Text:
        """Write a text at which a careless pattern looks again and again."""
        raise NotImplementedError

    def outside(self) -> Text:
        """Name a file that is none of the network's."""
        raise NotImplementedError

    def members(self) -> dict[str, bytes]:
        """Return the files of an archive."""
        raise NotImplementedError

    def own(self) -> dict[str, Callable[[], Text]]:
        """Return cases that only this format has."""
        return {}


def garbage(size: int = 20_000) -> bytes:
    """Draw bytes, always the same."""
    return random.Random(size).randbytes(size)


def archive(members: dict[str, bytes], level: int = 6) -> bytes:
    """Pack files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as into:
        for name, data in members.items():
            into.writestr(name, data)
    return made.getvalue()


def json_nulls(value: Any, level: int = 0) -> Any:
    """Return a value of JSON with nothing in the place of all its values."""
    if isinstance(value, dict) and value:
        return {key: json_nulls(one, level + 1) for key, one in value.items()}
    return [json_nulls(one, level + 1) for one in value] if isinstance(value, list) and value else None
