"""ONNX files with graphs in their nodes, with sequences, recurrent layers and attention."""

from pathlib import Path
from typing import Any

import pytest
from onnx_files import INT64, Body, field, graph, ints, model, net, node, tensor, value

import convcli
from convcli.diagnostics import ConvcliError

BOOL = 9


def read(tmp_path: Path, data: bytes, **options: Any) -> convcli.Report:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    return convcli.profile(path, **options)


def number(name: str, value: int, kind: int = INT64) -> bytes:
    return tensor(name, (), [value], kind)


# ---- loops


def loop(outputs: str, start: str = "_") -> bytes:
    """Return a loop whose body is a linear layer, and which keeps what comes out of each run."""
    nodes = [node("MatMul", "v w", "o"), node("Identity", "c", "next"), node("Identity", "o", "kept")]
    inputs = [value("i", (), INT64), value("c", (), BOOL), value("v", (2, 4))]
    body = graph(nodes, inputs, [value("next", (), BOOL), value("o", (2, 4)), value("kept", (2, 4))], W)
    return node("Loop", f"n {start} x", outputs, "loop", body=Body(body))


W = tensor("w", (4, 4))


def test_a_loop_is_gone_through_as_often_as_it_runs(tmp_path: Path) -> None:
    report = read(tmp_path, net([loop("last y")], (2, 4), number("n", 5)))
    assert (report.outputs[0].shape, report.totals.params, report.totals.macs) == ((5, 2, 4), 16, 5 * 32)
    assert report.uncounted == ()


@pytest.mark.parametrize("start", ["_", "yes"])
def test_a_long_loop_is_one_layer_that_costs_its_body_times_its_runs(tmp_path: Path, start: str) -> None:
    nodes = [node("Equal", "n n", "yes"), loop("last y", start)]
    report = read(tmp_path, net(nodes, (2, 4), number("n", 1000)))
    assert (report.outputs[0].shape, report.totals.params, report.totals.macs) == ((1000, 2, 4), 16, 1000 * 32)
    assert [row.op for row in report.layers] == ["Parameter", "onnx::Loop"]
    assert "macs" not in report.totals.unknown


def test_a_loop_whose_condition_is_false_does_not_run(tmp_path: Path) -> None:
    report = read(tmp_path, net([node("Less", "n n", "no"), loop("y all", "no")], (2, 4), number("n", 1000)))
    assert (report.outputs[0].shape, report.totals.macs) == ((2, 4), 0)
    assert [row.op for row in report.layers] == ["Unused"]


def test_a_loop_that_nobody_knows_how_often_runs_has_unknown_costs(tmp_path: Path) -> None:
    inputs = [value("x", (2, 4)), value("n", (), INT64)]
    report = read(tmp_path, model(graph([loop("y all")], inputs, [value("y", None), value("all", None)])))
    assert [one.shape for one in report.outputs] == [(2, 4), (None, 2, 4)]
    assert (report.totals.params, report.layers[-1].macs, report.totals.macs) == (16, None, 0)
    assert "macs" in report.totals.unknown


def test_a_loop_ends_where_its_condition_says_so(tmp_path: Path) -> None:
    nodes = [node("Add", "i one", "next"), node("Less", "next two", "c2"), node("Concat", "v v", "o", axis=0)]
    inputs = [value("i", (), INT64), value("c", (), BOOL), value("v", None)]
    body = graph(nodes, inputs, [value("c2", (), BOOL), value("o", None)])
    whole = [node("Less", "one two", "yes"), node("Loop", "_ yes x", "y", body=Body(body))]
    report = read(tmp_path, net(whole, (2, 4), number("one", 1), number("two", 2)))
    assert report.outputs[0].shape == (8, 4)


def test_a_loop_that_changes_a_size_and_runs_unknown_times_has_an_unknown_size(tmp_path: Path) -> None:
    nodes = [node("Concat", "v v", "o", axis=0), node("Identity", "c", "c2")]
    inputs = [value("i", (), INT64), value("c", (), BOOL), value("v", None)]
    body = graph(nodes, inputs, [value("c2", (), BOOL), value("o", None)])
    whole = [value("x", (2, 4)), value("n", (), INT64)]
    data = model(graph([node("Loop", "n _ x", "y", body=Body(body))], whole, [value("y", None)]))
    assert read(tmp_path, data).outputs[0].shape is None


