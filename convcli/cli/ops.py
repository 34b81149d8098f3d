"""`convcli ops`: the catalogue of operators, and the short words."""

import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Annotated, Any

import typer

from convcli.catalogue_api.operators import OperatorEntry, ShortWordEntry, short_words
from convcli.cli import completion, options
from convcli.cli.output import WRONG_QUESTION, Wanted, _deliver, chosen_format, complain
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.ops.short import LETTERS
from convcli.styled import DIM, NAME
from convcli.writers import simple_table as pages
from convcli.writers.simple_table import CUT, WRAP, Code, Column, Facts, Heading, Page, Paragraph, Table

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SCHEMA = "convcli/ops/1"

Answer = tuple[Page | str, dict[str, Any]]
"""What people see, a page or a text that is shown as it is; and the same for machines."""


@app.command()
def ops(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="An operator, as Conv2d; all without it.", autocompletion=completion.operator
        ),
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="The short words instead: conv, bn, maxpool.")] = False,
    format: options.Format = None,
    output: options.Output = None,
    color: options.Color = None,
) -> None:
    """The catalogue of operators, or all about one of them.

    Examples:

    \b
      convcli ops
      convcli ops Conv2d
      convcli ops --short
      convcli ops MultiheadAttention --format json
    """
    from convcli import api

    def work() -> Answer:
        if short:
            words = [word for word in short_words() if (name or "") in word.word]
            return short_words_page(words), {"short_words": [short_word_dict(word) for word in words]}
        entries = (api.ops(name),) if name else api.ops()
        page = operator_page(entries[0]) if name else catalogue_page(entries)
        return page, {"operators": [operator_dict(entry) for entry in entries]}

    show(SCHEMA, work, Wanted(format, output, color))


def show(schema: str, work: Callable[[], Answer], wanted: Wanted, *read: str) -> None:
    """Do the work and print its page; after a mistake say what is wrong, in JSON too.

    What is `read` is never overwritten.

    Raises:
        typer.Exit: something is wrong.
    """
    asked, wanted = wanted, wanted._replace(output=None)  # until it is clear that nothing that is read lies there
    try:
        format = chosen_format(asked, *read)
        wanted = asked
        text = written(schema, work(), format, wanted)
    except ConvcliError as error:
        if wanted.format == "json":
            _deliver(pages.document(schema, {}, error.diagnostics), wanted)
        complain(error.diagnostics, color=wanted.color)
        raise typer.Exit(WRONG_QUESTION) from None
    _deliver(text, wanted)


def written(schema: str, answer: Answer, format: str, wanted: Wanted) -> Any:
    """Return a page in a format: a text, or lines with roles.

    Raises:
        ConvcliError: it is to be CSV, and has no table.
    """
    page, fields = answer
    if format == "json":
        return pages.document(schema, fields)
    if isinstance(page, str):
        return page
    if format == "markdown":
        return pages.page_markdown(page)
    if format == "csv":
        text = pages.page_csv(page)
        if text is None:
            help = "take table, json or markdown"
            raise ConvcliError([Diagnostic("CV009", "there is no table here to write as csv", help=help)])
        return text
    from convcli.writers.screen import terminal_width

    return pages.page_lines(page, None if wanted.output else terminal_width(sys.stdout))


# ---- pages

_LIST = (Column("operator", role=NAME), Column("arguments", CUT, role=DIM), Column("what it does", CUT, least=32))
_ARGUMENTS = (Column("argument", role=NAME), Column("default"), Column("accepts", WRAP))
_WORDS = (
    Column("word", role=NAME),
    Column("means", WRAP, least=32),
    Column("numbers by place", WRAP),
    Column("letters", WRAP, least=9),
)

SYMBOLS = {
    "n": "elements of the input",
    "m": "elements of the output",
    "N": "batch",
    "C": "channels",
    "K": "elements of the kernel or window",
    "O": "positions of the output",
    "I": "positions of the input",
    "rows": "vectors along the axis in question",
}
"""What the letters in descriptions stand for, where they do not say it themselves."""


def catalogue_page(entries: Iterable[OperatorEntry]) -> Page:
    """Return the table of operators, family by family."""
    blocks: list[Any] = []
    for family, members in groupby(entries, lambda entry: entry.family):
        rows = tuple((e.name, e.signature[len(e.name) + 1 : -1], e.summary) for e in members)
        blocks += [Heading(family, 2), Table(_LIST, rows, head=not blocks)]
    hint = "`convcli ops Conv2d` says all about one of them, `convcli ops --short` lists the short words."
    return (*blocks, Paragraph(hint))


