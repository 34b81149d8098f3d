"""Each character of a YAML text knows where it stands in the file, however it is written there."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from convcli.diagnostics import ConvcliError
from convcli.document import Scalar, Sequence
from convcli.readers.document import read_document
from convcli.source import Source

ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|.)", re.DOTALL)
JOINED = re.compile(r"\\\r?\n\s*")
"""A line end that a backslash takes away goes with the character in front of it."""

SIGNS = st.sampled_from([*"abc(),=|.#:'\"\\>-+ \n\té層\x85\u2028\xa0\x07\x00", "\n\n", "\U0001f600", "  ", " \n "])
WRITTEN = st.sampled_from(
    [
        *"abc", " ", "  ", "\t", "\n", "\n\n", "\n  ", "\n     ", "\r\n", "\\\n", "\\\r\n  ", "''", "é", "層", "\u2028",
        "\\n", "\\t", "\\x41", "\\u00e9", "\\U0001F600", '\\"', "\\\\", "\\ ",
    ]
)  # fmt: skip
HEADS = ["|", ">", "|-", ">+", ">2", "|2-", ">-1", "> # c '", "|+  # |"]


def texts(text: str) -> list[Scalar]:
    """Read a file of one list, and return its texts."""
    document = read_document(Source("net.yaml", text), [])
    assert isinstance(document, Sequence)
    return [item for item in document.items if isinstance(item, Scalar)]


def check_places(text: str) -> None:
    """Assert that the place of each character holds this character, or what stands for it."""
    for scalar in texts(text):
        for at, character in enumerate(scalar.text):
            span = scalar.phrase.span(at, at + 1)
            assert scalar.span.start <= span.start <= span.end <= scalar.span.end
            if not character.isspace():
                assert character == meaning(span.text())


def meaning(piece: str) -> Any:
    """Return the character that a piece of a file stands for."""
    escape = ESCAPE.match(piece)
    if escape:
        assert not JOINED.sub("", piece[escape.end() :])
        return yaml.safe_load(f'"{escape[0]}"')
    return {"''": "'"}.get(piece, JOINED.sub("", piece))


@given(value=st.lists(SIGNS, max_size=25).map("".join), style=st.sampled_from([None, *"'\"|>"]), data=st.data())
def test_a_text_that_a_program_has_written(value: str, style: str | None, data: Any) -> None:
    text = yaml.dump(
        [value], default_style=style, allow_unicode=data.draw(st.booleans()),
        width=data.draw(st.sampled_from([10, 80])), indent=data.draw(st.sampled_from([2, 4])),
    )  # fmt: skip
    check_if_good(text)


@given(body=st.lists(WRITTEN, max_size=25).map("".join), quote=st.sampled_from(["", "'", '"']))
@example("a\\\n  b", '"')
@example("a \\\n\n  b", '"')
@example("a\u2028 \nb", "'")
@example("a''b", "'")
@example("a  \n\n\n  b", "")
def test_a_text_on_one_or_several_lines(body: str, quote: str) -> None:
    check_if_good(f"- {quote}{body}{quote}\n")


@given(body=st.lists(WRITTEN, max_size=25).map("".join), head=st.sampled_from(HEADS), indent=st.integers(1, 4))
@example("a\n\nb", ">", 2)
@example("a\u2028\nb", ">", 2)
@example("a\n\n  b\n\nc", ">", 2)
@example("\n\na\n\n\nb\n", ">+", 2)
def test_a_block_of_text(body: str, head: str, indent: int) -> None:
    blanks = " " * indent
    check_if_good(f"- {head}\n{blanks}" + body.replace("\n", f"\n{blanks}"))
    check_if_good(f"- {head}\n{blanks}{body}")


def check_if_good(text: str) -> None:
    """Check a text, if YAML allows it."""
    try:
        texts(text)
    except ConvcliError:
        return
    check_places(text)


@pytest.mark.parametrize("properties", ["&a", "!t", "&a !t", "!t &a # here", "&a # one\n  # two\n ", "!<t>\n "])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_text_stands_behind_its_anchor_and_its_tag(properties: str, quote: str) -> None:
    joint = "\n  " if "#" in properties else " "
    text = f"- {properties}{joint}{quote}ab\n  c{quote}"
    scalar = read_document(Source("net.yaml", text), []).items[0]
    assert ["a", "b", "c"] == [scalar.phrase.span(at, at + 1).text() for at in (0, 1, 3)]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_text_that_stands_as_it_is_needs_one_place_only(quote: str) -> None:
    (scalar,) = texts(f"- &a {quote}Conv2d(3, 8, 3){quote}  # here\n")
    assert 5 + len(quote) == scalar.phrase.offsets