@pytest.mark.parametrize(("steps", "rows"), [(3, 3), (100, 1)])
def test_a_scan_runs_over_an_axis(tmp_path: Path, steps: int, rows: int) -> None:
    nodes = [node("MatMul", "v w", "m"), node("Add", "m s", "next"), node("Identity", "next", "kept")]
    inputs, outputs = [value("s", (2, 4)), value("v", (2, 4))], [value("next", (2, 4)), value("kept", (2, 4))]
    body = Body(graph(nodes, inputs, outputs, W))
    scan = node("Scan", "start x", "last y", "scan", body=body, num_scan_inputs=1, scan_output_axes=[1])
    report = read(tmp_path, net([scan], (steps, 2, 4), tensor("start", (2, 4))))
    assert report.outputs[0].shape == (2, steps, 4)
    assert (report.totals.macs, report.totals.params) == (steps * 32, 24)
    assert sum(row.op in ("Linear", "onnx::Scan") for row in report.layers) == rows


# ---- branches


def test_both_sides_of_an_open_condition_are_looked_at(tmp_path: Path) -> None:
    yes = graph([node("MatMul", "x w", "o")], [], [value("o", None)], W)
    no = graph([node("MatMul", "x u", "p")], [], [value("p", None)], tensor("u", (4, 6)))
    branch = node("If", "c", "y", "choice", then_branch=Body(yes), else_branch=Body(no))
    report = read(tmp_path, model(graph([branch], [value("x", (2, 4)), value("c", (), BOOL)], [value("y", None)])))
    assert (report.outputs[0].shape, report.totals.params) == ((2, None), 16 + 24)
    assert "macs" in report.totals.unknown


def test_sides_that_cost_the_same_cost_that(tmp_path: Path) -> None:
    sides = [graph([node("MatMul", f"x {w}", "o")], [], [value("o", None)], tensor(w, (4, 4))) for w in "ab"]
    branch = node("If", "c", "y", "choice", then_branch=Body(sides[0]), else_branch=Body(sides[1]))
    report = read(tmp_path, model(graph([branch], [value("x", (2, 4)), value("c", (), BOOL)], [value("y", None)])))
    assert (report.outputs[0].shape, report.totals.params, report.totals.macs) == ((2, 4), 32, 32)


# ---- sequences


def test_sequences_are_names_for_what_is_in_them(tmp_path: Path) -> None:
    nodes = [
        node("SplitToSequence", "x two", "parts", "split", axis=1),
        node("SequenceAt", "parts one", "part"),
        node("Relu", "part", "r", "act"),
        node("SequenceInsert", "parts r", "more"),
        node("SequenceErase", "more one", "less"),
        node("SequenceLength", "less", "many"),
        node("ConcatFromSequence", "less", "y", axis=1),
    ]
    report = read(tmp_path, net(nodes, (1, 5, 3), number("two", 2), number("one", 1)))
    assert report.outputs[0].shape == (1, 2 + 1 + 2, 3)
    assert [row.op for row in report.layers] == ["split", "ReLU", "cat"]


def test_a_body_is_applied_to_each_tensor_of_a_sequence(tmp_path: Path) -> None:
    body = graph([node("MatMul", "v w", "o")], [value("v", None)], [value("o", None)], W)
    nodes = [
        node("SequenceConstruct", "x x", "s"),
        node("SequenceMap", "s", "t", body=Body(body)),
        node("ConcatFromSequence", "t", "y", axis=0, new_axis=1),
    ]
    report = read(tmp_path, net(nodes, (2, 4)))
    assert (report.outputs[0].shape, report.totals.macs, report.totals.params) == ((2, 2, 4), 64, 16)


# ---- recurrent layers


def recurrent(op: str, gates: int, ways: int = 1, **attributes: Any) -> tuple[bytes, tuple[bytes, ...]]:
    """Return a layer of 3 features and a state of 4, and its weights."""
    weights = (
        tensor("w", (ways, gates * 4, 3)),
        tensor("r", (ways, gates * 4, 4)),
        tensor("b", (ways, gates * 8)),
    )
    direction = {"direction": "bidirectional"} if ways == 2 else {}
    return node(op, "x w r b", "y h", "/rnn/rnn", hidden_size=4, **direction, **attributes), weights


@pytest.mark.parametrize(
    ("op", "gates", "attributes"), [("LSTM", 4, {}), ("GRU", 3, {"linear_before_reset": 1}), ("RNN", 1, {})]
)
@pytest.mark.parametrize("ways", [1, 2])
def test_what_torch_has_too_is_torch_s_layer(
    tmp_path: Path, op: str, gates: int, attributes: dict[str, Any], ways: int
) -> None:
    layer, weights = recurrent(op, gates, ways, **attributes)
    report = read(tmp_path, net([layer], (7, 2, 3), *weights))
    ours = convcli.shape(f"{op}(3, 4, bidirectional={ways == 2})", input="7x3", batch=2)
    (row,) = (row for row in report.layers if row.op == op)
    assert report.outputs[0].shape == (7, ways, 2, 4)
    assert (row.macs, row.other_ops, row.params) == (ways * 14 * gates * 28, ours.layers[0].other_ops, row.params)
    assert report.totals.params == ours.layers[0].params


