"""Any text gives a report or diagnostics: never another exception, never a place outside of the text."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from expression_strategies import CHAINS
from hypothesis import example, given
from hypothesis import strategies as st

from convcli.asking import report_of
from convcli.blocks import Network
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.bundled import FOLDER
from convcli.readers.network_file import read_network
from convcli.readers.text import read_layers
from convcli.rendered import Report
from convcli.source import Source, Span
from convcli.styled import text_of
from convcli.writers.diagnostics import diagnostic_lines

NETWORKS = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))]
EXAMPLES = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "mistakes").glob("*.yaml"))]
MAX_LAYERS = 2_000
SECONDS = 2.0
"""A second, and as much again for a machine that has other things to do."""

SIGNS = st.sampled_from(list("abxX01 \n\n\t:-#,.|*&!%@`'\"()[]{}<>=?~+/\\_é層\x00\x1b\u2028"))
PIECES = st.sampled_from(
    [
        "\n", "\n  ", "\n- ", "\n  - ", ": ", "- ", "[", "]", "{", "}", ", ", "'", '"', "|", ">", "&a ", "*a",
        "<<: *a", "!!str ", "#", "? ", "---\n", "...\n", "\t",
        "input: [3, 8, 8]\n", "inputs: {a: [3, 8, 8], b: [1]}\n", "layers:\n", "  - ", "vars: {n: 2}\n",
        "blocks:\n  B(c=1):\n    - ", "outputs: [a]\n", "uses: [a]\n",
        "variants: {v: {n: 3}}\n", "check: {params: 3}\n", "name: a\n", "a: ", "cat:", "add:", "of: a",
        "Conv2d(_, 4, 3)", "conv 4 k3", "relu", "x", "input", "a", "B()",
        "B(_)", "None", "x + a", "a[0]", "a.b", "chunk(x, 2, dim=1)", "Parameter(3)", "LSTM(8, 4)", " * 2",
        " if n else ", "Linear(_, 3)", "flatten(x, 1)", "1e999", "-1",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(SIGNS, max_size=40).map("".join), st.lists(PIECES, max_size=14).map("".join)
)
FILES = st.one_of(
    TEXTS,
    TEXTS.map(lambda text: f"input: [3, 8, 8]\nlayers:\n  - {text}\n"),
    TEXTS.map(lambda text: f"input: [3, 8, 8]\n{text}"),
)


def answer(network: Network, **options: Any) -> tuple[Diagnostic, ...]:
    """Work out a network as far as it goes, and write all that is known of it."""
    report = Report(*report_of(network, max_layers=MAX_LAYERS, **options))
    str(report)
    report.to_dict()
    return report.findings


def spans(found: Diagnostic) -> Iterator[Span]:
    """List all places of a diagnostic."""
    yield from found.via
    yield from (one.span for one in found.related if one.span)
    if found.span:
        yield found.span


def judge(ask: Any) -> None:
    """Assert that a question gets a report or diagnostics, soon, with places inside of their texts."""
    start = time.process_time()
    findings: tuple[Diagnostic, ...] = ()
    try:
        findings = ask()
    except ConvcliError as error:
        findings = error.diagnostics
        assert findings
    for found in findings:
        assert found.code.startswith("CV")
        assert found.message
        for span in spans(found):
            assert 0 <= span.start <= span.end <= len(span.source.text)
            assert span.column >= 1
    "".join(text_of(line) for line in diagnostic_lines(findings))
    assert time.process_time() - start < SECONDS


def test_a_long_number_is_a_mistake() -> None:
    with contextlib.suppress(ConvcliError):
        answer(read_layers(["conv " + "9" * 5_000]))


def test_a_report_without_sizes_is_json_too() -> None:
    assert () == answer(read_layers(["maxpool 1 | conv 1 k1"]))


def test_a_place_is_counted_in_characters() -> None:
    with pytest.raises(ConvcliError) as caught:
        read_network(Source("net.yaml", "é: \x1f\n"))
    assert [3] == [found.span.start for found in caught.value.diagnostics if found.span]


@given(text=FILES)
@example("layers: [")
@example("layers:\n  - a\u2028b: [")
@example("input: [3]\nlayers:\n  - add: []\n")
@example("input: [3]\nlayers:\n  - cat: {}\n")
def test_any_text_is_a_network_file_or_a_mistake(text: str) -> None:
    judge(lambda: answer(read_network(Source("net.yaml", text))))


@given(text=st.one_of(TEXTS, CHAINS), size=st.sampled_from([None, (8,), (3, 8), (3, 8, 8), (2, 3, 8, 8), (3, 8, 8, 8)]))
def test_any_text_is_layers_or_a_mistake(text: str, size: tuple[int, ...] | None) -> None:
    judge(lambda: answer(read_layers([text]), sizes={"": size} if size else None))


@given(texts=st.lists(TEXTS, max_size=4))
def test_any_arguments_are_layers_or_a_mistake(texts: list[str]) -> None:
    judge(lambda: answer(read_layers(texts or [""])))


@st.composite
def mutated(draw: Any) -> str:
    """Draw a good network, or one with a mistake, and damage it."""
    text = draw(st.sampled_from(NETWORKS + EXAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        lines = text.splitlines(keepends=True) or [""]
        at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 6))
        text = draw(
            st.sampled_from(
                [
                    "".join(lines[:at] + lines[at + 1 :]),
                    "".join([*lines[: at + 1], *lines[at:]]),
                    "".join(
                        lines[other] if k == at else lines[at] if k == other else line for k, line in enumerate(lines)
                    ),
                    "".join([*lines[:at], "  ", *lines[at:]]),
                    text[:place],
                    text[:place] + text[place + length :],
                    text[:place] + text[place : place + length] * 2 + text[place + length :],
                    text[:place] + draw(st.one_of(SIGNS, PIECES)) + text[place:],
                    text.replace(
                        draw(st.sampled_from(["1", "2", "64", "planes", "_", "x", "(", ")", ": "])),
                        draw(st.one_of(SIGNS, PIECES)),
                        1,
                    ),
                ]
            )
        )
    return text


@given(text=mutated())
def test_a_damaged_network_is_a_network_or_a_mistake(text: str) -> None:
    judge(lambda: answer(read_network(Source("net.yaml", text))))


@given(text=mutated(), setting=TEXTS, variant=st.sampled_from([None, "resnet34", "a"]))
def test_any_setting_is_a_value_or_a_mistake(text: str, setting: str, variant: str | None) -> None:
    judge(lambda: answer(read_network(Source("net.yaml", text)), variant=variant, settings={"num_classes": setting}))


@given(text=TEXTS)
def test_any_text_is_a_size_or_a_mistake(text: str) -> None:
    from convcli.shapes import parse_inputs

    with contextlib.suppress(ConvcliError):
        sizes = parse_inputs([text])
        assert all(size > 0 for shape in sizes.values() for size in shape)
