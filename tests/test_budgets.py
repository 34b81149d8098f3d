"""Budgets: how they are read, and how they are judged against reports."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import convcli
from convcli.budgets.judge import judge
from convcli.budgets.metrics import METRICS
from convcli.budgets.quantities import BYTES, COUNT, NoQuantity, parse, parse_percent
from convcli.budgets.read import read_budgets
from convcli.budgets.select import matching
from convcli.checking.given import given_budgets
from convcli.checking.init import rounded_up
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping
from convcli.readers.document import read_document
from convcli.source import Source

NET = "conv 8 k3 p1 | relu | conv 16 k3 s2 p1 | gap | flatten 1 | fc 10"


def report(layers: str = NET, input: str = "3x32x32") -> Any:
    return convcli.shape(layers, input=input, warnings=False)


def holds(budgets: dict[str, Any], **network: str) -> bool:
    (found,) = judge(report(**network), given_budgets(budgets))
    return found.good


def complaint(budgets: dict[str, Any], **network: str) -> Diagnostic:
    (found,) = judge(report(**network), given_budgets(budgets))
    assert found.found is not None
    return found.found


def of_yaml(text: str) -> tuple[list[Any], list[Diagnostic]]:
    findings: list[Diagnostic] = []
    root = read_document(Source("net.yaml", text), findings)
    assert isinstance(root, Mapping)
    return read_budgets(root, findings), findings


# ---- quantities


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12M", COUNT, 12_000_000), ("1.5 G", COUNT, 1_500_000_000), ("11_689_512", COUNT, 11_689_512),
        ("11,689,512", COUNT, 11_689_512), ("300k", COUNT, 300_000), ("0", COUNT, 0), ("2T", COUNT, 2 * 10**12),
        ("64 MiB", BYTES, 64 * 2**20), ("1.5GiB", BYTES, 3 * 2**29), ("8GB", BYTES, 8 * 10**9), ("100", BYTES, 100),
        ("38.4 KiB", BYTES, 39_321), ("512 b", BYTES, 512),
    ],
)  # fmt: skip
def test_a_quantity_is_exact(text: str, kind: str, value: int) -> None:
    assert parse(text, kind) == value


@given(st.integers(0, 10**18), st.sampled_from(["", "k", "M", "G"]))
def test_a_whole_quantity_is_what_is_written(number: int, unit: str) -> None:
    assert parse(f"{number:_}{unit}", COUNT) == number * 1000 ** ["", "k", "M", "G"].index(unit)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("12 Mb", COUNT, "write `12M`"), ("12 MiB", COUNT, "write `12M`"), ("12M", BYTES, "write `12 MB`"),
        ("1.2345k", COUNT, "no whole number"), ("12 furlongs", COUNT, "the units are: k, M, G, T"),
        ("", COUNT, "no value"), ("9" * 50, COUNT, "longer than 40"), ("1e9", COUNT, "no number"),
        ("nan", COUNT, "no number"), ("\u0663", COUNT, "no number"),
        ("-5", COUNT, "negative"), ("12 Mo", BYTES, "has a unit that is not known"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_says_what_is_meant(text: str, kind: str, says: str) -> None:
    with pytest.raises(NoQuantity, match=says.replace("(", r"\(")):
        parse(text, kind)


def test_a_share_is_exact() -> None:
    assert parse_percent("0.5 %") == Fraction(1, 200)
    with pytest.raises(NoQuantity):
        parse_percent("5")


@given(st.integers(0, 10**13), st.sampled_from([COUNT, BYTES]))
def test_a_slack_is_rounded_up_and_not_far(value: int, kind: str) -> None:
    read = parse(rounded_up(Fraction(value), kind), kind)
    assert value - 1 <= read <= value + max(1, value // 99)
    assert kind == BYTES or read >= value


# ---- reading


@pytest.mark.parametrize(
    ("line", "code", "says", "at"),
    [
        ("parms: 12M", "CV410", "did you mean `params`?", "parms"),
        ("params: 12 Mb", "CV411", "", "12 Mb"),
        ("params: {maximum: 12M}", "CV412", "did you mean `max`?", "maximum"),
        ("params: {}", "CV412", "write `params: {max: ...}`", "{}"),
        ("params: {max: 12M, tolerance: 1%}", "CV412", "", "{max: 12M, tolerance: 1%}"),
        ("params: <= 12M +- 1%", "CV412", "", "<= 12M +- 1%"),
        ("params: {equals: 12M, tolerance: 1}", "CV411", "", "1"),
        ("params: {max: 12M, level: fatal}", "CV413", "the levels are: error, warn, off", "fatal"),
        ("params: [1, 2]", "CV411", "", "[1, 2]"),
        ("receptive_field: big", "CV411", "write `receptive_field: 224`, or `[224, 224]`", "big"),
        ("output: {max: 5}", "CV412", "", "{max: 5}"),
        ("output: 11 +- 50%", "CV412", "", "11 +- 50%"),
        ("output: []", "CV411", "", "[]"),
        ("output: [[8, 6, 6], [[7]]]", "CV411", "", "[[8, 6, 6], [[7]]]"),
        ("receptive_field: {max: [[3, 3], [3, 3]]}", "CV411", "", "[[3, 3], [3, 3]]"),
        ("receptive_field: 10 +- 60%", "CV412", "write `{min: ..., max: ...}`", "10 +- 60%"),
        ("memory: 5", "CV410", "there are `memory.weights`", "memory"),
        ("conv1: {}", "CV412", "", "{}"),
        ("output: ten", "CV411", "write `output: [1000]`", "ten"),
        ("layer1: {memory.training: 1 GiB}", "CV412", "", "memory.training"),
        ("layer1: {parms: 3}", "CV410", "did you mean `params`?", "parms"),
    ],
)  # fmt: skip
def test_a_wrong_budget_says_where_and_what(line: str, code: str, says: str, at: str) -> None:
    budgets, findings = of_yaml(f"flops: 3\n{line}\nmacs: 4\n")
    assert [budget.metric for budget in budgets] == ["flops", "macs"]
    (found,) = findings
    assert (found.code, found.span and found.span.text()) == (code, at)
    assert says in found.help


def test_memory_may_be_a_mapping() -> None:
    (budget,), findings = of_yaml("memory: {inference: <= 8 MiB}\n")
    assert (budget.metric, budget.pattern, findings) == ("memory.inference", None, [])


def test_yaml_s_own_off_is_a_level() -> None:
    (one, other), findings = of_yaml("params: {max: 3, level: off}\nmacs: off\n")
    assert (one.level, other.level, findings) == ("off", "off", [])
    assert judge(report(), [one, other]) == []


def test_layers_may_be_called_like_metrics() -> None:
    budgets, findings = of_yaml("output: {params: 224}\nmemory: {params: 3}\nc1: {memory: {saved: <= 1 MiB}}\n")
    assert [(one.pattern, one.metric) for one in budgets] == [
        ("output", "params"), ("memory", "params"), ("c1", "memory.saved"),
    ]  # fmt: skip
    assert findings == []


@pytest.mark.parametrize("off", ["off", "OFF", "no", "False", "{level: off}"])
def test_a_budget_is_switched_off_in_any_spelling(off: str) -> None:
    (budget,), findings = of_yaml(f"params: {off}\n")
    assert (budget.level, findings) == ("off", [])


# ---- judging

PARAMS, MACS = 224 + 1168 + 170, 8 * 27 * 1024 + 16 * 72 * 256 + 160


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("params", PARAMS), ("trainable", PARAMS), ("buffers", 0), ("macs", MACS), ("flops", 2 * MACS), ("layers", 6),
        ("depth", 3), ("memory.weights", 4 * PARAMS),
    ],
)  # fmt: skip
def test_a_number_is_judged_exactly(metric: str, value: int) -> None:
    unit = " B" if metric.startswith("memory") else ""
    assert holds({metric: f"{value}{unit}"})
    assert holds({metric: f"<= {value}{unit}"})
    assert holds({metric: f">= {value}{unit}"})
    assert not holds({metric: f"< {value}{unit}"})
    assert not holds({metric: f"> {value}{unit}"})
    assert not holds({metric: f"{value + 1}{unit}"})
    assert not holds({metric: {"min": value + 1}})
    assert holds({metric: {"min": value, "max": value + 1}})


def test_a_tolerance_reaches_as_far_as_it_says() -> None:
    assert holds({"params": f"{PARAMS * 100} +- 99%"})
    assert holds({"params": f"{PARAMS + 1} +- 1%"})
    assert not holds({"params": f"{PARAMS * 2} +- 49%"})
    assert holds({"params": {"equals": PARAMS * 2, "tolerance": "50%"}})


def test_outputs_leave_out_the_batch() -> None:
    assert holds({"output": [10]})
    assert holds({"output": 10})
    assert not holds({"output": [1, 10]})
    assert complaint({"output": 1000}).message == "<layers>: output: [10], expected [1000]"
    assert holds({"output": [8, 30, 30]}, layers="conv 8 k3")
    assert not holds({"output": [8, 30, 31]}, layers="conv 8 k3")


def test_the_receptive_field_is_the_last_local_one() -> None:
    assert holds({"receptive_field": 5})
    assert holds({"receptive_field": [5, 5]})
    assert holds({"receptive_field": ">= 5x5"})
    assert not holds({"receptive_field": {"min": 6}})
    assert not holds({"receptive_field": [5, 5, 5]})
    assert complaint({"receptive_field": ">= 6"}).message == "<layers>: receptive_field: 5, at least 6"


def test_a_global_path_satisfies_any_least_receptive_field() -> None:
    gated = "Conv2d(3, 8, 3, padding=1) | x * (AdaptiveAvgPool2d(1) | Conv2d(8, 8, 1))"
    assert holds({"receptive_field": ">= 9999"}, layers=gated)
    assert not holds({"receptive_field": "<= 2"}, layers=gated)
    assert holds({"receptive_field": "<= 3"}, layers=gated)


def test_what_is_not_known_never_passes() -> None:
    for budget in ({"receptive_field": "<= 9999"}, {"receptive_field": ">= 1"}):
        assert complaint(budget, layers="fc 4", input="16").code == "CV402"
    assert complaint({"divisible_by": 1}).code == "CV402"


def test_a_pattern_that_matches_nothing_never_passes() -> None:
    found = complaint({"conv*": {"params": "<= 1G"}})
    assert (found.code, "matches nothing" in found.help) == ("CV403", True)


def test_layers_are_chosen_by_name_scope_and_pattern() -> None:
    network = convcli.profile("resnet18", warnings=False)

    def names(pattern: str) -> list[str]:
        return [row.name for row in matching(network, pattern)]

    assert names("conv1") == ["conv1"]
    assert len(names("layer1")) == len(names("layer1.*")) == 14
    assert names("layer?.0.conv1") == [f"layer{number}.0.conv1" for number in range(1, 5)]
    assert names("layer[12].0.conv1") == ["layer1.0.conv1", "layer2.0.conv1"]
    assert names("layer") == []


def test_a_pattern_sums_its_layers() -> None:
    network = convcli.profile("resnet18", warnings=False)
    judged = judge(
        network, given_budgets({"layer4": {"params": 8_393_728, "macs": 411_041_792, "layers": 16, "depth": 4}})
    )
    assert [one.good for one in judged] == [True] * 4
    (output,) = judge(network, given_budgets({"layer2": {"output": [128, 28, 28]}}))
    assert output.good


def test_a_hostile_pattern_is_matched_at_once() -> None:
    network = convcli.profile("resnet18", warnings=False)
    assert matching(network, "*a" * 2_000) == []


def test_a_broken_budget_says_by_how_much_and_what_weighs_most() -> None:
    found = complaint({"macs": "<= 400k"})
    assert found.message == "<layers>: macs: 516 k is 116 k (29 %) over 400k"
    assert found.help == "the heaviest: `2` 295 k, `0` 221 k, `5` 160"
    assert found.level == "error"
    assert complaint({"macs": {"max": "400k", "level": "warn"}}).level == "warning"


def test_every_metric_can_be_judged_on_every_bundled_network_of_a_few() -> None:
    for name in ("resnet18", "unet", "mobilenet_v2"):
        network = convcli.profile(name, warnings=False)
        for metric in METRICS.values():
            if metric.of is not None:
                assert metric.of(network, None).known, (name, metric.name)


def test_a_library_budget_that_is_wrong_is_raised() -> None:
    with pytest.raises(ConvcliError) as wrong:
        given_budgets({"params": "<= 12 Mb", "parms": 3})
    assert [found.code for found in wrong.value.diagnostics] == ["CV411", "CV410"]
