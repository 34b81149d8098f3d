"""Conventions by name: totals, what is not known, and the way from our number to another tool's."""

import json

import pytest

import convcli
from convcli.asking import read_model
from convcli.conventions.count import count
from convcli.conventions.reconcile import reconcile
from convcli.conventions.record import Convention
from convcli.conventions.tables import FILES, Lookup, table
from convcli.graph import Graph
from convcli.op import Operator
from convcli.ops import catalogue
from convcli.readers.bundled import bundled_names
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.resolve.state import MAX_LAYERS

RESNET18 = {
    "macs": 1_814_073_344,
    "torch": 3_628_146_688,
    "fvcore": 1_819_065_856,
    "thop": 1_824_033_792,
    "ptflops": 1_825_313_768,
    "ptflops-aten": 1_814_074_344,
    "torchinfo": 1_814_083_944,
    "calflops": 3_636_250_112,
    "darknet": 3_629_681_664,
}
"""What each tool says of torchvision's ResNet-18 at 1x3x224x224."""

TABLES = [*map(table, FILES), *filter(None, (table(name).also for name in FILES))]
by_table = pytest.mark.parametrize("convention", TABLES, ids=lambda one: f"{one.name}-{one.unit}")


@pytest.mark.parametrize(("name", "total"), RESNET18.items())
def test_resnet18(name: str, total: int) -> None:
    report = convcli.profile("resnet18", convention=name)
    assert (report.cost.value, report.cost.known) == (total, True)
    assert sum(layer.cost or 0 for layer in report.layers) == total
    assert (report.totals.macs, report.totals.flops, report.totals.other_ops) == (1814073344, 3628146688, 9659880)


def test_a_tool_with_two_numbers_has_both() -> None:
    also = convcli.profile("resnet18", convention="calflops").cost.also
    assert also is not None
    assert (also.unit, also.value) == ("MAC", 1_814_073_344)


def test_ptflops_divides_what_modules_count_by_the_batch() -> None:
    assert convcli.profile("resnet18", batch=4, convention="ptflops").cost.value == 1_834_721_768


@pytest.mark.parametrize("name", ["yolov3", "darknet53", "resnet50"])
def test_darknet_counts_one_image(name: str) -> None:
    one = convcli.profile(name, convention="darknet").cost.value
    assert convcli.profile(name, batch=4, convention="darknet").cost.value == one


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("ptflops", "darknet")])
def test_all_others_count_the_whole_batch(name: str) -> None:
    assert convcli.profile("resnet18", batch=4, convention=name).cost.value == 4 * RESNET18[name]


@by_table
def test_every_operator_stands_in_a_table_in_one_way(convention: Convention) -> None:
    lookup = Lookup(convention)
    foreign = {name for one in convention.foreign for name in one.ops.split()}
    ways = [*lookup.rules, *lookup.nothing, *lookup.unseen]
    assert sorted(set(ways) - foreign) == sorted(catalogue.names())
    assert len(ways) == len(set(ways))
    assert not foreign & set(catalogue.names())


@by_table
def test_an_operator_is_named_once_in_a_rule(convention: Convention) -> None:
    for one in (*convention.rules, *convention.foreign, *convention.nothing, *convention.unseen):
        names = one.ops.split()
        assert len(names) == len(set(names)), one


@by_table
def test_what_has_products_has_one_rule_for_them(convention: Convention) -> None:
    foreign = {name for one in convention.foreign for name in one.ops.split()}
    for name, rules in Lookup(convention).rules.items():
        if name in foreign:
            continue
        computes = catalogue.operator(name).macs is not Operator.macs
        assert sum(rule.formula.products for rule in rules) == int(computes), name


def graph_of(name: str, batch: int) -> Graph:
    """Return a bundled network, resolved."""
    network, variant = read_model(name)
    graph, findings = resolve(network, Given({}, batch, None, variant, (), MAX_LAYERS))
    assert not findings
    return graph


@pytest.mark.parametrize("name", bundled_names())
def test_the_lines_sum_to_the_difference(name: str) -> None:
    graph = graph_of(name, batch=3)
    for convention in TABLES:
        found = reconcile(graph, convention, count(graph, convention))
        assert found.ours + sum(one.value for one in found.differences) == found.theirs
        assert all(one.layers for one in found.differences if "rounded" not in one.rule)


def test_layers_of_which_a_tool_has_no_number() -> None:
    report = convcli.shape("MultiheadAttention(8, 2) | Linear(8, 3)", input="5x2x8", convention="fvcore")
    assert [layer.cost for layer in report.layers] == [None, 240]
    assert (report.cost.value, report.cost.known) == (240, False)
    assert [(one.op, one.missing) for one in report.uncounted] == [("MultiheadAttention", ("cost",))]
    fields = report.to_dict()
    assert fields["cost"]["value"] is None
    assert fields["cost"]["at_least"] == 240
    assert [layer["cost"] for layer in fields["layers"]] == [None, 240]
    assert ">= 240" in str(report)


