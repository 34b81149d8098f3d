"""Which layers belong together: known edits of random networks are what the comparison finds, and nothing else."""

import random
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import net, report

import convcli
from convcli.collector import paused_collector
from convcli.compare.compare import compare
from convcli.compare.record import Comparison

REPEATED = ("Conv2d(3, 3, 3, padding=1)", "BatchNorm2d(3)", "ReLU()", "Conv2d(3, 3, 1)")
APART = 4
"""Between two edits stands at least one layer that occurs once: a layer removed here and one added beside it
would be one that was replaced."""


def differing(before: list[str], after: list[str], **options: object) -> Comparison:
    """Compare two lists of layers."""
    return compare(report(net(*before), **options), report(net(*after), **options), "a", "b")


def found(before: list[str], after: list[str]) -> Counter[tuple[str, str]]:
    """Return what is said of which operators."""
    layers = differing(before, after).layers
    return Counter((one.change, (one.after or one.before).text) for one in layers if is_touched(one))


def is_touched(one) -> bool:
    """Say whether a layer is more than a consequence: these chains keep shapes, so receptive fields are all."""
    return one.change != "affected"


def chain(drawn: list[int]) -> list[str]:
    """Return layers that repeat, every fourth of them unlike all others."""
    return [f"Threshold({at}, 0)" if at % APART == 0 else REPEATED[kind] for at, kind in enumerate(drawn)]


chains = st.lists(st.integers(0, 3), min_size=9, max_size=60).map(chain)
EDITS = ("insert", "delete", "change", "nothing")


