"""Reading a network, printing it and reading it again gives the same graph."""

from pathlib import Path
from typing import Any

import pytest
from printing import network_text

import convcli
from convcli.asking import read_model, report_of
from convcli.readers.bundled import bundled_names
from convcli.readers.network_file import read_network
from convcli.source import Source

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))


def without_places(report: convcli.Report) -> dict[str, Any]:
    """Return all that a report says, but for where it was written."""
    said = report.to_dict()
    said.pop("network")
    for layer in said["layers"]:
        layer.pop("source")
    return said


@pytest.mark.parametrize("model", [*bundled_names(), *EXAMPLES], ids=lambda model: getattr(model, "stem", model))
def test_a_printed_network_is_read_as_the_same_graph(model: str | Path) -> None:
    network, variant = read_model(model)
    printed = network_text(network)
    again = read_network(Source("printed.yaml", printed))
    before, after = report_of(network, variant=variant), report_of(again, variant=variant)
    assert not before.findings
    assert without_places(before) == without_places(after)
    assert network_text(again) == printed