def test_what_is_not_known_is_taken_out_of_our_number() -> None:
    versus = convcli.profile("MultiheadAttention(8, 2) | Linear(8, 3)", input="5x2x8", versus="fvcore").versus
    assert versus is not None
    assert (versus.ours, versus.theirs, versus.theirs_known) == (3600, 240, False)
    assert [(one.value, one.layers) for one in versus.differences] == [(-3360, ("0",))]
    assert [one.op for one in versus.unseen] == ["MultiheadAttention"]


@pytest.mark.parametrize("name", FILES)
def test_without_a_size_nothing_is_invented(name: str) -> None:
    report = convcli.shape("Conv2d(3, 8, 3) | Dropout(0.1)", convention=name)
    assert [layer.cost for layer in report.layers] == [None, 0]
    assert not report.cost.known


def test_a_layer_that_a_tool_refuses_has_no_number() -> None:
    report = convcli.shape("x[0] | Conv2d(3, 8, 3)", input="1x3x9x9", convention="calflops")
    assert [layer.cost for layer in report.layers] == [0, None]


@pytest.mark.parametrize(
    ("layers", "input", "name", "cost"),
    [
        ("ConvTranspose2d(4, 6, 4, stride=2, padding=1, bias=False)", "2x4x8x8", "torchinfo", 196_608),
        ("ConvTranspose2d(4, 6, 4, stride=2, padding=1)", "2x4x8x8", "thop", 196_608),
        ("ConvTranspose2d(4, 6, 4, stride=2, padding=1)", "2x4x8x8", "fvcore", 49_152),
        ("Conv2d(8, 16, 4, padding='same', bias=False)", "2x8x10x10", "fvcore", 0),
        ("Linear(16, 32)", "2x5x16", "torchinfo", 1_088),
        ("ReLU()", "1x8x10x10", "ptflops", 1_600),
        ("F.relu(x)", "1x8x10x10", "ptflops", 800),
    ],
)
def test_known_deviations(layers: str, input: str, name: str, cost: int) -> None:
    assert convcli.shape(layers, input=input, batched=True, convention=name).cost.value == cost


def test_fvcore_leaves_out_what_no_output_depends_on(tmp_path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [4]\nlayers:\n  - a: Linear(4, 4)\n  - unused: Linear(4, 8)(a)\n  - Linear(4, 2)(a)\n")
    versus = convcli.profile(path, versus="fvcore").versus
    assert (versus.ours, versus.theirs) == (56, 24)
    assert [(line.value, line.layers) for line in versus.differences] == [(-32, ("unused",))]


def test_a_misspelt_convention() -> None:
    with pytest.raises(convcli.ConvcliError, match="there is no convention `fvcor`") as error:
        convcli.profile("resnet18", convention="fvcor")
    assert error.value.diagnostics[0].code == "CV015"
    assert "did you mean `fvcore`?" in error.value.diagnostics[0].help


def test_our_own_is_no_convention_to_reconcile_with() -> None:
    with pytest.raises(convcli.ConvcliError, match="no convention `macs`"):
        convcli.profile("resnet18", versus="macs")


def test_json_has_the_reconciliation() -> None:
    fields = json.loads(json.dumps(convcli.profile("resnet18", versus="fvcore").to_dict()))
    assert fields["cost"]["convention"] == "macs"
    versus = fields["versus"]
    assert (versus["convention"], versus["version"], versus["unit"]) == ("fvcore", "0.1.5.post20221221", "MAC")
    assert versus["ours"] + sum(line["value"] for line in versus["differences"]) == versus["theirs"] == 1_819_065_856
    lines = [(line["value"], line["rule"], len(line["layers"])) for line in versus["differences"]]
    assert lines == [
        (4_967_424, "batch norm at 2 per element", 20),
        (25_088, "adaptive average pooling at 1 per element", 1),
    ]
    assert [one["op"] for one in versus["not_counted"]] == ["ReLU", "MaxPool2d", "add", "flatten"]


@pytest.mark.parametrize("name", ["thop", "fvcore"])
def test_a_network_with_a_mistake_is_only_counted_from_below(tmp_path, name: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 4, 3)\n  - Conv2d(5, 4, 3)\n")
    with pytest.raises(convcli.ConvcliError) as error:
        convcli.profile(path, convention=name, versus=name)
    report = error.value.report
    assert (report.cost.value, report.cost.known) == (3888, False)
    assert (report.versus.theirs, report.versus.theirs_known) == (3888, False)
