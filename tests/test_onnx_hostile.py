"""ONNX files with a mistake anywhere, and files beside them: they are read or refused, and nothing else is opened."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_files import Body, field, graph, ints, net, node, tensor, value

import convcli
from convcli.diagnostics import ConvcliError

CONV = node("Conv", "x w", "y", "conv")
W = tensor("w", (4, 3, 3, 3))
GOOD = net([CONV, node("Relu", "y", "z")], (1, 3, 8, 8), W, last="z")
SIZES = (1, 3, 8, 8)


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


UNKNOWN = [node("NonZero", "x", "p"), node("Missing", "p", "q")]
"""What gives a tensor of no known shape."""
SCANNED = Body(graph([node("Relu", "v", "o")], [value("v", None)], [value("o", None)]))
RNN = (tensor("w", (1, 4, 5)), tensor("r", (1, 4, 4)))


@pytest.mark.parametrize(
    ("nodes", "shape", "known"),
    [
        ([*UNKNOWN, node("Split", "q", "y z", axis=0)], SIZES, ()),
        ([*UNKNOWN, node("SplitToSequence", "q", "s", axis=0), node("SequenceLength", "s", "y")], SIZES, ()),
        ([node("Scan", "x", "y z", body=SCANNED, num_scan_inputs=1)], SIZES, ()),
        ([node("Attention", "x x x", "y", q_num_heads=0, kv_num_heads=0)], (2, 4, 8), ()),
        ([node("Col2Im", "x i b", "y")], SIZES, (ints("i", 8, 8), ints("b", 0, 0))),
        ([node("LeakyRelu", "x", "y", alpha=float("inf"))], SIZES, ()),
        ([node("RNN", "x w r", "y", hidden_size=4)], (7, 2, 3), RNN),
    ],
)
def test_what_cannot_be_worked_out_is_not_known(
    tmp_path: Path, nodes: list[bytes], shape: tuple[int, ...], known: tuple[bytes, ...]
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(net(nodes, shape, *known))
    report = convcli.profile(path)
    assert report.layers[-1].op.startswith("onnx::")
    assert report.layers[-1].other_ops is None


@pytest.mark.parametrize("kind", [10, 16])
@pytest.mark.parametrize("numbers", [field(4, struct.pack("<f", 1.0)), field(10, struct.pack("<d", 1.0))])
def test_numbers_of_16_bits_that_are_none_are_not_known(tmp_path: Path, kind: int, numbers: bytes) -> None:
    sizes = field(1, 2) + field(2, kind) + field(8, "s") + field(5, 1) + numbers
    path = tmp_path / "net.onnx"
    path.write_bytes(net([node("Reshape", "x s", "y")], (1, 2), sizes))
    assert convcli.profile(path).outputs[0].shape is None
