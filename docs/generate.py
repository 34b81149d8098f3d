"""Write the pages that come from the program itself: networks, operators, short words, conventions, error codes.

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
from convcli.cli.models import CONVENTION, shapes
from convcli.cli.ops import SYMBOLS, operator_page, short_words_page
from convcli.conventions.record import Convention, Rule
from convcli.conventions.tables import FILES, table
from convcli.explanations import EXPLANATIONS, Example, Explanation
from convcli.explanations.record import FILE
from convcli.roofline.devices import DEVICES
from convcli.writers.explanation import example_blocks
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


def conventions() -> Page:
    """Return the page of the tables of all conventions."""
    text = (
        "What each tool counts, rule by rule, as `--convention` and `--versus` have it; `conventions.md` shows them "
        "at work. n are the elements of the first input, m those of the first output, N is the batch, C "
        "channels, K the elements of a kernel, O and I the positions of output and input. Several rules for one "
        "operator add up. Every table is tested against the tool itself, on random layers of every operator and on "
        "the bundled networks; that of Darknet against what it prints of network files."
    )
    blocks: list[Block] = [Heading("Rules of the conventions"), Paragraph(text)]
    for name in FILES:
        convention = table(name)
        words = f"`{convention.package}` {convention.version}, {convention.call}. Its number: {convention.says}."
        blocks += [Heading(name, 2), Paragraph(words), *rules(convention)]
        if convention.also:
            blocks += [Paragraph(f"Its second number: {convention.also.says}."), rule_table(convention.also.rules)]
    return tuple(blocks)


def rules(convention: Convention) -> Iterator[Block]:
    """Return the tables of a convention: what counts, what does not, and what cannot be known."""
    yield rule_table(convention.counting)
    for title, found in (("nothing is counted for", convention.silent), ("it is not known for", convention.unseen)):
        if found:
            reasons: dict[str, list[str]] = {}
            for one in found:
                reasons.setdefault(one.sentence, []).extend(one.ops.split())
            rows = tuple((operators_in(ops), why) for why, ops in reasons.items())
            yield Table((Column(title), Column("because")), rows)


def rule_table(found: tuple[Rule, ...]) -> Table:
    """Return the table of what a convention counts."""
    rows = tuple((rule.sentence, counted(rule), operators_in(rule.ops.split())) for rule in found)
    return Table((Column("rule"), Column("counts"), Column("operators")), rows)


def counted(rule: Rule) -> str:
    """Return a rule's formula, with its factor."""
    words = rule.formula.words
    if rule.times == 1:
        return words
    return (
        f"{rule.times}{words}"
        if len(words) == 1
        else f"{rule.times} * ({words})"
        if " " in words
        else f"{rule.times} * {words}"
    )


def operators_in(names: list[str]) -> str:
    """Write operators as code."""
    return ", ".join(f"`{name}`" for name in names)


def devices() -> Page:
    """Return the page of the devices that have a name."""
    text = (
        "What `--device-spec NAME` takes: 10^12 operations a second for each type of number, and 10^9 bytes a second "
        "between memory and processor, as the makers' documents give them, without sparsity; a figure that is given "
        "with sparsity alone is halved. A type without a figure is refused. tf32 is what torch's convolutions use for "
        "float32 where there are tensor cores for it, unless they are told otherwise, so it is what bounds a float32 "
        "network; `NAME,peak=float32` bounds one that may not. `this` is the machine in front of you, as "
        "`convcli device` measures it. Any other device is written `peak=989T,bandwidth=3.35TB/s`."
    )
    rows = tuple(
        (
            f"`{name}`", entry.title,
            *(f"{entry.peaks[kind] / 1e12:g}" if kind in entry.peaks else "" for kind in PRECISIONS),
            f"{entry.bandwidth / 1e9:,.0f}", entry.source,
        )
        for name, entry in DEVICES.items()
    )  # fmt: skip
    columns = (
        Column("name"), Column("device"), *(Column(kind, right=True) for kind in PRECISIONS),
        Column("GB/s", right=True), Column("source"),
    )  # fmt: skip
    return Heading("Devices"), Paragraph(text), Table(columns, rows), Paragraph(NOTES)


PRECISIONS = ("float64", "float32", "tf32", "float16", "bfloat16")
NOTES = (
    "float64 is that of the tensor cores where they have it; float16 and bfloat16 are that of the tensor cores with "
    "sums in float32, as torch asks for. What a document does not give has no figure here. Devices without a name here "
    "are those whose makers give no peak by type of number, or only some of it, such as most processors."
)


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
    """Run an example in an empty folder; return its complaints, which in a check are the report."""
    said, before, arguments = io.StringIO(), Path.cwd(), sys.argv
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.argv = shlex.split(example.command)
        try:
            Path(FILE).write_text(example.file, encoding="utf-8")
            for name, text in example.beside:
                Path(name).write_text(text, encoding="utf-8")
            reports = said if shlex.split(example.command)[1] == "check" else io.StringIO()
            with contextlib.redirect_stdout(reports), contextlib.redirect_stderr(said):
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
    "convention-rules.md": conventions,
    "devices.md": devices,
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
