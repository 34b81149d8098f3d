"""What every form of the expression language means (`docs/grammar.md`)."""

import pytest
from reading import edges, mistakes, names, net, report, row, shape, texts

import convcli

CONV = "Conv2d(3, 8, 3)"


def outcome(*layers: str, input: str = "[3, 32, 32]", head: str = "") -> tuple[int | None, ...] | None:
    """Return the shape of what a few layers give."""
    return shape(net(*layers, input=input, head=head))


# ---- a layer, and what is inferred


@pytest.mark.parametrize(
    "layer",
    [
        CONV, "Conv2d(_, 8, 3)", "Conv2d(out_channels=8, kernel_size=3)",
        "Conv2d(in_channels=_, out_channels=8, kernel_size=3)",
        "LazyConv2d(8, 3)", "nn.Conv2d(3, 8, 3)", "torch.nn.Conv2d(3, 8, 3)", "nn.LazyConv2d(8, kernel_size=3)",
        "conv 8 k3", "conv2d 8 k3", "Conv2d(3, 8, (3, 3))", "Conv2d(3, 8, [3, 3], bias=true)",
    ],
)  # fmt: skip
def test_a_convolution_is_written_in_many_ways(layer: str) -> None:
    assert texts(net(CONV)) == texts(net(layer))


@pytest.mark.parametrize(
    ("layer", "meant"),
    [
        ("Linear(_, 10)", "Linear(32, 10)"),
        ("Linear(out_features=10)", "Linear(32, 10)"),
        ("LazyLinear(10)", "Linear(32, 10)"),
        ("BatchNorm2d(_)", "BatchNorm2d(3)"),
        ("LazyBatchNorm2d()", "BatchNorm2d(3)"),
        ("LazyConvTranspose2d(8, 2)", "ConvTranspose2d(3, 8, 2)"),
        ("GroupNorm(3, _)", "GroupNorm(3, 3)"),
        ("LayerNorm(_)", "LayerNorm(32)"),
    ],
)
def test_the_input_side_is_inferred(layer: str, meant: str) -> None:
    assert [meant] == texts(net(layer))


def test_what_is_written_is_checked() -> None:
    assert [("CV202", 3)] == mistakes(net("Conv2d(4, 8, 3)"))


def test_what_is_not_inferred_cannot_be_left_open() -> None:
    assert [("CV210", 3)] == mistakes(net("Conv2d(3, _, 3)"))


# ---- chains and repetition


@pytest.mark.parametrize(
    "chain",
    [
        f"{CONV} | ReLU() | MaxPool2d(2)", f"Sequential({CONV}, ReLU(), MaxPool2d(2))",
        f"Sequential({CONV} | ReLU(), MaxPool2d(2))",
        f"({CONV} | ReLU()) | MaxPool2d(2)", f"{CONV} | (ReLU() | MaxPool2d(2))", "conv 8 k3 | relu | maxpool 2",
        f"{CONV} | None | ReLU() | MaxPool2d(2)", f"{CONV} | Dropout() * 0 | relu | MaxPool2d(2)",
        f"nn.Sequential({CONV}, Sequential(), nn.ReLU(), nn.MaxPool2d(2))",
    ],
)  # fmt: skip
def test_a_chain_is_one_layer_after_the_other(chain: str) -> None:
    assert ["Conv2d(3, 8, 3)", "ReLU()", "MaxPool2d(2)"] == texts(net(chain))


def test_a_chain_starts_from_a_tensor() -> None:
    assert {"0": ("input",), "1": ("0",), "2": ("input",)} == edges(net("ReLU()", "Sigmoid()", "input | Tanh()"))


def test_a_chain_starts_from_a_named_tensor() -> None:
    assert ("a",) == edges(net("a: ReLU()", "Sigmoid()", "b: a | Tanh()"))["b.0"]


def test_a_repetition_has_weights_of_its_own_each_time() -> None:
    once, thrice = (report(net(f"Conv2d(_, 3, 3, padding=1) * {times}")).totals.params for times in (1, 3))
    assert 3 * once == thrice


@pytest.mark.parametrize(
    "times", ["3", "n", "(n + 0)", "depths[1]", "(len(depths) + 1)", "(1 if n == 2 else 3)", "min(3, 9)"]
)
def test_a_repetition_counts_with_any_expression(times: str) -> None:
    assert ["ReLU()"] * 3 == texts(net(f"ReLU() * {times}", head="vars: {n: 3, depths: [2, 3]}\n"))


@pytest.mark.parametrize(
    "layer", ["ReLU() * 0", "None", "(ReLU() | ReLU()) * 0", "Sequential()", "ReLU() if 0 else None"]
)
def test_no_layer_lets_the_tensor_pass(layer: str) -> None:
    assert {"0": ("input",), "1": ("0",)} == edges(net("ReLU()", layer, "Tanh()"))


