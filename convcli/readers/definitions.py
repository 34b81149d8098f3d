"""Definitions of modules of other tools in our own language, as far as a network needs them.

They are blocks, with two additions for what the language has no loops for: a line with <k> is written
once for each inner module, one with <l> for each level of a head, and <k*m> are all of them: `m[0], m[1]`.
A line `<Name>` stands for the lines of another definition.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from convcli.blocks import Block
from convcli.diagnostics import ConvcliError
from convcli.readers.files import read_text
from convcli.readers.network_file import read_definitions
from convcli.source import Source

LIBRARY = "convcli's definitions"
"""What messages would call the text; they show the place in the user's file instead."""

_HEAD = re.compile(r"^  (\w+)\(", re.MULTILINE)
_ALL = re.compile(r"<([kl])\*([\w.]+)>")
_ONE = re.compile(r"<([kl])>")
_INCLUDED = re.compile(r"^    - <(\w+)>\n", re.MULTILINE)


def texts(*files: Path) -> dict[str, str]:
    """Return the text of every definition in some files, by its name."""
    found: dict[str, str] = {}
    for file in files:
        text = read_text(file).text
        starts = [*_HEAD.finditer(text)]
        ends = [*(start.start() for start in starts[1:]), len(text)]
        found |= {start[1]: text[start.start() : end] for start, end in zip(starts, ends, strict=True)}
    return found


def definitions(
    known: Mapping[str, str], names: Iterable[str], counts: Mapping[str, int], activation: str = ""
) -> tuple[Source, tuple[Block, ...]]:
    """Return the blocks of these names and all that they are made of, and the text that they stand in.

    `counts` says how many times lines with <k> and with <l> are written.

    Raises:
        ConvcliError: `activation` is no layer.
    """
    needed: dict[str, str] = {}
    waiting = [name for name in names if name in known]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            text = known[name]
            while _INCLUDED.search(text):
                text = _INCLUDED.sub(lambda found: known[found[1]].partition("):\n")[2], text)
            needed[name] = text
            waiting += [word for word in set(re.findall(r"\w+", text)) if word in known]
    text = "blocks:\n" + "".join(_written(text, counts) for text in needed.values())
    source = Source(LIBRARY, text.replace("<activation>", activation))
    read = read_definitions(source, Path())
    if read.findings:
        raise ConvcliError(list(read.findings))
    return source, read.blocks


def _written(text: str, counts: Mapping[str, int]) -> str:
    """Write out what stands for several lines, or for several names."""
    text = _ALL.sub(lambda found: ", ".join(f"{found[2]}[{at}]" for at in range(counts[found[1]])), text)
    items = re.split(r"^(?= *- )", text, flags=re.MULTILINE)
    return "".join(_repeated(item, counts) for item in items)


def _repeated(item: str, counts: Mapping[str, int]) -> str:
    sign = _ONE.search(item)
    return item if sign is None else "".join(item.replace(sign[0], str(at)) for at in range(counts[sign[1]]))