def operator_page(entry: OperatorEntry) -> Page:
    """Return all about an operator."""
    from textwrap import fill

    signature = fill(entry.signature, 76, subsequent_indent=" " * (len(entry.name) + 1), break_long_words=False)
    rows = tuple((a.name, a.default or "", a.accepts + "; `_` infers it" * a.inferred) for a in entry.arguments)
    arguments = (Table(_ARGUMENTS, rows),) if rows else ()
    paragraphs = map(Paragraph, entry.description)
    return (Heading(entry.name), Code(signature, "python"), *paragraphs, *arguments, Facts(tuple(_facts(entry))))


def _facts(entry: OperatorEntry) -> Iterable[tuple[str, tuple[str, ...]]]:
    yield "input", (_input(entry),)
    for label, shapes in (("weights", entry.weights), ("buffers", entry.buffers)):
        if shapes:
            yield label, tuple(f"`{f'{name} {shape}'.strip()}`" for name, shape in shapes.items())
    if entry.lazy:
        yield "lazy form", (f"`{entry.lazy}`",)
    if entry.short_words:
        yield "short words", (", ".join(f"`{word}`" for word in entry.short_words),)
    symbols = legend(" ".join(entry.description))
    if symbols:
        yield "symbols", (symbols,)


def _input(entry: OperatorEntry) -> str:
    numbers = {"floating point": "floating point numbers", "integer": "integers", "any": "numbers of any type"}
    if entry.inputs == (0, 0):
        return "none"
    ranks = either(f"{rank}-d" for rank in entry.ranks) or "any number of dimensions"
    if entry.unbatched and entry.ranks:
        ranks += f", or {either(f'{rank - 1}-d' for rank in entry.ranks)} without a batch"
    least, most = entry.inputs or (1, 1)
    many = "" if most == 1 else f"{least} tensors, " if least == most else f"{least} to {most} tensors, "
    return f"{many}{ranks}; {numbers[entry.numbers]}"


def either(words: Iterable[str]) -> str:
    """Write `a, b or c`."""
    *rest, last = list(words) or [""]
    return f"{', '.join(rest)} or {last}" if rest else last


def legend(text: str) -> str:
    """Explain the letters that stand for numbers in a description, outside of backticks."""
    import re

    prose = re.sub(r"`[^`]*`", " ", text)
    used = [
        sign for sign in SYMBOLS if re.search(rf"(?<![\w']){'' if sign == 'rows' else '[0-9]*'}{sign}(?!\w)", prose)
    ]
    return ", ".join(f"`{sign}` {SYMBOLS[sign]}" for sign in used)


def short_words_page(words: Iterable[ShortWordEntry]) -> Page:
    """Return the table of short words."""
    rows = tuple((w.word, meaning(w), ", ".join(w.places), " ".join(w.letters)) for w in words)
    letters = ", ".join(f"`{letter}` {name}" for letter, name in LETTERS.items())
    text = (
        "A short layer is a word, then numbers by place, letters with a number, and `name=value`: "
        f"`conv 64 k3 s2 p1 bias=False`. The letters are {letters}; `k3x5` has a number for each axis, `nobias` is "
        "`bias=False`. `N` is 1, 2 or 3, as the input has it; the input's channels, and what is `_`, are read from "
        "the input too."
    )
    return Table(_WORDS, rows), Paragraph(text)


def meaning(word: ShortWordEntry) -> str:
    """Write what a word means, with what it implies: `ConvNd(kernel_size=1)`."""
    first, *others = word.operators
    implied = ", ".join(f"{name}={value}" for name, value in word.implied.items())
    name = first.replace("1d", "Nd") if others else first
    return f"{name}({implied})" if implied else name


# ---- for machines


def operator_dict(entry: OperatorEntry) -> dict[str, Any]:
    """Return an operator as a plain dictionary."""
    return {
        "name": entry.name,
        "family": entry.family,
        "kind": entry.kind,
        "signature": entry.signature,
        "summary": entry.summary,
        "description": entry.description,
        "arguments": [
            {
                "name": argument.name,
                "accepts": argument.accepts,
                "required": argument.default is None,
                "default": argument.default,
                "inferred": argument.inferred,
                "keyword_only": argument.keyword_only,
            }
            for argument in entry.arguments
        ],
        "input": {
            "ranks": entry.ranks,
            "unbatched": entry.unbatched,
            "numbers": entry.numbers,
            "tensors": entry.inputs,
        },
        "weights": entry.weights,
        "buffers": entry.buffers,
        "lazy": entry.lazy,
        "short_words": entry.short_words,
    }


def short_word_dict(entry: ShortWordEntry) -> dict[str, Any]:
    """Return a short word as a plain dictionary."""
    return {
        "word": entry.word,
        "operators": entry.operators,
        "places": entry.places,
        "letters": entry.letters,
        "implied": entry.implied,
    }