def test_a_number_may_stand_before_the_layer_it_repeats() -> None:
    assert ["ReLU()"] * 2 == texts(net("2 * ReLU()"))


@pytest.mark.parametrize("product", ["x * 2", "2 * x", "x * 0.5", "conv * 2", "conv * 0"])
def test_a_tensor_times_a_number_multiplies(product: str) -> None:
    assert ["conv", "mul"] == names(net("conv: Conv2d(3, 8, 3)", product))


def test_a_repetition_infers_anew_each_time() -> None:
    head = "blocks:\n  Double(c):\n    - Conv2d(_, c * 2, 1)\n"
    assert (1, 24, 32, 32) == outcome("Double(_) * 3", head=head)


@pytest.mark.parametrize("times", ["-1", "'a'", "[1]", "2.5", "True"])
def test_a_layer_is_repeated_by_an_integer_only(times: str) -> None:
    assert mistakes(net(f"ReLU() * {times}"))


@pytest.mark.parametrize("other", ["x", "Sigmoid()", "conv"])
def test_a_layer_times_a_tensor_or_a_layer_multiplies(other: str) -> None:
    assert ["conv", "1", "mul"] == [name for name in names(net("conv: ReLU()", f"Tanh() * {other}")) if name != "2"]


# ---- tensors


def test_a_layer_is_applied_to_a_named_tensor() -> None:
    assert ("a",) == edges(net("a: ReLU()", "Sigmoid()", "Tanh()(a)"))["2"]


@pytest.mark.parametrize("layer", ["(Tanh() | ReLU())(a)", "Sequential(Tanh(), ReLU())(a)", "(a | Tanh() | ReLU())"])
def test_a_chain_is_applied_to_a_named_tensor(layer: str) -> None:
    assert ("a",) == edges(net("a: ReLU()", "Sigmoid()", layer))["2"]


def test_a_layer_is_applied_to_several_tensors() -> None:
    text = net("a: Linear(8, 4)", "b: Linear(8, 6)(input)", "Bilinear(4, 6, 5)(a, b)", input="[8]")
    assert ("a", "b") == edges(text)["2"]


def test_x_is_the_current_tensor_and_input_what_flowed_in() -> None:
    assert ("0", "input") == edges(net("ReLU()", "x + input"))["add"]


def test_inside_a_block_input_is_what_flowed_into_the_block() -> None:
    text = net("ReLU()", "B()", head="blocks:\n  B():\n    - Tanh()\n    - x + input\n")
    assert ("1.0", "0") == edges(text)["1.add"]


@pytest.mark.parametrize(
    ("sign", "operator"), [("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "div"), ("@", "matmul")]
)
def test_signs_over_tensors_are_functions(sign: str, operator: str) -> None:
    assert [operator] == [one.op for one in report(net(f"input {sign} x")).layers]


def test_a_minus_before_a_tensor_negates_it() -> None:
    assert ["neg"] == [one.op for one in report(net("-x")).layers]


@pytest.mark.parametrize(
    "call", ["relu(x)", "F.relu(x)", "torch.relu(input)", "torch.nn.functional.relu(x)", "relu(input=x)"]
)
def test_a_function_is_applied_to_tensors(call: str) -> None:
    assert ["relu"] == names(net(call))


def test_functions_and_signs_nest() -> None:
    text = net("a: ReLU()", "b: Tanh()", "relu(a + cat([a, b], dim=1)[:, :3])")
    assert ["a", "b", "cat", "slice", "add", "relu"] == names(text)


@pytest.mark.parametrize("call", ["cat([x, x])", "stack([x, x])"])
def test_a_joining_function_needs_its_dimension(call: str) -> None:
    assert [("CV215", 3)] == mistakes(net(call))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("x + (Conv2d(_, 3, 3, padding=1) | BatchNorm2d(_))", ("a", "1")),
        ("(Conv2d(_, 3, 1) | Tanh()) + x", ("1", "a")),
        ("x + Tanh()", ("a", "0")),
        ("input * Sigmoid()", ("input", "0")),
    ],
)
def test_a_layer_where_a_tensor_is_needed_is_applied_to_x(text: str, reads: tuple[str, str]) -> None:
    *_, last = report(net("a: ReLU()", text)).layers
    assert reads == tuple(name if name in ("a", "input") else str(int(name) - 1) for name in last.inputs)


def test_layers_in_a_list_of_tensors_are_applied_to_x() -> None:
    assert (1, 7, 32, 32) == outcome("cat([x, Conv2d(_, 4, 1)], dim=1)")


