"""Graphs of Python models are built and run: functions that the catalogue does not have, buffers, unused weights."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from zoo.entry import torchvision

import convcli
from convcli.diagnostics import ConvcliError

SOURCE = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.unused = nn.Linear(3, 3)

    def forward(self, x):
        x = self.a(x)
        return x.where(x > 0, x.cumsum(1))
"""

LIBRARY = torch.library.Library("convcli_tests_own", "DEF")
LIBRARY.define("cumsum(Tensor x, int dim) -> Tensor")
LIBRARY.impl("cumsum", lambda x, _: torch.empty_like(x), "Meta")


class Parts(nn.Module):
    """Parts and axes in all the ways that torch has."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Any) -> Any:
        _, second = torch.tensor_split(self.conv(x), [1], dim=2)
        _, *columns = torch.hsplit(x, [1, 3])
        first, _ = torch.vsplit(x, 2)
        turned = x.movedim(1, -1).movedim((-1, 0), (1, 0))
        return (
            self.conv(second), self.conv(turned), x.moveaxis((0, 1), (2, 3)), self.conv(first), *columns,
            torch.dsplit(x, [2])[1].relu(),
        )  # fmt: skip


class Mixed(nn.Module):
    """What models of people have beside layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.deep = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
        self.aux = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
        self.deep.scale = nn.Parameter(torch.rand(4, 1, 1), requires_grad=False)
        self.deep.empty = nn.Parameter(torch.rand(0, 4, 1, 1), requires_grad=False)
        self.deep.never = nn.Parameter(torch.rand(2))
        self.tied = nn.Conv2d(4, 4, 1, bias=False)
        self.tied.weight = self.deep[0].weight
        self.register_buffer("order", torch.tensor([2, 0, 3, 1]))
        self.register_buffer("shift", torch.rand(4, 1, 1))
        self.never = nn.Parameter(torch.rand(2))
        self.register_buffer("resting", torch.arange(3))
        self.deep.register_buffer("mask", torch.rand(6, 8) > 0.5)
        self.deep.register_buffer("idle", torch.rand(3))

    def forward(self, x: Any) -> Any:
        x = self.deep(self.conv(x)) * self.deep.scale + self.shift + self.deep.empty.sum(0)
        x = self.tied(x)[:, self.order]
        x = torch.where(x > 0.1, x, x.cumsum(1)).masked_fill(self.deep.mask, 0.5)
        one, two = torch.tensor_split(x, [1], dim=2)
        bent = nn.functional.conv2d(two, self.deep[0].weight * 2)
        picked = x.gather(3, torch.argsort(x, 3)[..., :2]) if x.dim() == 9 else one.remainder(0.7)
        return torch.einsum("nchw,ncw->nhw", bent, picked.amax(2)), x.to(torch.float64), x.norm(dim=1), torch.erf(x)


def test_what_is_built_gives_what_the_model_gives() -> None:
    model = Mixed().eval()
    x = torch.rand(2, 3, 6, 8)
    built = convcli.build(model, input=tuple(x.shape)).eval()
    own = {name for name, _ in model.named_parameters()} | {name for name, _ in model.named_buffers()}
    assert own == {name for name, _ in (*built.named_parameters(), *built.named_buffers())}
    with torch.no_grad():
        for name, tensor in (*built.named_parameters(), *built.named_buffers()):
            tensor.copy_(
                model.get_parameter(name) if name in dict(model.named_parameters()) else model.get_buffer(name)
            )
    for ours, theirs in zip(built(x), model(x), strict=True):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)
    assert not built.get_parameter("deep.scale").requires_grad


def test_it_is_held_against_torch_layer_by_layer() -> None:
    found = convcli.verify(Mixed(), input=(2, 3, 6, 8), receptive_field=True)
    assert found.disagreements == ()
    checked = dict(found.checked)
    assert min(checked[kind] for kind in ("output size", "type", "weights", "FLOPs", "gradients")) > 5


def test_a_norm_that_shares_its_weight_is_in_training_where_the_network_is() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.BatchNorm2d(4))
    model[2].weight = model[1].weight
    assert convcli.verify(model, input=(2, 3, 6, 8)).disagreements == ()
    built = convcli.build(model, input=(2, 3, 6, 8))
    weights = {**model.state_dict()}
    built.load_state_dict({name: weights[name] for name in built.state_dict()})
    x = torch.rand(2, 3, 6, 8)
    for train in (True, False):
        torch.testing.assert_close(built.train(train)(x), model.train(train)(x))


def test_parts_and_axes_are_ours_whatever_they_are_called() -> None:
    model = Parts().eval()
    report = convcli.profile(model, input=(2, 4, 6, 8))
    assert {row.op for row in report.layers} == {"Conv2d", "split", "permute", "relu"}
    assert report.uncounted == ()
    assert convcli.verify(model, input=(2, 4, 6, 8)).disagreements == ()
    x = torch.rand(2, 4, 6, 8)
    built = convcli.build(model, input=(2, 4, 6, 8)).eval()
    built.load_state_dict(model.state_dict())
    assert all(torch.equal(own, result) for own, result in zip(built(x), model(x), strict=True))


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "mvit_v1_b"])
def test_networks_with_heads_for_training_or_parted_tokens_are_held_against_torch(name: str) -> None:
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = torchvision().get_model(name, weights=None, **extra).eval()
    found = convcli.verify(model, input=(1, 3, 299, 299) if extra else (1, 3, 16, 224, 224))
    assert found.disagreements == ()


def _grid(x: Any) -> Any:
    return x + torch.arange(x.shape[-1], device=x.device).square()


def _through_a_view(x: Any) -> Any:
    y = x * 2
    y[:, :1].zero_()
    return y


def _reads(x: Any) -> Any:
    return x if x.mean() > 0 else -x


@pytest.mark.parametrize(
    ("function", "words"),
    [(_grid, "worked out beforehand"), (_through_a_view, "`update`"), (_reads, "ends in the open at `item`")],
)
def test_what_cannot_be_built_is_told_so(function: Callable[[Any], Any], words: str) -> None:
    model = nn.Conv2d(3, 4, 1)
    forward = model.forward
    model.forward = lambda x: function(forward(x))  # type: ignore[method-assign]
    for ask in (convcli.build, convcli.verify):
        with pytest.raises(ConvcliError, match=words) as error:
            ask(model, input=(1, 3, 4, 4))
        assert [found.code for found in error.value.diagnostics] == ["CV067"]


def test_an_operator_of_another_library_is_none_of_torchs_by_its_name() -> None:
    model = nn.Conv2d(3, 4, 1)
    forward = model.forward
    model.forward = lambda x: torch.ops.convcli_tests_own.cumsum(forward(x), 1)  # type: ignore[method-assign]
    report = convcli.profile(model, input=(1, 3, 4, 4))
    assert [(row.op, row.macs) for row in report.layers] == [("Conv2d", 192), ("cumsum", None)]
    for ask, code in ((convcli.build, "CV067"), (partial(convcli.convert, to="torch"), "CV074")):
        with pytest.raises(ConvcliError) as error:
            ask(model, input=(1, 3, 4, 4))
        assert [found.code for found in error.value.diagnostics] == [code]


def test_it_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mixed.py").write_text(SOURCE, "utf-8")
    report = convcli.profile("mixed.py:Net", input=(1, 3, 16, 16), run=convcli.Run(quick=True))
    assert report.timings is not None
    assert {row.op for row in report.layers} >= {"Conv2d", "gt", "cumsum", "where", "Unused"}
