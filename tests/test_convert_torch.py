"""PyTorch source: it is run, and computes what the network that we build computes with the same weights."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import conversions
import torch

import convcli
from convcli.bench.network import build_network
from convcli.converting import Asked, writer
from convcli.ops.catalogue import names
from convcli.writers.torch_source.module import torch_source
from convcli.writers.torch_source.names import OF_MODULES

if TYPE_CHECKING:
    from convcli.graph import Graph

SAMPLE = (
    "lenet5", "resnet18", "densenet121", "shufflenet_v2_x0_5", "mobilenet_v3_small", "squeezenet1_1", "crnn", "tcn",
    "efficientnet_cc_b0_4e", "regnet_y_400mf", "mnasnet0_5", "dcgan_generator",
)  # fmt: skip
MOST_MACS = 3_000_000_000
"""Larger networks are compared by their weights only, unless all are asked for."""

ALL = os.environ.get("CONVCLI_ALL_NETWORKS")
NETWORKS = [model.name for model in convcli.models()] if ALL else SAMPLE
GRAPHS = dict(conversions.all_graphs())


def module(graph: Graph, device: str = "cpu") -> tuple[Any, Any]:
    """Return the network that we build, and the one of the source, with the same weights."""
    source = torch_source(graph)
    space: dict[str, Any] = {}
    exec(compile(source.text, "net.py", "exec"), space)
    torch.manual_seed(0)
    ours = build_network(torch, graph, device=device)
    with torch.device(device):
        written = space[source.name]()
    new = {one.path: ".".join((*one.path.split(".")[:-1], one.name)) for one in source.renamed}
    state = {_renamed(key, new): value for key, value in ours.state_dict().items()}
    assert list(written.state_dict()) == list(state)
    assert [value.shape for value in written.state_dict().values()] == [value.shape for value in state.values()]
    if device == "cpu":
        for value in (*ours.parameters(), *(buffer for buffer in ours.buffers() if buffer.is_floating_point())):
            value.data.uniform_(0.1, 0.6)
        written.load_state_dict(state)
    return ours, written


def _renamed(key: str, new: dict[str, str]) -> str:
    """Return a key of a state with the names that modules have in the source, the innermost first."""
    for path in sorted(new, key=len, reverse=True):
        if key == path or key.startswith(f"{path}."):
            key = new[path] + key[len(path) :]
    return key


def expect_same(graph: Graph, *, training: bool = False) -> None:
    """Assert that both give the same, to the last bit."""
    ours, written = module(graph)
    inputs = [
        torch.zeros(made.shape, dtype=torch.int64) if made.dtype == "int64" else torch.rand(made.shape)
        for made in graph.inputs
    ]
    results = []
    for network in (ours.train(training), written.train(training)):
        torch.manual_seed(1)
        with torch.no_grad():
            found = network(*(one.clone() for one in inputs))
        results.append(found if isinstance(found, tuple) else (found,))
    assert len(results[0]) == len(results[1])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_bundled_network_computes_the_same(name: str) -> None:
    graph = conversions.graph(name)
    if sum(node.answer.macs for node in graph.nodes if node.answer) > MOST_MACS and ALL != "2":
        module(graph, "meta")
    else:
        expect_same(graph)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_operators_and_wirings_compute_the_same(name: str, training: bool) -> None:
    expect_same(GRAPHS[name], training=training)


def test_every_operator_is_among_them() -> None:
    assert {node.op.name for graph in GRAPHS.values() for node in graph.nodes} == set(names())


def test_the_source_is_formatted_and_clean(tmp_path: Any) -> None:
    graphs = [*GRAPHS.values(), *map(conversions.graph, SAMPLE)]
    for place, graph in enumerate(graphs):
        (tmp_path / f"net{place}.py").write_text(torch_source(graph).text, "utf-8")
    for arguments in (["format", "--check", "--diff"], ["check"]):
        ruff = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:]


def test_nothing_of_a_module_is_taken_for_a_layers_name() -> None:
    known = {name for name in dir(torch.nn.Module()) if not name.startswith("__")}
    assert known <= OF_MODULES


def test_a_name_of_nn_module_gets_an_underscore_and_is_said() -> None:
    source = torch_source(GRAPHS["hostile names"])
    assert {one.path: one.name for one in source.renamed} == {
        "forward": "forward_",
        "type": "type_",
        "type.training": "training_",
        "__init__": "init_",
        "_modules": "modules_",
        "__private": "private_",
    }


def test_keywords_keep_their_names_in_checkpoints() -> None:
    _, written = module(GRAPHS["hostile names"])
    assert {"class.weight", "a-b.weight", "7.weight"} <= set(written.state_dict())


def test_blocks_are_classes_and_chains_are_sequential() -> None:
    text = torch_source(conversions.graph("resnet50")).text
    assert re.findall(r"^class (\w+)\((\S+)\):", text, re.MULTILINE) == [
        ("Bottleneck", "nn.Module"),
        ("Shortcut", "nn.Sequential"),
        ("BottleneckDownsample", "nn.Module"),
        ("Resnet50", "nn.Module"),
    ]
    assert "            *(Bottleneck(1024) for _ in range(5)),\n" in text


def test_layers_without_a_network_around_them_are_one_sequential() -> None:
    text = torch_source(conversions.graph("conv 8 k3 | bn | relu", "3x32x32")).text
    assert text.endswith(
        "class Layers(nn.Sequential):\n"
        "    def __init__(self) -> None:\n"
        "        super().__init__(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())\n"
    )


def test_the_file_needs_nothing_but_torch(tmp_path: Any) -> None:
    path = tmp_path / "net.py"
    path.write_text(torch_source(conversions.graph("efficientnet_b0")).text, "utf-8")
    script = "import net, sys; net.EfficientnetB0(); assert not [m for m in sys.modules if m.startswith('convcli')]"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)


MODEL = """\
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.act(self.conv(x) + x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1))
        self.blocks = nn.ModuleList([Block(8) for _ in range(3)])

    def forward(self, x):
        x = skip = self.body[0](x)
        for block in self.blocks:
            x = block(x)
        return F.gelu(self.body[2](self.body[1](x))) + skip


