"""What flows in and out: sizes and batches from files and from `-i`, several inputs and outputs."""

import pytest
from reading import attempt, edges, mistakes, net, report

import convcli
from convcli.shapes import parse_inputs

# ---- sizes from `-i`


def flowing(layer: str, sizes: str, *, input: str | None = None, head: str = "", **options: object) -> object:
    """Return the shape that flows into a network for `-i`, or the code of the mistake."""
    text = net(layer, input=input, head=head)
    try:
        found = attempt(text, sizes=parse_inputs([sizes]), **options)
    except convcli.ConvcliError as error:
        return error.diagnostics[0].code
    return found.findings[0].code if found.findings else found.inputs[0].shape


@pytest.mark.parametrize(
    ("layer", "sizes", "expected"),
    [
        ("Conv2d(3, 8, 3)", "3x9x9", (1, 3, 9, 9)), ("Conv2d(3, 8, 3)", "2x3x9x9", (2, 3, 9, 9)),
        ("Conv2d(_, 8, 3)", "2x3x9x9", (2, 3, 9, 9)),
        ("Conv1d(3, 8, 3)", "3x9", (1, 3, 9)), ("Conv1d(3, 8, 3)", "2x3x9", (2, 3, 9)),
        ("Conv3d(3, 8, 3)", "3x9x9x9", (1, 3, 9, 9, 9)),
        ("Conv3d(3, 8, 3)", "2x3x9x9x9", (2, 3, 9, 9, 9)), ("MaxPool2d(2)", "3x9x9", (1, 3, 9, 9)),
        ("MaxPool2d(2)", "2x3x9x9", (2, 3, 9, 9)),
        ("BatchNorm2d(3)", "3x9x9", (1, 3, 9, 9)), ("BatchNorm2d(3)", "2x3x9x9", (2, 3, 9, 9)),
        ("BatchNorm1d(3)", "3x9", (1, 3, 9)),
        ("BatchNorm1d(3)", "2x3x9", (2, 3, 9)), ("Linear(9, 4)", "9", (1, 9)), ("Linear(9, 4)", "5x9", (1, 5, 9)),
        ("Linear(9, 4)", "2x5x9", (1, 2, 5, 9)),
        ("Linear(9, 4)", "2x3x5x9", (2, 3, 5, 9)), ("GroupNorm(1, 3)", "3x9x9", (1, 3, 9, 9)),
        ("GroupNorm(1, 3)", "2x3x9x9", (2, 3, 9, 9)),
        ("Upsample(scale_factor=2)", "3x9x9", (1, 3, 9, 9)),
        ("Upsample(scale_factor=2)", "2x3x9x9", (2, 3, 9, 9)),
        ("ReLU()", "3x9x9", (1, 3, 9, 9)),
        ("ReLU()", "2x3x9x9", (2, 3, 9, 9)), ("x + 1", "2x3x9x9", (2, 3, 9, 9)), ("relu(x)", "3x9x9", (1, 3, 9, 9)),
        ("conv 8 k3", "3x9x9", (1, 3, 9, 9)),
        ("conv 8 k3", "3x9", (1, 3, 9)), ("conv 8 k3", "2x3x9x9", (2, 3, 9, 9)),
        ("conv 8 k3", "2x3x9x9x9", (2, 3, 9, 9, 9)), ("bn", "3x9x9", (1, 3, 9, 9)),
        ("gap", "3x9x9", (1, 3, 9, 9)), ("LSTM(8, 4, batch_first=True)", "5x8", (1, 5, 8)),
        ("LSTM(8, 4, batch_first=True)", "2x5x8", (2, 5, 8)),
        ("ReLU() | Conv2d(3, 8, 3)", "3x9x9", (1, 3, 9, 9)), ("Embedding(10, 4)", "7", (1, 7)),
        ("Flatten()", "3x9x9", (1, 3, 9, 9)),
    ],
)  # fmt: skip
def test_a_size_has_a_batch_where_the_first_operator_takes_one_number_more(
    layer: str, sizes: str, expected: tuple[int, ...]
) -> None:
    assert expected == flowing(layer, sizes)


@pytest.mark.parametrize(
    ("layer", "sizes", "expected"),
    [
        ("ReLU()", "3x9x9", (1, 3, 9, 9)), ("ReLU()", "2x3x9x9", (2, 3, 9, 9)),
        ("Linear(9, 4)", "2x3x5x9", (2, 3, 5, 9)),
        ("Conv2d(3, 8, 3)", "2x3x9x9", (2, 3, 9, 9)),
    ],
)  # fmt: skip
def test_beside_a_files_input_a_batch_is_one_number_more(layer: str, sizes: str, expected: tuple[int, ...]) -> None:
    assert expected == flowing(layer, sizes, input="[3, 8, 9]")


@pytest.mark.parametrize(
    ("input", "sizes", "expected"),
    [
        ("[8]", "2x8", (2, 8)),
        ("[5, 8]", "2x5x8", (2, 5, 8)),
        ("[5, 8]", "6x8", (1, 6, 8)),
        ("[2, 3, 5, 8]", "2x3x5x8", (1, 2, 3, 5, 8)),
    ],
)
def test_a_files_input_decides_also_for_operators_of_any_rank(
    input: str, sizes: str, expected: tuple[int, ...]
) -> None:
    assert expected == flowing("Linear(8, 4)", sizes, input=input)