@pytest.mark.parametrize(
    ("op", "gates", "attributes"),
    [
        ("GRU", 3, {}),
        ("LSTM", 4, {"input_forget": 1}),
        ("LSTM", 4, {"direction": "reverse"}),
        ("RNN", 1, {"clip": 1.0}),
    ],
)
def test_what_torch_does_not_have_keeps_its_name(
    tmp_path: Path, op: str, gates: int, attributes: dict[str, Any]
) -> None:
    layer, weights = recurrent(op, gates, **attributes)
    report = read(tmp_path, net([layer], (7, 2, 3), *weights))
    assert [(row.op, row.macs) for row in report.layers] == [(f"onnx::{op}", 14 * gates * 28)]
    assert (report.outputs[0].shape, report.totals.params) == ((7, 1, 2, 4), gates * (28 + 8))


def test_layers_that_share_weights_count_them_once(tmp_path: Path) -> None:
    layer, weights = recurrent("LSTM", 4)
    again = node("LSTM", "x w r b", "z h2", "/rnn/rnn_1", hidden_size=4)
    report = read(tmp_path, net([layer, again, node("Add", "y z", "sum")], (7, 2, 3), *weights, last="sum"))
    assert (report.totals.params, report.totals.macs) == (4 * 36, 2 * 14 * 4 * 28)


# ---- attention


@pytest.mark.parametrize(
    ("shape", "attributes"), [((2, 3, 5, 4), {}), ((2, 5, 12), {"q_num_heads": 3, "kv_num_heads": 3})]
)
def test_attention_is_torch_s(tmp_path: Path, shape: tuple[int, ...], attributes: dict[str, Any]) -> None:
    report = read(tmp_path, net([node("Attention", "x x x", "y", "a", **attributes)], shape, opset=23))
    (row,) = (row for row in report.layers if row.op == "scaled_dot_product_attention")
    assert (report.outputs[0].shape, row.macs, report.totals.macs) == (shape, *(2 * 2 * 3 * 5 * 5 * 4,) * 2)


def test_attention_with_what_was_kept_is_longer(tmp_path: Path) -> None:
    inputs = [value("x", (2, 3, 5, 4)), value("k", (2, 1, 7, 4)), value("v", (2, 1, 7, 4)), value("n", (2, 1, 5, 4))]
    layer = node("Attention", "x n n _ k v", "y pk pv", "a", is_causal=1)
    report = read(tmp_path, model(graph([layer], inputs, [value(one, None) for one in ("y", "pk", "pv")]), opset=23))
    assert [one.shape for one in report.outputs] == [(2, 3, 5, 4), (2, 1, 12, 4), (2, 1, 12, 4)]
    assert report.totals.macs == 2 * 2 * 3 * 5 * 12 * 4


@pytest.mark.parametrize("more", [{"softcap": 2.0}, {"left_window_size": 2}])
def test_attention_that_torch_does_not_have_keeps_its_products(tmp_path: Path, more: dict[str, Any]) -> None:
    report = read(tmp_path, net([node("Attention", "x x x", "y", "a", **more)], (2, 3, 5, 4), opset=24))
    assert [(row.op, row.macs) for row in report.layers] == [("onnx::Attention", 2 * 2 * 3 * 5 * 5 * 4)]


def test_a_causal_convolution_is_padding_and_a_convolution(tmp_path: Path) -> None:
    layer = node("CausalConvWithState", "x w", "y state", "conv", activation="silu")
    report = read(tmp_path, net([layer], (2, 6, 9), tensor("w", (6, 1, 4)), opset=27))
    assert [row.op for row in report.layers] == ["pad", "Conv1d", "silu", "slice"]
    assert (report.outputs[0].shape, report.totals.macs) == ((2, 6, 9), 2 * 6 * 9 * 4)


def test_a_linear_attention_costs_its_states(tmp_path: Path) -> None:
    layer = node("LinearAttention", "x x x", "y s", "a", q_num_heads=2, kv_num_heads=2, update_rule="delta")
    report = read(tmp_path, net([layer], (2, 5, 8), opset=27))
    assert (report.outputs[0].shape, report.totals.macs) == ((2, 5, 8), 2 * 5 * (2 + 2 + 2) * 4 * 4)


def test_gates_and_turns_cost_their_elements(tmp_path: Path) -> None:
    nodes = [node("SwiGLU", "x x", "g", "gate"), node("RotaryEmbedding", "g c c", "y", "turn")]
    report = read(tmp_path, net(nodes, (2, 3, 5, 4), tensor("c", (2, 5, 2)), opset=28))
    assert [(row.op, row.other_ops) for row in report.layers if row.op[0] != "P"][-1] == ("onnx::RotaryEmbedding", 360)
    assert report.outputs[0].shape == (2, 3, 5, 4)