# ---- several results, slices, tensors inside of scopes


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("chunk(x, 2, dim=1)[1]", (1, 2, 9, 7)), ("chunk(x, 2, dim=1)", (1, 2, 9, 7)),
        ("chunk(x, 2, dim=1)[-1]", (1, 2, 9, 7)),
        ("split(x, [1, 3], dim=1)[1]", (1, 3, 9, 7)), ("x[:, 0]", (1, 9, 7)), ("x[:, 1:3]", (1, 2, 9, 7)),
        ("x[..., 0]", (1, 4, 9)),
        ("x[..., ::2]", (1, 4, 9, 4)), ("x[:, :, 1:-1, 2:]", (1, 4, 7, 5)), ("x[0]", (4, 9, 7)),
        ("x[:, None]", (1, 1, 4, 9, 7)),
        ("x[:, -1:]", (1, 1, 9, 7)), ("x[0, 0, 0]", (7,)),
    ],
)  # fmt: skip
def test_a_result_or_a_slice_is_taken_in_brackets(last: str, expected: tuple[int, ...]) -> None:
    assert expected == outcome(last, input="[4, 9, 7]")


def test_an_operator_with_several_results_passes_its_first_on() -> None:
    assert (1, 5, 10) == outcome("LSTM(8, 16, batch_first=True)", "Linear(16, 10)", input="[5, 8]")


@pytest.mark.parametrize(
    ("taken", "expected"), [("lstm[1][0]", (2, 1, 16)), ("lstm[1]", (2, 1, 16)), ("lstm[0]", (1, 5, 16))]
)
def test_results_of_a_named_layer_are_taken_by_number(taken: str, expected: tuple[int, ...]) -> None:
    text = net("lstm: LSTM(8, 16, num_layers=2, batch_first=True)", taken, input="[5, 8]")
    assert expected == shape(text)


def test_a_result_that_is_not_there_is_a_mistake() -> None:
    assert [("CV207", 3)] == mistakes(net("chunk(x, 3, dim=1)[3]"))


SCOPES = net(
    "body:\n      - layer1: ReLU()\n      - inner:\n          - Tanh()\n          - deep: Sigmoid()\n      - Tanh()",
    "features: ReLU() | Tanh() | Sigmoid()",
    "block: B()",
    "{}",
    head="blocks:\n  B():\n    - first: ReLU()\n    - second: Tanh()\n",
)


@pytest.mark.parametrize(
    ("tensor", "row"),
    [
        ("body.layer1", "body.layer1"), ("body.inner.deep", "body.inner.deep"), ("body.inner[0]", "body.inner.0"),
        ("body.inner", "body.inner.deep"), ("body[2]", "body.2"), ("body", "body.2"), ("features[0]", "features.0"),
        ("features[1]", "features.1"), ("features", "features.2"), ("block.first", "block.first"),
        ("block", "block.second"),
    ],
)  # fmt: skip
def test_a_tensor_inside_of_a_scope_is_named_by_its_path(tensor: str, row: str) -> None:
    assert (row,) == edges(SCOPES.format(f"last: relu({tensor})"))["last"]


@pytest.mark.parametrize("tensor", ["body.layer9", "features[3]", "block.third", "body.layer1.more", "features.relu"])
def test_a_tensor_that_is_not_in_its_scope_is_a_mistake(tensor: str) -> None:
    assert [15] == [line for _, line in mistakes(SCOPES.format(f"relu({tensor})"))]


# ---- precedence of names


def test_a_layers_name_wins_over_a_functions() -> None:
    text = net("relu: ReLU()", "Tanh()", "out: relu(x + input)")
    assert ("relu", 2) == (row(text, "out").module, row(text, "out").call)


def test_a_tensors_name_does_not_win_over_a_function() -> None:
    assert ["tanh", "relu"] == [one.op for one in report(net("relu: tanh(x)", "relu(x)")).layers]


def test_the_arguments_of_a_block_win_over_variables() -> None:
    head = "vars: {c: 4}\nblocks:\n  B(c):\n    - Conv2d(_, c, 1)\n"
    assert (1, 8, 32, 32) == outcome("B(8)", head=head)


def test_variables_are_known_inside_of_blocks() -> None:
    assert (1, 4, 32, 32) == outcome("B()", head="vars: {c: 4}\nblocks:\n  B():\n    - Conv2d(_, c, 1)\n")


def test_a_layer_of_the_caller_is_not_known_inside_of_a_block() -> None:
    assert [("CV204", 4)] == mistakes(net("a: ReLU()", "B()", head="blocks:\n  B():\n    - x + a\n"))


def test_a_layer_is_known_inside_of_the_scopes_below_it() -> None:
    assert ("a", "a") == edges(net("a: ReLU()", "s:\n      - y: x + a"))["s.y"]


def test_the_first_mistake_does_not_hide_the_second() -> None:
    assert [("CV201", 3), ("CV204", 4), ("CV212", 5)] == mistakes(net("Foo()", "x + bar", "ReLU(baz=1)"))


def test_the_report_ends_before_the_first_mistake() -> None:
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.shape("ReLU() | Tanh() | Foo() | ReLU()", input="3x8x8")
    assert ["0", "1"] == [one.name for one in caught.value.report.layers]