def edited(layers: list[str], edits: list[str], label: str) -> tuple[list[str], list[str], Counter[tuple[str, str]]]:
    """Edit a layer between each two that are unlike all others; return both lists, and what the edits are.

    `label` is put before each layer, with its number: the names, or nothing.
    """
    before, after, script = [], [], Counter()
    for at, layer in enumerate(layers):
        own = f"{label}{at}z: " if label else ""
        before.append(own + layer)
        edit = edits[at // APART % len(edits)] if at % APART == 2 else "nothing"
        new = f"Threshold({at}, 1)" if edit == "insert" else f"Conv2d(3, 3, {2 * at + 9}, padding={at + 4})"
        if edit == "insert":
            after += [f"new{own}{new}" if own else new, own + layer]
            script["added", new] += 1
        elif edit == "delete":
            script["removed", layer] += 1
        elif edit == "change":
            after.append(own + new)
            script["edited", new] += 1
        else:
            after.append(own + layer)
    return before, after, script


@pytest.mark.parametrize("label", ["", "n"], ids=["unnamed", "named"])
@given(chains, st.lists(st.sampled_from(EDITS), min_size=1, max_size=15))
def test_known_edits_are_found_and_nothing_else(label: str, layers: list[str], edits: list[str]) -> None:
    before, after, script = edited(layers, edits, label)
    assert script == found(before, after)


@given(chains, st.integers(0, 59))
def test_an_edit_under_the_same_name_is_one_edited_layer(layers: list[str], at: int) -> None:
    at %= len(layers)
    before = [f"n{number}z: {layer}" for number, layer in enumerate(layers)]
    after = [*before[:at], f"n{at}z: Conv2d(3, 3, 9, padding=4)", *before[at + 1 :]]
    assert Counter([("edited", "Conv2d(3, 3, 9, padding=4)")]) == found(before, after)


@given(chains, st.integers(0, 59), st.integers(1, 20))
def test_renamed_layers_are_renamed_and_cost_nothing(layers: list[str], at: int, count: int) -> None:
    at %= len(layers)
    before = [f"n{number}z: {layer}" for number, layer in enumerate(layers)]
    after = [f"m{one}" if at <= number < at + count else one for number, one in enumerate(before)]
    one = differing(before, after)
    assert {"renamed"} == {layer.change for layer in one.layers}
    assert min(count, len(layers) - at) == len(one.layers)
    assert not any(total.difference for total in one.totals)


@given(chains, st.integers(0, 59), st.integers(1, 6))
def test_layers_wrapped_into_a_block_are_renamed(layers: list[str], at: int, count: int) -> None:
    at %= len(layers)
    inside = layers[at : at + count]
    block = "wrapped:\n" + "\n".join(f"      - {layer}" for layer in inside)
    one = differing(layers, [*layers[:at], block, *layers[at + count :]])
    assert ["renamed"] * len(inside) == [layer.change for layer in one.layers]


@given(chains, st.data())
def test_a_block_that_moved_is_moved(layers: list[str], data: st.DataObject) -> None:
    before = [f"n{number}z: {layer}" for number, layer in enumerate(layers)]
    size = data.draw(st.integers(1, len(layers) // 3))
    at = data.draw(st.integers(0, len(layers) - 2 * size - 1))
    to = data.draw(st.integers(at + size + 1, len(layers) - size))
    rest = before[:at] + before[at + size :]
    after = [*rest[:to], *before[at : at + size], *rest[to:]]
    one = differing(before, after)
    moved = [layer for layer in one.layers if layer.change == "moved"]
    assert {"moved"} >= {layer.change for layer in one.layers if is_touched(layer)}
    assert len(moved) == min(size, to - at)


def test_a_moved_block_of_an_unnamed_list_is_moved() -> None:
    block = ["MaxPool2d(3, 1, 1)", "Hardtanh()", "Tanh()", "GELU()"]
    rest = ["Conv2d(3, 3, 3, padding=1)", "BatchNorm2d(3)", "ReLU()"] * 3
    one = differing([*block, *rest], [*rest, *block])
    assert ["moved"] * 4 == [layer.change for layer in one.layers if is_touched(layer)]


# ---- what follows from a change is no change


def test_a_layer_inserted_at_the_top_of_an_unnamed_list_is_one_added_layer() -> None:
    layers = ["Conv2d(3, 8, 3)", "BatchNorm2d(8)", "ReLU()"] + ["Conv2d(8, 8, 3)", "BatchNorm2d(8)", "ReLU()"] * 3
    one = differing(layers, ["BatchNorm2d(3)", *layers])
    assert [("added", "0")] == [(layer.change, layer.after.name) for layer in one.layers]
    assert (len(layers), len(layers)) == (one.unchanged, one.renumbered)


def test_arguments_that_follow_what_flows_in_are_no_edit() -> None:
    rest = ["BatchNorm2d(_)", "Conv2d(_, 4, 1)", "PReLU(4)"]
    one = differing(["Conv2d(3, 8, 3)", *rest], ["Conv2d(3, 16, 3)", *rest])
    assert ["edited", "affected", "affected"] == [layer.change for layer in one.layers]
    assert [("num_features", 8, 16)] == [tuple(each) for each in one.layers[1].follows]
    assert [("in_channels", 8, 16)] == [tuple(each) for each in one.layers[2].follows]


def test_a_depthwise_convolution_stays_one() -> None:
    wide = ["Conv2d(3, 16, 1)", "Conv2d(16, 16, 3, groups=16)"]
    one = differing(["Conv2d(3, 8, 1)", "Conv2d(8, 8, 3, groups=8)"], wide)
    assert ["edited", "affected"] == [layer.change for layer in one.layers]


def test_another_number_of_outputs_is_an_edit_even_where_the_input_grows_alike() -> None:
    one = differing(["Conv2d(3, 8, 1)", "Conv2d(8, 8, 3)"], ["Conv2d(3, 16, 1)", "Conv2d(16, 16, 3)"])
    assert ["edited", "edited"] == [layer.change for layer in one.layers]


def test_another_input_size_edits_nothing() -> None:
    layers = ["Conv2d(3, 8, 3)", "ReLU()", "AdaptiveAvgPool2d(1)"]
    one = compare(report(net(*layers)), report(net(*layers, input="[3, 64, 64]")), "a", "b")
    assert {"affected"} == {layer.change for layer in one.layers}


# ---- wiring

SKIP = ["a: Conv2d(3, 3, 3, padding=1)", "b: Conv2d(3, 3, 3, padding=1)", "c: ReLU()"]


def test_a_tensor_from_elsewhere_is_an_edit() -> None:
    one = differing([*SKIP, "s: c + a"], [*SKIP, "s: c + b"])
    assert [("edited", "s", True)] == [(layer.change, layer.after.name, layer.inputs) for layer in one.layers
                                       if is_touched(layer)]  # fmt: skip


def test_the_order_of_a_sum_is_none() -> None:
    assert () == differing([*SKIP, "s: c + a"], [*SKIP, "s: a + c"]).layers


def test_the_order_of_a_concatenation_is_an_edit() -> None:
    one = differing([*SKIP, "s: cat([c, a], dim=1)"], [*SKIP, "s: cat([a, c], dim=1)"])
    assert ["edited"] == [layer.change for layer in one.layers]


def test_a_layer_between_two_others_rewires_neither() -> None:
    one = differing([*SKIP, "s: c + a"], [*SKIP, "d: Tanh()", "s: d + a"])
    assert [("added", "d")] == [(layer.change, layer.after.name) for layer in one.layers]


def test_branches_computed_in_another_order_are_the_same() -> None:
    head = "a: ReLU()"
    p, q = "p: Conv2d(3, 4, 1)(a)", "q: Conv2d(3, 5, 1)(a)"
    end = "cat([p, q], dim=1)"
    one = differing([head, p, q, end], [head, q, p, end])
    assert [] == [layer for layer in one.layers if is_touched(layer)]


def test_a_layer_that_shares_weights_no_more_is_an_edit() -> None:
    shared = ["c: Conv2d(3, 3, 1)", "d: c(x)"]
    own = ["c: Conv2d(3, 3, 1)", "d: Conv2d(3, 3, 1)"]
    one = differing(shared, own)
    assert [("edited", True)] == [(layer.change, layer.shared) for layer in one.layers]


# ---- bundled networks


def changes(before: str, after: str) -> Counter[str]:
    return Counter(layer.change for layer in convcli.diff(before, after).layers if is_touched(layer))


def test_vgg16_with_batch_norm_has_13_of_them_and_nothing_else() -> None:
    layers = convcli.diff("vgg16", "vgg16_bn").layers
    assert ["BatchNorm2d"] * 13 == [layer.after.op for layer in layers if layer.change == "added"]
    assert 13 == len(layers)


def test_resnet34_has_eight_blocks_more_than_resnet18() -> None:
    found = convcli.diff("resnet18", "resnet34")
    added = [layer.after.name for layer in found.layers if layer.change == "added"]
    blocks = dict.fromkeys(name.rpartition(".")[0] for name in added)
    assert ["layer1.2", "layer2.2", "layer2.3", *(f"layer3.{at}" for at in range(2, 6)), "layer4.2"] == list(blocks)
    assert Counter(added=56) == changes("resnet18", "resnet34")


def test_resnet34_back_to_resnet18_removes_what_was_added() -> None:
    assert Counter(removed=56) == changes("resnet34", "resnet18")


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "inception_v3", "efficientnet_b0", "yolov3", "vit_b_16"])
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    found = convcli.diff(name, name)
    assert ("unchanged", ()) == (found.status, found.layers)


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "unet"])
def test_a_bundled_network_with_another_first_layer_has_one_more(name: str, tmp_path) -> None:
    text = convcli.models(name).text
    first = "\nlayers:\n  - BatchNorm2d(_)\n"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text.replace("\nlayers:\n", first, 1))
    one = convcli.diff(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert ["BatchNorm2d"] == [layer.after.op for layer in one.layers if is_touched(layer)]


def test_every_layer_is_said_once() -> None:
    for pair in (("mobilenet_v2", "mobilenet_v3_large"), ("resnet18", "vgg16"), ("densenet121", "densenet169")):
        one = convcli.diff(*pair)
        before = [layer.before.name for layer in one.layers if layer.before]
        after = [layer.after.name for layer in one.layers if layer.after]
        assert len(before) == len(set(before))
        assert len(after) == len(set(after))
        assert len(before) + one.unchanged == one.before.totals.layers
        assert len(after) + one.unchanged == one.after.totals.layers


# ---- many layers


def cost(layers: int, seed: int) -> float:
    """Return the seconds of CPU that comparing a long chain takes with itself, edited in 20 places."""
    draw = random.Random(seed)
    before = [REPEATED[at % 3] for at in range(layers)]
    after = list(before)
    for _ in range(20):
        after.insert(draw.randrange(len(after)), "Tanh()")
    options = {"max_layers": 10**6}
    one, other = report(net(*before), **options), report(net(*after), **options)
    with paused_collector():  # which would look at what other tests have left behind, and does not for users either
        start = time.process_time()
        changes = compare(one, other, "a", "b")
        spent = time.process_time() - start
    assert 20 == sum(layer.change == "added" for layer in changes.layers)
    return spent


def test_ten_times_the_layers_take_about_ten_times_as_long() -> None:
    small = min(cost(3_000, seed) for seed in range(3))
    assert cost(30_000, 0) < 25 * small


@pytest.mark.parametrize("kind", ["reversed", "renamed", "unlike"])
def test_long_lists_that_differ_everywhere_end_soon(kind: str) -> None:
    before = [f"n{at}z: {REPEATED[at % 3]}" for at in range(20_000)]
    after = {"reversed": before[::-1], "renamed": [f"m{one}" for one in before],
             "unlike": [f"{REPEATED[random.Random(at).randrange(4)]}" for at in range(20_000)]}[kind]  # fmt: skip
    one, other = report(net(*before)), report(net(*after))
    start = time.process_time()
    compare(one, other, "a", "b")
    assert time.process_time() - start < 10


MODULES = ["Conv2d(3, 3, 1)", "relu: ReLU()", "MaxPool2d(2)", "relu_1: LeakyReLU(0.1)", "Flatten()", "Softmax(dim=1)"]
FUNCTIONS = [
    "Conv2d(3, 3, 1)", "relu(x)", "max_pool2d(x, 2)", "leaky_relu(x, 0.1)", "flatten(x, 1)", "softmax(x, dim=1)",
]  # fmt: skip


def test_a_function_is_the_module_that_does_the_same() -> None:
    for before, after in ((MODULES, FUNCTIONS), (FUNCTIONS, MODULES)):
        assert {one.change for one in differing(before, after).layers} <= {"renamed"}
        assert differing(["ReLU()"], ["relu(x)"]).status == differing(["relu(x)"], ["ReLU()"]).status == "changed"
        assert differing(["relu: ReLU()"], ["relu(x)"]).status == "unchanged"


def test_a_function_with_other_arguments_is_an_edit() -> None:
    changes = differing(["act: LeakyReLU(0.1)"], ["act: leaky_relu(x, 0.2)"]).layers
    assert [(one.change, one.after.text) for one in changes] == [("edited", "leaky_relu(negative_slope=0.2)")]
    assert [one.change for one in differing(["rows: Flatten()"], ["rows: flatten(x)"]).layers] == ["edited"]