@pytest.mark.parametrize(
    ("batched", "sizes", "expected"),
    [(True, "2x5x8", (2, 5, 8)), (False, "2x3x5x8", (1, 2, 3, 5, 8)), (None, "2x5x8", (1, 2, 5, 8))],
)
def test_batched_and_unbatched_overrule(batched: bool | None, sizes: str, expected: tuple[int, ...]) -> None:
    assert expected == flowing("Linear(8, 4)", sizes, batched=batched)


def test_batched_overrules_the_files_input() -> None:
    assert (3, 8, 8) == flowing("Linear(8, 4)", "3x8x8", input="[3, 8, 8]", batched=True)


@pytest.mark.parametrize(("sizes", "expected"), [("3x9x9", (16, 3, 9, 9)), ("2x3x9x9", "CV002")])
def test_a_batch_beside_a_size_that_has_one_is_a_mistake(sizes: str, expected: object) -> None:
    assert expected == flowing("Conv2d(3, 8, 3)", sizes, batch=16)


@pytest.mark.parametrize(
    ("layer", "batch", "expected"),
    [
        ("LSTM(8, 4)", None, (5, 1, 8)), ("LSTM(8, 4)", 3, (5, 3, 8)), ("LSTM(8, 4, batch_first=True)", 3, (3, 5, 8)),
        ("GRU(8, 4)", 3, (5, 3, 8)),
        ("RNN(8, 4)", 3, (5, 3, 8)), ("TransformerEncoderLayer(8, 2)", 3, (5, 3, 8)), ("Linear(8, 4)", 3, (3, 5, 8)),
        ("MultiheadAttention(8, 2)(x, x, x)", 3, (5, 3, 8)),
    ],
)  # fmt: skip
def test_the_batch_of_a_file_goes_to_the_batch_axis_of_the_first_operator(
    layer: str, batch: int | None, expected: tuple[int, ...]
) -> None:
    assert expected == report(net(layer, input="[5, 8]"), batch=batch).inputs[0].shape


def test_the_batch_of_a_size_goes_to_the_batch_axis_of_the_first_operator() -> None:
    assert (5, 3, 8) == flowing("LSTM(8, 4)", "5x8", batch=3)


@pytest.mark.parametrize(
    "written", ["[3, 8, 9]", "3x8x9", "3,8,9", "3 x 8 x 9", "[3, n, n + 1]", "\n  - 3\n  - 8\n  - 9"]
)
def test_a_size_is_written_in_many_ways(written: str) -> None:
    assert (1, 3, 8, 9) == report(net("ReLU()", input=written, head="vars: {n: 8}\n")).inputs[0].shape


def test_an_input_that_an_embedding_reads_holds_integers() -> None:
    assert "int64" == report(net("Embedding(10, 4)", input="[7]")).inputs[0].dtype


def test_an_embedding_further_down_does_not_change_the_type_of_the_input() -> None:
    assert [("CV231", 4)] == mistakes(net("ReLU()", "Embedding(10, 4)", input="[7]"))


# ---- several inputs and outputs

TWO = """inputs: {image: [3, 8, 8], depth: [1, 8, 8]}
layers:
  - a: Conv2d(3, 4, 1)
  - b: Conv2d(1, 4, 1)(depth)
  - a + b
"""


def test_several_inputs_are_known_by_their_names() -> None:
    assert {"a": ("image",), "b": ("depth",), "add": ("a", "b")} == edges(TWO)


def test_sizes_are_given_to_inputs_by_name() -> None:
    found = report(TWO, sizes=parse_inputs(["image=3x9x9", "depth=2x1x9x9"]))
    assert [(1, 3, 9, 9), (2, 1, 9, 9)] == [made.shape for made in found.inputs]


def test_a_size_without_a_name_is_for_the_first_input() -> None:
    assert [(2, 3, 8, 8), (1, 1, 8, 8)] == [made.shape for made in report(TWO, sizes=parse_inputs(["2x3x8x8"])).inputs]


def test_a_size_for_an_input_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(convcli.ConvcliError, match="no input `dept`"):
        attempt(TWO, sizes=parse_inputs(["dept=1x8x8"]))


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("[a, c]", ["a", "c"]),
        ("[b]", ["b"]),
        ("b", ["b"]),
        ("[c, a]", ["c", "a"]),
        ("[s.inner]", ["s.inner"]),
        ("", ["c"]),
    ],
)
def test_outputs_are_named_tensors(outputs: str, expected: list[str]) -> None:
    head = f"outputs: {outputs}\n" if outputs else ""
    text = net("a: ReLU()", "b: Tanh()", "s:\n      - inner: ReLU()\n      - Tanh()", "c: ReLU()", head=head)
    assert expected == [made.name for made in report(text).outputs]


@pytest.mark.parametrize("sizes", ["9", "3x9", "1x2x3x9x9"])
def test_a_size_has_as_many_numbers_as_the_file_s_or_one_more(sizes: str) -> None:
    assert flowing("relu(x)", sizes, input="[3, 32, 32]") == "CV002"


def test_a_size_of_any_length_is_taken_where_the_question_says_if_it_has_a_batch() -> None:
    assert flowing("relu(x)", "3x9", input="[3, 32, 32]", batched=True) == (3, 9)


@pytest.mark.parametrize("layers", ["x + 1", "x * 2 - x", "x[:, 1:]", "x / 2"])
def test_an_expression_without_parentheses_is_layers_everywhere(layers: str) -> None:
    shaped = convcli.shape(layers, input="3x8x8")
    assert convcli.profile(layers, input="3x8x8").totals == shaped.totals
    assert convcli.diff(layers, layers, input="3x8x8").status == "unchanged"
    assert convcli.solve_batch(layers, input="3x8x8", memory="1MiB").batch > 1
