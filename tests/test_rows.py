"""The rows of a table: which layers a folded row stands for, and what the title names."""

import pytest
from reading import net, report

from convcli.styled import text_of
from convcli.writers.table import title_line, view_rows
from convcli.writers.view import View

MERGE = "m:\n      add:\n        - Conv2d(3, 3, 1)\n        - ReLU()"
OF_THREE = "m:\n      add:\n        - Conv2d(3, 3, 1)\n        - ReLU()\n        - Tanh()"
SUM = "m: Tanh() + relu(x) + Conv2d(3, 3, 1)"
INNER = "s:\n      - m:\n          add: [ReLU(), Tanh()]\n      - Conv2d(3, 3, 1)"


def rows(*layers: str, **view: object) -> list[tuple[str, int]]:
    """Return the name of each row, and how many layers it stands for."""
    found = view_rows(report(net(*layers)), View(**view))  # type: ignore[arg-type]
    return [(row.name, row.layers) for row in found]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MERGE, [("m", 3)]),
        (OF_THREE, [("m", 4), ("add", 1)]),
        (SUM, [("relu", 1), ("m", 3), ("add", 1)]),
        ("m: ReLU() * 3", [("m", 3)]),
        (INNER, [("s", 4)]),
    ],
)
def test_a_folded_scope_is_one_row_with_the_function_in_which_it_ends(
    layer: str, expected: list[tuple[str, int]]
) -> None:
    assert [*expected, ("last", 1)] == rows(layer, "last: ReLU()", depth=1)


def test_a_scope_inside_a_scope_is_one_row() -> None:
    assert [("s", 4), ("s.m", 3), ("s.1", 1)] == rows(INNER, depth=2)


def test_what_is_not_folded_keeps_its_order() -> None:
    expected = ["relu", "m", "m.0", "add", "m", "m.1", "m"]
    assert expected == [name for name, _ in rows(SUM)]


def test_folded_rows_can_be_sorted() -> None:
    assert [("m", 3), ("last", 1)] == rows("last: ReLU()", MERGE, depth=1, sort="macs")


@pytest.mark.parametrize("depth", [None, 1, 2])
def test_the_sums_of_the_rows_do_not_depend_on_the_depth(depth: int | None) -> None:
    found = report(net(OF_THREE, SUM.replace("m:", "n:"), INNER))
    top = [row for row in view_rows(found, View(depth=depth)) if row.depth == 0]
    assert found.totals.macs == sum(row.macs or 0 for row in top)
    assert found.totals.layers == sum(row.layers for row in top)


def test_what_a_folded_row_gives_is_what_its_function_gives() -> None:
    found = report(net("m:\n      cat: [ReLU(), Tanh()]"))
    (row,) = view_rows(found, View(depth=1))
    assert (1, 6, 32, 32) == row.output


def title(text: str) -> str:
    return text_of(title_line(report(text)))


def test_a_title_has_what_flows_in_and_out() -> None:
    assert "net.yaml  input 1x3x32x32  output 1x3x32x32" == title(net("ReLU()"))


def test_several_inputs_and_outputs_have_their_names_in_the_title() -> None:
    head = "inputs: {left: [3, 32, 32], words: [5]}\noutputs: [a, b]\n"
    text = net("a: ReLU()", "b: Embedding(9, 4)(words)", input=None, head=head)
    shown = "net.yaml  inputs left 1x3x32x32, words 1x5 (int64)  outputs a 1x3x32x32, b 1x5x4"
    assert shown == title(text)
