"""The facts under which something was measured are plain values, and equal where nothing has changed."""

import json

import pytest

from convcli.asking import graph_of, shared_options
from convcli.readers.text import read_layers
from convcli.timing.protocol import Config, Job, Subject

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from convcli.bench.environment import blocking, informative  # noqa: E402


def test_facts_that_must_be_equal_are_equal_a_moment_later() -> None:
    first = blocking(torch, ["cpu"])
    assert json.loads(json.dumps(first)) == first == blocking(torch, ["cpu"])


@pytest.mark.parametrize(("name", "value"), [("OMP_NUM_THREADS", "3"), ("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")])
def test_a_variable_that_changes_how_torch_runs_is_such_a_fact(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert blocking(torch)["variables"][name] == value


def test_other_variables_are_nobodys_business(monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in blocking(torch)["variables"]


def test_a_precision_of_products_is_such_a_fact() -> None:
    usual, before = torch.get_float32_matmul_precision(), blocking(torch)
    try:
        torch.set_float32_matmul_precision("medium")
        assert blocking(torch)["precision"] != before["precision"]
    finally:
        torch.set_float32_matmul_precision(usual)


def test_threads_are_such_a_fact() -> None:
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(usual + 1)
        assert blocking(torch)["threads"] == usual + 1
    finally:
        torch.set_num_threads(usual)


def test_what_helps_to_understand_names_network_and_seed() -> None:
    options = shared_options(input="1x3x8x8", batch=None, batched=None, max_layers=None)
    graph = graph_of(read_layers(["Conv2d(3, 4, 3)"]), needs_input=True, **options)[0]
    found = informative(torch, [graph], Job((Subject("network", {}, "abc", Config()),), seed=5), 70)
    assert json.loads(json.dumps(found)) == found
    assert (found["seed"], found["fingerprints"], found["timer_ns"]) == (5, {"network": "abc"}, 70)
    assert found["networks"][0].endswith("1 layers, batch 1")
