"""Short words, arithmetic, variables and the arguments of blocks (`docs/grammar.md`)."""

import pytest
from reading import messages, mistakes, net, report, shape, texts

import convcli


def value(expression: str, head: str = "") -> object:
    """Return what an expression gives, by way of an argument that takes any number."""
    return report(net(f"LeakyReLU({expression})", head=head)).layers[0].args["negative_slope"]


# ---- short words


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("conv 64 k3 s2 p1", "Conv2d(4, 64, 3, stride=2, padding=1)"),
        ("conv 64 k3x5", "Conv2d(4, 64, (3, 5))"),
        ("conv 64 k3 p1 d2 g2", "Conv2d(4, 64, 3, padding=1, dilation=2, groups=2)"),
        ("conv 64 k3 nobias", "Conv2d(4, 64, 3, bias=False)"),
        ("conv 64 k3 bias=False", "Conv2d(4, 64, 3, bias=False)"),
        ("conv 64 k3 psame", "Conv2d(4, 64, 3, padding='same')"),
        ("conv 64 k3 padding=1", "Conv2d(4, 64, 3, padding=1)"),
        ("dwconv k3", "Conv2d(4, 4, 3, groups=4)"),
        ("pwconv 8", "Conv2d(4, 8, 1)"),
        ("tconv 8 k2 s2 op1", "ConvTranspose2d(4, 8, 2, stride=2, output_padding=1)"),
        ("bn", "BatchNorm2d(4)"),
        ("relu", "ReLU()"),
        ("leakyrelu 0.2", "LeakyReLU(negative_slope=0.2)"),
        ("maxpool k3 s2 p1", "MaxPool2d(3, stride=2, padding=1)"),
        ("maxpool 3 2 1", "MaxPool2d(3, stride=2, padding=1)"),
        ("avgpool 2", "AvgPool2d(2)"),
        ("gap", "AdaptiveAvgPool2d(1)"),
        ("fc 10", "Linear(8, 10)"),
        ("gn 2", "GroupNorm(2, 4)"),
        ("upsample 2", "Upsample(scale_factor=2)"),
        ("flatten -2", "Flatten(start_dim=-2)"),
        ("dropout 0.5", "Dropout()"),
    ],
)
def test_short_words_are_operators(words: str, meant: str) -> None:
    assert [meant] == texts(net(words, input="[4, 8, 8]"))


@pytest.mark.parametrize(("input", "axes"), [("[4, 8]", 1), ("[4, 8, 8]", 2), ("[4, 8, 8, 8]", 3)])
def test_short_words_read_their_dimension_from_the_input(input: str, axes: int) -> None:
    meant = [f"Conv{axes}d(4, 6, 3)", f"BatchNorm{axes}d(6)", f"MaxPool{axes}d(2)"]
    assert meant == texts(net("conv 6 k3 | bn | maxpool 2", input=input))


def test_a_short_word_may_say_its_dimension() -> None:
    assert [("CV203", 3)] == mistakes(net("conv1d 8 k3", input="[4, 8, 8]"))


def test_words_follow_each_other_without_bars() -> None:
    assert ["Conv2d(3, 8, 3)", "BatchNorm2d(8)", "ReLU()"] == texts(net("conv 8 k3 bn relu"))


@pytest.mark.parametrize("layer", ["relu * 2", "relu | relu", "Sequential(relu, relu)"])
def test_a_word_alone_is_a_layer(layer: str) -> None:
    assert ["ReLU()"] * 2 == texts(net(layer))


def test_a_variable_may_stand_behind_an_equals_sign() -> None:
    assert ["Conv2d(3, 8, 5)"] == texts(net("conv 8 kernel_size=k", head="vars: {k: 5}\n"))


def test_a_variable_named_like_a_word_wins() -> None:
    assert [("CV119", 4)] == mistakes(net("relu", head="vars: {relu: 5}\n"))


