"""ONNX files that want to break something: each is refused with a sentence, quickly, in little memory."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_files import INT64, Body, field, function, graph, model, net, node, tensor, value, varint
from test_hostile import judge, run, start_up  # noqa: F401  a fixture

import convcli
from convcli.diagnostics import ConvcliError

CONV = node("Conv", "x w", "y", "conv")
W = tensor("w", (4, 3, 3, 3))
GOOD = net([CONV, node("Relu", "y", "z")], (1, 3, 8, 8), W, last="z")
SIZES = (1, 3, 8, 8)


def ints(name: str, *values: int) -> bytes:
    return tensor(name, (len(values),), values, INT64)


def nested(depth: int) -> bytes:
    """Return graphs within graphs."""
    inner = graph([node("Relu", "x", "o")], [], [value("o", None)])
    for _ in range(depth):
        inner = graph([node("If", "c", "o", then_branch=Body(inner))], [], [value("o", None)])
    return inner


def chain_of_functions(count: int, times: int) -> bytes:
    """Return functions each of which calls the next several times."""
    made = []
    for at in range(count):
        calls = [node(f"F{at + 1}", "a" if not one else f"t{one - 1}", f"t{one}", domain="own") for one in range(times)]
        made.append(function(f"F{at}", "a", f"t{times - 1}", calls))
    made.append(function(f"F{count}", "a", "b", [node("Relu", "a", "b")]))
    return model(graph([node("F0", "x", "y", domain="own")], [value("x", SIZES)], [value("y", None)]), *made)


def one(op: str, inputs: str = "x", *known: bytes, shape: tuple[int, ...] = SIZES, **attributes: object) -> bytes:
    return net([node(op, inputs, "y", "bad", **attributes)], shape, *known)


HUGE = 2**62
ALL: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "a text": lambda: b"name: net\n",
    "zeros": lambda: bytes(4096),
    "noise": lambda: os.urandom(4096),
    "a zip": lambda: b"PK\x03\x04" + bytes(100),
    "cut off": lambda: GOOD[:-20],
    "cut in a number": lambda: field(1, 8) + b"\x3a\xff",
    "longer than the file": lambda: field(1, 8) + b"\x3a" + varint(HUGE),
    "a number without end": lambda: b"\x08" + b"\xff" * 64,
    "a field of no kind": lambda: b"\x0b\x0b\x0b",
    "no graph": lambda: field(1, 8) + field(8, field(2, 17)),
    "no version": lambda: field(7, b""),
    "a million empty fields": lambda: field(1, 8) + field(7, field(1, b"") * 1_100_000),
    "a million numbers": lambda: net([CONV], SIZES, field(7, b"\x01" * 1_200_000) + field(8, "w")),
    "a long name": lambda: net([node("Relu", "x", "y", "n" * 70_000)], SIZES),
    "a long operator": lambda: net([node("R" * 70_000, "x", "y")], SIZES),
    "graphs in graphs": lambda: model(nested(40)),
    "more graphs in graphs": lambda: model(nested(2_000)),
    "a negative size": lambda: net([CONV], SIZES, tensor("w", (4, -3, 3, 3))),
    "too many axes": lambda: net([CONV], SIZES, tensor("w", (1,) * 100)),
    "a tensor that reads itself": lambda: net([node("Add", "x y", "y")], SIZES),
    "a circle": lambda: net([node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")], SIZES),
    "an output that nothing gives": lambda: net([node("Relu", "x", "z")], SIZES),
    "a function that calls itself": lambda: model(
        graph([node("F", "x", "y", domain="own")], [value("x", SIZES)], [value("y", None)]),
        function("F", "a", "b", [node("F", "a", "b", domain="own")]),
    ),
    "functions that double": lambda: chain_of_functions(24, 2),
    "functions that go deep": lambda: chain_of_functions(40, 1),
    "a huge input": lambda: net([node("Relu", "x", "y")], (HUGE, HUGE, HUGE), *[]) + field(7, b"\xff"),
    "a huge shape": lambda: one("ConstantOfShape", "s", ints("s", *(HUGE,) * 8)) + field(7, b"\x0a"),
    "huge padding": lambda: one("Conv", "x w", W, pads=[2**63 - 1] * 4),
    "a huge repetition": lambda: one("Tile", "x t", ints("t", *(HUGE,) * 4)),
    "a huge stride that is none": lambda: one("Conv", "x w", W, strides=[0, 0]),
    "negative dilation": lambda: one("Conv", "x w", W, dilations=[-1, -1]),
    "no groups": lambda: one("Conv", "x w", W, group=0),
    "a kernel of other axes": lambda: one("Conv", "x w", W, kernel_shape=[3]),
    "pads of other axes": lambda: one("Conv", "x w", W, pads=[1]),
    "an attribute of another type": lambda: one("Conv", "x w", W, strides="two"),
    "channels that do not fit": lambda: one("Conv", "x w", tensor("w", (4, 5, 3, 3))),
    "a kernel that is too large": lambda: one("Conv", "x w", tensor("w", (4, 3, 30, 30))),
    "a reshape that does not fit": lambda: one("Reshape", "x s", ints("s", 7, -1)),
    "a reshape of two open sizes": lambda: one("Reshape", "x s", ints("s", -1, -1)),
    "an order that is none": lambda: one("Transpose", perm=[0, 0, 1, 2]),
    "an axis that is not there": lambda: one("Concat", "x x", axis=9),
    "parts that do not fit": lambda: one("Split", "x s", ints("s", 1, 9), axis=1),
    "sizes that do not fit": lambda: one("Add", "x w", tensor("w", (5,))),
    "a step of nothing": lambda: one("Slice", "x s e a t", ints("s", 0), ints("e", 9), ints("a", 2), ints("t", 0)),
    "an endless range": lambda: net(
        [node("Range", "a b s", "r"), node("Reshape", "x r", "y"), node("Missing", "gone", "g")],
        SIZES,
        tensor("a", (), [0], INT64),
        tensor("b", (), [HUGE], INT64),
        tensor("s", (), [1], INT64),
    ),
    "a power without end": lambda: net(
        [node("Pow", "a a", "p"), node("Pow", "p p", "q"), node("Expand", "x q", "y")], SIZES, ints("a", 60)
    ),
    "a division by nothing": lambda: net(
        [node("Div", "a z", "q"), node("Reshape", "x q", "y"), node("Missing", "gone", "g")],
        SIZES,
        ints("a", 3),
        ints("z", 0),
    ),
    "a loop without an end": lambda: net([node("Loop", "gone", "y", body=Body(nested(3)))], SIZES),
    "an if without branches": lambda: net([node("If", "c", "y")], SIZES, tensor("c", (), [1], INT64)),
    "an equation of nothing": lambda: one("Einsum", equation="->->"),
    "a name for a terminal": lambda: one("Reshape", "x s\x1b[31m", ints("s", 7)),
    "another operator set": lambda: net([CONV], SIZES, W, opset=3),
}


@pytest.mark.parametrize("name", ALL)
def test_a_hostile_file_is_refused(name: str, tmp_path: Path, start_up: float) -> None:  # noqa: F811
    (tmp_path / "net.onnx").write_bytes(ALL[name]())
    judge(run(["profile", "net.onnx"], tmp_path), start_up)


def test_a_folder_a_pipe_and_nothing_are_refused(tmp_path: Path, start_up: float) -> None:  # noqa: F811
    (tmp_path / "folder.onnx").mkdir()
    os.mkfifo(tmp_path / "pipe.onnx")
    for name in ("folder.onnx", "none.onnx", "/dev/zero.onnx"):
        judge(run(["profile", name], tmp_path), start_up)


def test_other_files_are_never_opened(tmp_path: Path) -> None:
    outside = field(13, field(1, "location") + field(2, "../../../../etc/passwd")) + field(14, 1)
    path = tmp_path / "net.onnx"
    path.write_bytes(net([CONV], SIZES, W + outside, last="y"))
    assert convcli.profile(path).totals.params == 108


def refusal(path: Path) -> tuple[object, ...]:
    """Return why a file is refused; nothing where it is read."""
    try:
        convcli.profile(path)
    except ConvcliError as error:
        return error.diagnostics or ("nothing is said",)
    return ()


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_a_file_with_a_mistake_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "mutant.onnx"
    path.write_bytes(GOOD[:at] + put + GOOD[at + cut :])
    assert "nothing is said" not in refusal(path)
