"""What a terminal shows: the table at 80 and at 200 columns, piped, and in colour.

`snapshots/NAME.txt` is reviewed like prose; CONVCLI_REWRITE=1 writes them anew.
"""

import io
import os
from pathlib import Path

import pytest

import convcli
from convcli.asking import report_of
from convcli.readers.network_file import read_network
from convcli.source import Source
from convcli.styled import text_of, width_of
from convcli.writers.diagnostics import diagnostic_lines
from convcli.writers.screen import print_lines
from convcli.writers.table import table_lines, total_lines
from convcli.writers.view import View

FOLDER = Path(__file__).parent / "snapshots"
VIEWS = {
    "mobilenet_v2": View(depth=2),
    "googlenet": View(top=10),
    "lenet5": View(),
    "unet": View(columns="name,op,input,output,weights,flops,share", depth=1),
}


def same(name: str, shown: str) -> None:
    """Compare with the snapshot of this name, or write it."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("CONVCLI_REWRITE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("width", [80, 200, None])
@pytest.mark.parametrize("network", VIEWS)
def test_a_table_at_a_width(network: str, width: int | None) -> None:
    lines = table_lines(convcli.profile(network), VIEWS[network], width)
    same(f"{network}-{width or 'piped'}", "".join(text_of(line) + "\n" for line in lines))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("network", ["resnet50", "googlenet", "unet"])
def test_no_line_is_wider_than_its_terminal(network: str, width: int) -> None:
    lines = table_lines(convcli.profile(network), View(), max(width, 80))
    assert [] == [text for line in lines if width_of(text := text_of(line)) > max(width, 80)]


def test_a_scope_of_one_layer_says_so() -> None:
    lines = [text_of(line) for line in table_lines(convcli.profile("vit_b_32"), View(depth=1), None)]
    assert any(line.split()[:3] == ["heads", "(1", "layer)"] for line in lines)


def test_a_table_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "")
    out = io.StringIO()
    print_lines(table_lines(convcli.profile("lenet5"), View(), 80), out, color=True)
    same("lenet5-colour", out.getvalue())


def test_colour_is_text_and_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.text import Text

    monkeypatch.setenv("TERM", "xterm-256color")
    lines, out, plain = table_lines(convcli.profile("lenet5"), View(), 80), io.StringIO(), io.StringIO()
    print_lines(lines, out, color=True)
    print_lines(lines, plain, color=False)
    assert plain.getvalue().rstrip() == Text.from_ansi(out.getvalue()).plain.rstrip()


def test_an_output_without_our_signs_gets_plain_ones() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_lines(table_lines(convcli.profile("lenet5"), View(), 80), out, color=False)
    out.flush()
    assert b"####" in out.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [40, 60, 79])
def test_totals_say_all_of_their_conventions_at_any_width(width: int) -> None:
    report = convcli.profile("resnet18")
    wide = [text_of(line) for line in total_lines(report)]
    narrow = [text_of(line) for line in total_lines(report, (), width)]
    assert " ".join(" ".join(narrow).split()) == " ".join(" ".join(wide).split())
    assert max(map(len, narrow)) <= width


@pytest.mark.parametrize("width", [40, 80, 200])
def test_of_a_long_line_the_stretch_around_the_mistake_is_shown(width: int) -> None:
    layers = ", ".join(['"ReLU()"'] * 40 + ['"Conv2d(4, 8, 3)"'])
    network = read_network(Source("net.json", f'{{"input": [3, 8, 8], "layers": [{layers}]}}'))
    lines = [text_of(line) for line in diagnostic_lines(report_of(network).findings, width=width)]
    excerpt, marks = lines[3], lines[4]
    at = marks.index("^")
    assert len(excerpt) <= width
    assert excerpt[at : at + 9] == "Conv2d(4,"