# ---- arithmetic


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("7 // 2", 3), ("-7 // 2", -4), ("7 / 2", 3.5), ("7 % 4", 3),
        ("-7 % 4", 1), ("--1", 1),
        ("-2", -2), ("+2", 2), ("2 - 3 - 4", -5), ("min(3, 1, 2)", 1), ("max(3, 1)", 3), ("max([1, 4])", 4),
        ("round(2.5)", 2),
        ("round(2.345, 2)", 2.35), ("int(2.9)", 2), ("int(-2.9)", -2), ("ceil(2.1)", 3), ("floor(-2.1)", -3),
        ("len([1, 2])", 2),
        ("1 if 2 > 1 else 0", 1), ("1 if 2 < 1 else 0", 0), ("3 if 1 == 1.0 and not 0 else 4", 3),
        ("3 if 0 or 0 else 4", 4),
        ("[5, 6][1]", 6), ("[5, 6][-1]", 6), ("[[1, 2], [3, 4]][1][0]", 3), ("1 if 1 < 2 < 3 else 0", 1),
        ("1 if 1 < 3 < 2 else 0", 0),
        ("1 if 2 in [1, 2] else 0", 1), ("1 if 'a' == 'a' else 0", 1), ("1 if 3 not in [1, 2] else 0", 1),
        ("1e-5", 1e-5), ("1_000", 1000),
        ("0x10", 16), ("1 if None == None else 0", 1), ("0 or 5", 5), ("4 and 5", 5), ("size(x, 1)", 3),
        ("size(x, -1)", 32),
        ("size(x)[1]", 3), ("size(x)[2:][0]", 32), ("size(x)[2:] == [32, 32] and 1", 1), ("len(size(x))", 4),
        ("[5, 6, 7][1:][0]", 6), ("[5, 6, 7][:-1][-1]", 6), ("[5, 6, 7][::-1][0]", 7), ("len([5, 6][7:])", 0),
        ("make_divisible(24 * 1.4, 8)", 32), ("make_divisible(10, 8)", 16), ("make_divisible(37, 8)", 40),
    ],
)  # fmt: skip
def test_arithmetic_is_pythons(expression: str, expected: float) -> None:
    assert expected == value(expression)


@pytest.mark.parametrize("value", [8 * part for part in range(1, 40)])
def test_make_divisible_never_takes_more_than_a_tenth(value: int) -> None:
    width = report(net(f"Conv2d(3, make_divisible({value} * 0.77, 8), 1)")).layers[0].args["out_channels"]
    assert width % 8 == 0
    assert width >= 0.9 * 0.77 * value


@pytest.mark.parametrize(
    "expression",
    [
        "1 // 0", "1 % 0", "1 / 0", "9223372036854775807 + 1", "1 + 'a'", "'a' * 2", "[1] + [2]", "-'a'", "min()",
        "len(3)",
        "max('a')", "round('a')", "int('3')", "1 < 'a'", "x + 1 > 2", "not x", "ceil(1, 2)", "min(key=1)", "3[0]",
        "[1][x]", "[1, 2][1.0]",
        "undefined", "undefined(1)", "size(x)", "size(x)[9]", "size(x)[::0]", "size(x)['a':]",
        "[1, 2][0:1, 1]", "size(x, 1, 2)", "size(x, 9)", "size(3, 0)", "1 if x else 2", "'a' 'b' + 1",
    ],
)  # fmt: skip
def test_arithmetic_that_has_no_result_is_a_mistake(expression: str) -> None:
    assert [3] == [line for _, line in mistakes(net(f'"LeakyReLU({expression})"'))]


@pytest.mark.parametrize("text", ["'inf'", "1e400", "-1e400", "1e308 * 10", "1e308 * 10 - 1e308 * 10"])
def test_numbers_stay_finite(text: str) -> None:
    assert mistakes(net(f"LeakyReLU({text})"))


def test_a_floating_point_number_may_be_larger_than_any_integer() -> None:
    assert ["Hardtanh(min_val=-1e+30, max_val=1e+30)"] == texts(net("Hardtanh(-1e30, 1e30)"))


def test_a_blank_on_one_side_of_a_sign_only_is_arithmetic_in_a_variable() -> None:
    assert 8 == value("n", head="vars:\n  w: 10\n  n: w -2\n")


# ---- variables


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("8", 8), ("8.5", 8.5), ("1e-5", 1e-5), ("1_000", 1000), ("2 * 4", 8), ("w * 2", 20), ("([1, 2])[1]", 2),
        ("w if w > 5 else 5", 10), ("-3", -3), ("0x10", 16), ("1.", 1.0), (".5", 0.5), ("+4", 4), ("0o10", 8),
    ],
)  # fmt: skip
def test_a_plain_variable_is_an_expression(written: str, expected: float) -> None:
    assert expected == value("n", head=f"vars:\n  w: 10\n  n: {written}\n")


