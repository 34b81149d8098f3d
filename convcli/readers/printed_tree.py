"""The lines of `print(model)` as modules that hold each other, in the spellings of all versions of torch."""

import re
from collections.abc import Iterator
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.record import Record
from convcli.resolve.state import MAX_LAYERS
from convcli.source import Phrase, Source, Span

MOST_LEVELS = 64

_MODULE = re.compile(r"\s*\((?P<name>[\w.-]+)\):\s(?:(?P<times>\d+) x )?(?P<class>[\w.]+)\s?\((?P<rest>.*)$")
_TOP = re.compile(r"(?:.*[\s:=>])?(?P<class>[A-Za-z_]\w*)\s?\($")
_RANGE = re.compile(r"(\d+)-(\d+)$")
_WEIGHT = re.compile(
    r"\((?P<name>\w+)\): (?:\w+ )?Parameter containing: \[[\w.]+ of size (?P<size>\d[\dx]{0,100})\b[^\]]*\]"
)
"""A bare weight in a list of weights; `[torch.float32 of size 8x3]`, behind it where it lies."""


class Module(Record):
    """A printed module: its name, its class, what it holds, how often, and where it stands.

    `sizes` are those of a bare weight, which stands here as a module; None for everything else.
    """

    name: str
    kind: str
    parts: list["Module"]
    leaf: bool
    times: int
    phrase: Phrase
    sizes: tuple[int, ...] | None = None


def tree(source: Source) -> Module:
    """Read the lines of a text into modules; text before and behind the model is left alone."""
    stack: list[Module] = []
    start = 0
    before: Module | None = None
    for line in source.text.split("\n"):
        at, start = start, start + len(line) + 1
        text = line.rstrip()
        found = _MODULE.match(text)
        if not stack:
            stack = [before] if before is not None and found else []
            top = _TOP.match(text)
            begin = at + (top.start("class") if top else 0)
            before = Module("", top["class"], [], False, 1, Phrase(text, source, begin)) if top else None
        if not stack:
            continue
        if _weights(stack[-1], found, text, source, at):
            continue
        if found:
            _enter(source, stack, found, text, at)
        elif text.strip() == ")":
            done = stack.pop()
            if not stack:
                return done
    open_module = stack[-1] if stack else None
    if open_module is None:
        _refuse(source, "there is no printed model in it: `Net(` and lines `(name): Module(...)`", 0)
    start = open_module.phrase.span(0, 1).start
    message = f"the text ends before the bracket of `{open_module.kind}(` closes"
    _refuse(source, message, start, "paste the whole text, from the model's name to the last `)`")


def _enter(source: Source, stack: list[Module], found: re.Match[str], text: str, at: int) -> None:
    """Add the module of a line to the one that holds it; go into it where its bracket stays open."""
    begin, leaf = found.start("class"), found["rest"].endswith(")")
    if len(stack) >= MOST_LEVELS:
        _refuse(source, f"modules are nested deeper than {MOST_LEVELS} levels", at + begin)
    phrase = Phrase(text[begin:].replace("->", ", "), source, at + begin)  # `Linear (16 -> 10)`, of the first versions
    made = Module(found["name"], found["class"], [], leaf, int((found["times"] or "1")[:19]), phrase)
    if made.times > MAX_LAYERS:
        _refuse(source, f"{made.times:,} modules in one line; the limit is {MAX_LAYERS:,}", at + begin)
    stack[-1].parts.append(made)
    if not leaf:
        stack.append(made)


def _weights(holder: Module, around: re.Match[str] | None, text: str, source: Source, at: int) -> bool:
    """Add the bare weights that a line of a list of weights has, or a whole list in one line; say whether it is one."""
    found = [*_WEIGHT.finditer(text)]
    if not found:
        return False
    if around is not None and around["class"].endswith(("List", "Dict")):
        begin = around.start("class")
        holder.parts.append(
            Module(around["name"], around["class"], [], False, 1, Phrase(text[begin:], source, at + begin))
        )
        holder = holder.parts[-1]
    for one in found:
        sizes = tuple(int(side) for side in one["size"].split("x") if side)
        phrase = Phrase(one[0], source, at + one.start())
        holder.parts.append(Module(one["name"], "Parameter", [], True, 1, phrase, sizes))
    return True


def _refuse(source: Source, message: str, at: int, help: str = "") -> NoReturn:
    span = Span(source, at, min(at + 1, len(source.text)))
    raise ConvcliError([Diagnostic("CV081", message, span, help=help)])


def names(module: Module) -> Iterator[str]:
    """Give the names of a module that is printed once for several: `(0-5): 6 x Block(`."""
    span = _RANGE.match(module.name)
    if module.times == 1 or not span:
        yield module.name
        return
    yield from (str(number) for number in range(int(span[1]), int(span[1]) + module.times))
