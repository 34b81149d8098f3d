"""The schema and the reader of budgets agree on what may stand under `check:`."""

import pytest
from jsonschema import Draft7Validator
from yaml_instances import instance

import convcli
from convcli.budgets.metrics import METRICS
from convcli.budgets.read import KEYS, read_budgets
from convcli.network_schema.checks import BOUNDS
from convcli.readers.network_file import read_network
from convcli.source import Source

VALIDATOR = Draft7Validator(convcli.schema())

TEXTS = """
3 | 0 | -3 | 1.5 | 12M | 1.5 G | 1.5k | .5M | 5.M | 11_689_512 | 64 MiB | 8GB | 12 Mb | 3 kb | 3 X | 3 % | abc
True | ~ | false | off | "<= 12M" | ">= 224" | < 3 | '>3'
'= 3' | '== 3M' | ≤ 3 | 11.7M +- 1% | 11.7M ± 0.5 % | 3 +/- 2% | "1,000" | ""
[3] | [3, 4] | [[3], [4, 5]] | [a] | 3x224x224 | '[3, 4]' | (3, 4) | 3kx4 | 64MiBx3
{min: 3} | {max: 2G} | {min: 3, max: 4} | {equals: 3, tolerance: 1%} | {equals: 3, tolerance: 1} | {max: 3, level: warn}
{max: 3, level: warning} | {max: 3, level: off} | {max: 3, level: false} | {max: 3, level: bad} | {} | {level: warn}
{minimum: 3} | {max: [3, 4]} | {max: 3x4} | {max: 64MiB} | {max: "<= 3"} | {max: {min: 3}}
"""
LATER = ("{min: 3, tolerance: 1%}", "'<= 3 +- 1%'", "1e6")
"""What only the reader refuses: a tolerance without an equality, and a number that is whole for JSON."""


def is_read(text: str) -> bool:
    """Say whether a file's budgets are read without a complaint."""
    network = read_network(Source("net.yaml", text))
    findings = list(network.findings)
    if network.check is not None:
        read_budgets(network.check, findings)
    return not findings


def budgets() -> list[str]:
    return [budget.strip() for line in TEXTS.strip().splitlines() for budget in line.split("|")]


@pytest.mark.parametrize("budget", budgets())
@pytest.mark.parametrize("metric", [*METRICS, "memory", "parameters"])
def test_a_budget_is_valid_when_it_is_read(metric: str, budget: str) -> None:
    for check in (f"{metric}: {budget}", f"layer4.*: {{{metric}: {budget}}}"):
        text = f"input: [3, 8, 8]\nlayers: [ReLU()]\ncheck:\n  {check}\n"
        assert VALIDATOR.is_valid(instance(text)) == is_read(text), check


@pytest.mark.parametrize("part", ["weights", "inference", "saved", "training", "params", "all"])
def test_memory_may_be_a_mapping_of_its_parts(part: str) -> None:
    text = f"input: [3, 8, 8]\nlayers: [ReLU()]\ncheck: {{memory: {{{part}: 8GB}}}}\n"
    assert VALIDATOR.is_valid(instance(text)) == is_read(text)


@pytest.mark.parametrize("budget", LATER)
def test_what_a_schema_cannot_see_is_left_to_the_reader(budget: str) -> None:
    text = f"input: [3, 8, 8]\nlayers: [ReLU()]\ncheck: {{params: {budget}}}\n"
    assert VALIDATOR.is_valid(instance(text))
    assert not is_read(text)


def test_a_mapping_offers_all_that_a_budget_may_say() -> None:
    assert {*BOUNDS, "tolerance", "level"} == set(KEYS)