@pytest.mark.parametrize("quotes", ['"{}"', "'{}'"])
def test_a_quoted_variable_is_a_string(quotes: str) -> None:
    head = f"vars: {{mode: {quotes.format('reflect')}}}\n"
    assert ["Conv2d(3, 8, 3, padding=1, padding_mode='reflect')"] == texts(
        net("Conv2d(3, 8, 3, padding=1, padding_mode=mode)", head=head)
    )


def test_variables_may_stand_in_any_order() -> None:
    assert 30 == value("c", head="vars: {c: b * 3, b: a * 2, a: 5}\n")


def test_a_variable_may_be_a_list_of_expressions() -> None:
    assert 7 == value("depths[1] + depths[2]", head="vars:\n  n: 2\n  depths: [1, n + 1, n * 2]\n")


def test_variables_in_a_circle_are_a_mistake() -> None:
    assert "a -> b -> a" in messages_of_circle("{a: b, b: a}")


def test_a_variable_that_is_its_own_is_a_mistake() -> None:
    assert "a -> a" in messages_of_circle("{a: a + 1}")


def messages_of_circle(variables: str) -> str:
    """Return what is said of variables that refer to each other."""
    try:
        return messages(net("ReLU()", head=f"vars: {variables}\n"))
    except convcli.ConvcliError as error:
        return " ".join(one.message for one in error.diagnostics)


# ---- the arguments of blocks


@pytest.mark.parametrize(
    ("signature", "body", "call", "expected"),
    [
        ("B(c)", "Conv2d(_, c, 1)", "B(8)", 8),
        ("B(c=8)", "Conv2d(_, c, 1)", "B()", 8),
        ("B(c=8)", "Conv2d(_, c, 1)", "B", None),
        ("B(c)", "Conv2d(_, c, 1)", "B(c=8)", 8),
        ("B(c, d=c * 2)", "Conv2d(_, d, 1)", "B(4)", 8),
        ("B(c)", "Conv2d(_, c * 2, 1)", "B(_)", 6),
        ("B(c=_)", "Conv2d(_, c * 2, 1)", "B()", 6),
        ("B(c=in_channels)", "Conv2d(_, c * 2, 1)", "B()", 6),
        ("B(cs)", "Conv2d(_, cs[1], 1)", "B([4, 8])", 8),
        ("B(mode)", "Conv2d(_, 8, 1, padding_mode=mode)", "B('reflect')", 8),
        ("B(act)", "Conv2d(_, 8, 1) | act", "B(ReLU())", 8),
        ("B(act)", "Conv2d(_, 8, 1) | act", "B(relu)", 8),
        ("B(act=ReLU())", "Conv2d(_, 8, 1) | act", "B()", 8),
        ("B(layer)", "layer", "B(Conv2d(_, 8, 1) | ReLU())", 8),
        ("B(layer)", "layer | layer", "B(Conv2d(_, 8, 1))", 8),
        ("B(layer)", "x + layer(x)", "B(Conv2d(_, 3, 1))", 3),
        ("B(act=None)", "Conv2d(_, 8, 1) | act", "B()", 8),
        ("B(other)", "cat([x, other], dim=1)", "B(x)", 6),
        ("B(other)", "cat([x, other], dim=1)", "B(input | Conv2d(_, 5, 1))", 8),
        ("B(flag)", "Conv2d(_, 8, 1) if flag else None", "B(False)", 3),
        ("B()", "Conv2d(in_channels, in_channels * 2, 1)", "B()", 6),
    ],
)
def test_a_blocks_argument_may_be_anything(signature: str, body: str, call: str, expected: int | None) -> None:
    text = net(call, head=f"blocks:\n  {signature}:\n    - {body}\n")
    if expected is None:
        assert [("CV205", 6)] == mistakes(text)
        return
    found = shape(text)
    assert found is not None
    assert expected == found[1]


def test_a_block_takes_a_tensor_of_the_caller() -> None:
    head = "blocks:\n  Up(skip):\n    - Upsample(scale_factor=2)\n    - cat([skip, x], dim=1)\n"
    assert (1, 6, 32, 32) == shape(net("enc: ReLU()", "MaxPool2d(2)", "Up(enc)", head=head))


def test_a_default_is_evaluated_where_the_block_is_called() -> None:
    head = "vars: {w: 4}\nblocks:\n  B(c=w * in_channels):\n    - Conv2d(_, c, 1)\n"
    assert (1, 48, 32, 32) == shape(net("B() | B()", head=head))
