"""PyTorch source runs at any batch wherever the network does, and says so where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from conversions import built

import convcli
from convcli.asking import graph_of, read_model, shared_options

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        batch, count, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, count, width)
        return self.proj(x)


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, 12))
        self.layers = nn.ModuleList([Attention(12, 3) for _ in range(2)])

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        for layer in self.layers:
            x = x + layer(x)
        return x[:, 0]


class Windows(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 6)

    def forward(self, x):
        b, c, h, w = x.shape
        x = x.view(b, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 3, 5, 1).reshape(-1, 16, c)
        x = self.linear(x).flatten(1)
        return x.view(b, -1).split(96, 1)[0], x[: b * 2], x.repeat(b, 1)


class Square(nn.Module):
    def forward(self, x):
        return x.reshape(x.shape[0] ** 2, -1), x


class Fixed(nn.Module):
    def forward(self, x):
        return x.reshape(1, 48, 4)
"""


@pytest.mark.parametrize("name", [model.name for model in convcli.models()])
def test_every_bundled_network_runs_at_any_batch(name: str) -> None:
    made = convcli.convert(name, "torch")
    assert not made.findings
    with torch.device("meta"):
        written = built(made.text).eval()
    words, variant = read_model(name)
    for batch in (1, 2):
        options = shared_options(input=None, batch=batch, batched=None, max_layers=None)
        graph, _ = graph_of(words, variant=variant, **options)
        kinds = [getattr(torch, one.dtype) for one in graph.inputs]
        inputs = [
            torch.empty(one.shape, dtype=kind, device="meta") for one, kind in zip(graph.inputs, kinds, strict=True)
        ]
        found = written(*inputs)
        found = found if isinstance(found, tuple) else (found,)
        assert [tuple(one.shape) for one in found] == [graph.shape(result) for result in graph.outputs]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Be in a folder with a Python file that has models, and have its classes."""
    (tmp_path / "model.py").write_text(MODEL, "utf-8")
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(compile(MODEL, "model.py", "exec"), found)
    return found


@pytest.mark.parametrize("batch", [1, 2, 4])
@pytest.mark.parametrize("name", ["Words", "Windows"])
def test_a_python_model_keeps_its_batch_open(space: dict[str, Any], name: str, batch: int) -> None:
    own = space[name]().eval()
    made = convcli.convert(f"model.py:{name}", "torch", input=f"{batch}x3x8x8")
    assert not made.findings
    written = built(made.text).eval()
    written.load_state_dict(own.state_dict())
    for other in (1, 2, 5):
        x = torch.rand(other, 3, 8, 8)
        with torch.no_grad():
            torch.testing.assert_close(written(x), own(x), rtol=0, atol=0)


@pytest.mark.usefixtures("space")
def test_sizes_are_written_as_a_person_would() -> None:
    text = convcli.convert("model.py:Words", "torch", input="1x3x8x8").text
    assert "self.token.expand(transpose.shape[0], 1, 12)" in text
    assert "x.reshape(x.shape[0], 5, 3, 3, 4)" in text
    text = convcli.convert("model.py:Windows", "torch", input="1x3x8x8").text
    assert "x.reshape(-1, 16, 3)" in text


@pytest.mark.parametrize(("name", "batch"), [("Square", 1), ("Square", 3), ("Fixed", 1)])
def test_what_no_size_gives_is_for_one_batch(space: dict[str, Any], name: str, batch: int) -> None:
    made = convcli.convert(f"model.py:{name}", "torch", input=f"{batch}x3x8x8")
    assert [one.code for one in made.findings] == ["CV090"]
    assert f"It runs for a batch of {batch} only." in made.text
    x = torch.rand(batch, 3, 8, 8)
    torch.testing.assert_close(built(made.text)(x), space[name]()(x))


@pytest.mark.parametrize("dynamic", [True, False])
def test_an_exported_graph(space: dict[str, Any], dynamic: bool) -> None:
    own, x = space["Words"]().eval(), torch.rand(2, 3, 8, 8)
    shapes = {"x": {0: torch.export.Dim("batch", min=1, max=64)}} if dynamic else None
    torch.export.save(torch.export.export(own, (x,), dynamic_shapes=shapes), "net.pt2")
    made = convcli.convert("net.pt2", "torch", batch=None if dynamic else 2)
    assert [one.code for one in made.findings] == ([] if dynamic else ["CV090"])
    written = built(made.text).eval()
    written.load_state_dict(own.state_dict())
    for batch in (1, 2, 5) if dynamic else (2,):
        x = torch.rand(batch, 3, 8, 8)
        with torch.no_grad():
            torch.testing.assert_close(written(x), own(x), rtol=0, atol=0)


@pytest.mark.usefixtures("space")
def test_an_exported_graph_whose_layers_take_any_batch() -> None:
    own = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten())
    torch.export.save(torch.export.export(own, (torch.rand(1, 3, 8, 8),)), "net.pt2")
    made = convcli.convert("net.pt2", "torch")
    assert not made.findings
    assert built(made.text)(torch.rand(3, 3, 8, 8)).shape == (3, 144)
