"""Write the pages that come from the program itself: networks, operators, short words, error codes.

    python docs/generate.py            write them
    python docs/generate.py --check    say which are not up to date, and exit with 1 if any are

What the program says to each wrong example is what it says when the page is written.
"""

import contextlib
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from convcli import api, human
from convcli.__main__ import main
from convcli.catalogue_api import operators as operators_api
from convcli.cli.explain import example_blocks
from convcli.cli.models import CONVENTION, shapes
from convcli.cli.ops import SYMBOLS, operator_page, short_words_page
from convcli.explanations import EXPLANATIONS, Example, Explanation
from convcli.explanations.record import FILE
from convcli.writers.simple_table import (
    Block,
    Code,
    Column,
    Facts,
    Heading,
    Page,
    Paragraph,
    Table,
    deeper,
    page_markdown,
)

FOLDER = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; change the source instead. -->\n\n"
PROJECT = "/home/you/project"
"""The working directory in messages."""
VARYING = ("CV010",)
"""Codes whose messages are those of the option parser, and change with its version."""


def operators() -> Page:
    """Return the page of all operators, family by family."""
    blocks: list[Block] = [
        Heading("Operators"),
        Paragraph(
            "Modules have the names, the arguments, their order and their defaults of torch.nn, functions those of "
            "torch and torch.nn.functional. `convcli ops NAME` shows an entry of this page. A count without a word "
            "before it, as in `max(x, 0): n`, is of other operations: all but multiply-accumulates. Unless they say it "
            "themselves, the descriptions use these letters:"
        ),
        Facts(tuple((sign, (meaning,)) for sign, meaning in SYMBOLS.items())),
    ]
    for family, entries in groupby(api.ops(), lambda entry: entry.family):
        blocks.append(Heading(family, 2))
        for entry in entries:
            blocks += map(without_symbols, deeper(operator_page(entry), 2))
    return tuple(blocks)


def without_symbols(block: Block) -> Block:
    """Leave out the letters, which stand at the top of the page once."""
    return Facts(tuple(row for row in block.rows if row[0] != "symbols")) if isinstance(block, Facts) else block


def short_words() -> Page:
    """Return the page of short words."""
    *text, table = reversed(short_words_page(operators_api.short_words()))
    return (Heading("Short words"), *text, table)


def networks() -> Page:
    """Return the page of bundled networks, family by family."""
    text = (
        "Networks that everybody knows, as files of convcli: `convcli profile resnet50` works one out, `convcli models "
        "resnet50` prints its file, a good start for one of your own. Where torchvision has the network, names, "
        "sizes, parameters and multiply-accumulates equal those of its model; the others are compared with a model "
        f"written in torch and with their papers. {CONVENTION}"
    )
    blocks: list[Block] = [Heading("Bundled networks"), Paragraph(text)]
    for family, members in groupby(api.models(), lambda entry: entry.family):
        entries = tuple(members)
        rows = tuple(
            (f"`{e.name}`", shapes(e.inputs), shapes(e.outputs), human.exact(e.params), human.exact(e.macs))
            for e in entries
        )
        blocks += [
            Heading(family, 2), Paragraph(entries[0].description), Paragraph(f"Source: {entries[0].origin}"),
            Table(NETWORK_COLUMNS, rows),
        ]  # fmt: skip
    return tuple(blocks)


NETWORK_COLUMNS = (
    Column("name"), Column("input"), Column("output"), Column("params", right=True), Column("MACs", right=True),
)  # fmt: skip


def errors() -> Page:
    """Return the page of error codes."""
    text = (
        "Every complaint has a code; `convcli explain CV202` shows an entry of this page. The wrong examples get the "
        "answers that are written below them, the repaired ones none."
    )
    blocks: list[Block] = [Heading("Error codes"), Paragraph(text)]
    for explanation in EXPLANATIONS:
        blocks += error(explanation)
    return tuple(blocks)


def error(explanation: Explanation) -> Iterator[Block]:
    """Return the entry of a code."""
    yield Heading(f"{explanation.code}: {explanation.title}", 2)
    yield Paragraph(explanation.text)
    if explanation.wrong and explanation.right:
        yield Paragraph("Wrong:")
        yield from example_blocks(explanation.wrong)
        if explanation.code not in VARYING:
            yield Code(answer(explanation.wrong), "text")
        yield Paragraph("Repaired:")
        yield from example_blocks(explanation.right)


def answer(example: Example) -> str:
    """Run an example in an empty folder; return what it says on standard error."""
    said, before, arguments = io.StringIO(), Path.cwd(), sys.argv
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.argv = shlex.split(example.command)
        try:
            Path(FILE).write_text(example.file, encoding="utf-8")
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
                main()
        except SystemExit:
            return said.getvalue().rstrip().replace(str(Path.cwd()), PROJECT)
        finally:
            os.chdir(before)
            sys.argv = arguments


PAGES: dict[str, Callable[[], Page]] = {
    "networks.md": networks,
    "operators.md": operators,
    "short-words.md": short_words,
    "errors.md": errors,
}


def generate(*, check: bool) -> int:
    """Write the pages, or compare them; return the exit code."""
    stale = 0
    for name, page in PAGES.items():
        path, text = FOLDER / name, NOTE + page_markdown(page())
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            print(f"{path} is not up to date; run `python docs/generate.py`", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(generate(check="--check" in sys.argv[1:]))