class Unknown(nn.Module):
    def forward(self, x):
        return x.cumsum(1)


class Changing(nn.Module):
    def forward(self, x):
        y = x * 2
        y[:, :1].zero_()
        return y
"""


@pytest.fixture
def model(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Be in a folder with a Python file that has models."""
    (tmp_path / "model.py").write_text(MODEL, "utf-8")
    monkeypatch.chdir(tmp_path)
    return "model.py"


def test_a_python_model_keeps_its_classes_and_names(model: str) -> None:
    graph = conversions.graph(f"{model}:Net", "1x3x8x8")
    expect_same(graph)
    text = torch_source(graph).text
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Block", "Net"]
    assert "self.body = nn.ModuleList(" in text


def test_what_we_have_no_operator_for_is_refused(model: str) -> None:
    with pytest.raises(convcli.ConvcliError, match=r"CV074.*convcli counts cumsum, but has no words for it") as refused:
        convcli.convert(f"{model}:Unknown", "yaml", input="1x3x8x8")
    assert refused.value.diagnostics[0].help == "`--to torch` can write it"
    with pytest.raises(convcli.ConvcliError, match=r"CV074.*convcli counts update, but has no words for it"):
        convcli.convert(f"{model}:Changing", "torch", input="1x3x8x8")
    assert "cumsum" in convcli.convert(f"{model}:Unknown", "svg", input="1x3x8x8").text


def test_a_layer_with_layers_in_it_is_refused() -> None:
    graph = conversions.graph("conv 8 k3 | relu", "3x32x32")
    nodes = (graph.nodes[0], graph.nodes[1]._replace(name="0.relu", module="0.relu"))
    with pytest.raises(convcli.ConvcliError, match=r"CV074.*is a layer, and has layers in it"):
        writer("torch")(Asked(graph._replace(nodes=nodes), None, None, None))


NAMES = """
- up1: Conv2d(4, 6, 1) | Conv2d(6, 9, 1) | Conv2d(9, 4, 1)
- part1:
    - Conv2d(4, 6, 1) | Conv2d(6, 9, 1) | Conv2d(9, 5, 1)
    - x + x
- part2:
    - Conv2d(5, 7, 1) | Conv2d(7, 8, 1) | Conv2d(8, 3, 1)
    - x + x
- other:
    - part1:
        - max_pool2d(x, (2, 2), stride=(1, 2))
        - relu(Conv2d(3, 3, 1))
        - sum(x, dim=(1,), keepdim=True)
"""


def test_names_and_numbers_are_those_that_a_person_would_write() -> None:
    graph = conversions.file_graph(NAMES)
    expect_same(graph)
    text = torch_source(graph).text
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Part", "OtherPart", "Other", "NetYaml"]
    widths = "in_channels: int, hidden_channels: int, hidden_channels_2: int, out_channels: int"
    assert widths in " ".join(text.split())
    assert "F.max_pool2d(x, 2, stride=(1, 2))" in text
    assert "torch.sum(x, dim=1, keepdim=True)" in text


def test_a_list_of_one_tensor_is_joined_too() -> None:
    class Net(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.cat([torch.stack([x.relu()])], 1)

    for format in ("torch", "yaml"):
        text = convcli.convert(Net(), format, input="2x3x4x4").text
        assert "stack" in text
        assert "cat" in text