# ---- constants within bodies, and how much is done


@pytest.mark.parametrize("spelled", [False, True])
def test_weights_of_a_body_are_counted_once_however_often_it_runs(tmp_path: Path, spelled: bool) -> None:
    nodes = [node("MatMul", "v w", "o"), node("Identity", "c", "next")]
    if spelled:
        nodes.insert(0, node("Constant", "", "w") + field(5, field(1, "value") + field(5, W) + field(20, 4)))
    inputs = [value("i", (), INT64), value("c", (), BOOL), value("v", (2, 4))]
    outputs = [value("next", (), BOOL), value("o", (2, 4))]
    inner = graph(nodes, inputs, outputs, *(() if spelled else (W,)))
    middle = [node("Loop", "n _ u", "p", body=Body(inner)), node("Identity", "d", "again")]
    states = [value("j", (), INT64), value("d", (), BOOL), value("u", (2, 4))]
    outer = graph(middle, states, [value("again", (), BOOL), value("p", (2, 4))])
    report = read(tmp_path, net([node("Loop", "n _ x", "y", body=Body(outer))], (2, 4), number("n", 3)))
    assert (report.totals.params, report.totals.macs) == (16, 9 * 32)


def nested_loops(depth: int) -> bytes:
    """Return loops in loops, each of 64 runs, around a linear layer."""
    inner = [node("MatMul", "v w", "o")]
    for _ in range(depth):
        states = [value("i", (), INT64), value("c", (), BOOL), value("v", (2, 4))]
        body = graph([*inner, node("Identity", "c", "k")], states, [value("k", (), BOOL), value("o", (2, 4))])
        inner = [node("Loop", "n _ v", "o", body=Body(body))]
    return net([node("Identity", "x", "v"), *inner], (2, 4), number("n", 64), W, last="o")


def test_loops_within_loops_are_written_out_no_longer_than_is_read(tmp_path: Path) -> None:
    from time import process_time

    start = process_time()
    report = read(tmp_path, nested_loops(8))
    assert (report.totals.params, report.totals.macs) == (16, 64**8 * 32)
    assert process_time() - start < 1


def test_loops_within_loops_whose_ends_nobody_knows_are_read_at_once(tmp_path: Path) -> None:
    from time import process_time

    inner = [node("Relu", "v", "o")]
    for _ in range(20):
        states = [value("i", (), INT64), value("c", (), BOOL), value("v", (2, 4))]
        ends = [node("ReduceMax", "o", "most", keepdims=0), node("Less", "most v0", "k")]
        body = graph([*inner, *ends], states, [value("k", (), BOOL), value("o", (2, 4))])
        inner = [node("Loop", "n yes v", "o", body=Body(body))]
    nodes = [node("Identity", "x", "v"), node("Equal", "n n", "yes"), *inner]
    start = process_time()
    report = read(tmp_path, net(nodes, (2, 4), number("n", 64), tensor("v0", (), [0.5]), last="o"))
    assert (report.outputs[0].shape, report.layers[-1].other_ops) == ((2, 4), None)
    assert process_time() - start < 1


def growing_sequence(count: int) -> bytes:
    """Return a sequence that grows, and is joined each time."""
    nodes = [node("SequenceConstruct", "x", "s0")]
    for at in range(count):
        nodes += [node("SequenceInsert", f"s{at} x", f"s{at + 1}"), node("ConcatFromSequence", f"s{at}", "y", axis=0)]
    return net(nodes, (2, 4))


def test_a_sequence_that_is_joined_again_and_again_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConvcliError, match="has more than"):
        read(tmp_path, growing_sequence(8000))


# ---- what the catalogue does not have


def test_a_deformed_convolution_has_the_products_of_one(tmp_path: Path) -> None:
    layer = node("DeformConv", "x w o b", "y", "/d/DeformConv", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    inputs = [value("x", (1, 4, 8, 8)), value("o", (1, 18, 8, 8))]
    inside = graph([layer], inputs, [value("y", None)], tensor("w", (6, 4, 3, 3)), tensor("b", (6,)))
    report = read(tmp_path, model(inside, opset=19))
    assert (report.outputs[0].shape, report.totals.params) == ((1, 6, 8, 8), 6 * 37)
    assert (report.totals.macs, report.layers[-1].other_ops) == (6 * 64 * 36, None)


def test_what_multiplies_nothing_has_no_multiply_accumulates(tmp_path: Path) -> None:
    report = read(
        tmp_path, net([node("RoiAlign", "x r i", "y")], (1, 4, 8, 8), tensor("r", (5, 4)), ints("i", *[0] * 5))
    )
    assert (report.outputs[0].shape, report.layers[-1].macs, report.layers[-1].other_ops) == ((5, 4, 1, 1), 0, None)
