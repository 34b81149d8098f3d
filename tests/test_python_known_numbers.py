"""Python models that count with small tensors of their own: numbers that are known do not end a network."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

import convcli
from convcli.tracing.known import MOST


class Steps(nn.Module):
    """A layer that is applied as often as a function says, which gets an input of 5x6."""

    def __init__(self, count: Callable[[Any], Any]) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        self.count = count

    def forward(self, x: Any) -> Any:
        for _ in range(self.count(x)):
            x = self.layer(x)
        return x


def _in_place(_: Any) -> int:
    n = torch.tensor(1)
    n += 1
    n.add_(1)
    return int(n)


def _written(_: Any) -> int:
    table = torch.zeros(2, 3)
    table[0] = 1
    table[1, 1:].add_(torch.arange(2))
    return int(table.sum() - table[1, 2])


def _own_kernel(_: Any) -> int:
    return int(torch.unique(torch.tensor([4, 2, 2, 7])).numel())


def _until(_: Any) -> int:
    n = torch.zeros(1)
    while n.item() < 3:
        n += 1
    return int(n)


THREE: list[Callable[[Any], Any]] = [
    lambda _: torch.tensor([1, 2, 0]).sum().item(),
    lambda _: torch.arange(7).tolist()[3],
    lambda _: (torch.arange(4) * 2).max() // 2,
    lambda _: len([rate.item() for rate in torch.linspace(0, 1, 3)]),
    lambda _: torch.arange(6).reshape(2, 3).numpy().shape[1],
    lambda _: torch.nonzero(torch.tensor([1, 0, 2, 3])).shape[0],
    lambda _: torch.ones(3, 4, dtype=torch.int64)[:, 1].split(1)[0].expand(3).sum(),
    lambda x: x[: torch.arange(5).ne(4).sum() - 1].shape[0],
    lambda x: x[:, torch.arange(6) % 2 == 0].shape[1],
    lambda x: x[(torch.ones(5, 6) > 0).triu(4)].shape[0],
    lambda x: torch.repeat_interleave(x[:1], torch.tensor([3]), 0).shape[0],
    _in_place, _written, _own_kernel, _until,
]  # fmt: skip


@pytest.mark.parametrize("count", THREE)
def test_numbers_of_tensors_made_in_forward_are_known(count: Callable[[Any], Any]) -> None:
    assert int(count(torch.zeros(5, 6))) == 3
    report = convcli.profile(Steps(count), input=(5, 6))
    assert not any(found.code == "CV068" for found in report.findings)
    assert (report.totals.params, report.totals.macs) == (42, 3 * 5 * 36)


def _summed(x: Any) -> Any:
    total = torch.tensor(0.0)
    total += x.sum()
    return total.item()


def _summed_in_place(x: Any) -> Any:
    total = torch.tensor(0.0)
    total.add_(x.sum())
    return total + 1 > 0


def _part(x: Any) -> Any:
    table = torch.zeros(3)
    first = table[0]
    table[0] = x.mean()
    return first.item()


def _whole(x: Any) -> Any:
    table = torch.zeros(3)
    table[1:].copy_(x[0, :2])
    return int(table.sum())


WITHOUT: list[Callable[[Any], Any]] = [
    _summed, _summed_in_place, _part, _whole,
    lambda x: int((torch.arange(6) * x[0]).sum()),
    lambda _: int(torch.ones(MOST + 1).sum()),
    lambda _: int(nn.Parameter(torch.ones(2)).sum()),
]  # fmt: skip


@pytest.mark.parametrize("count", WITHOUT)
def test_numbers_that_inputs_or_weights_have_to_do_with_are_not_known(count: Callable[[Any], Any]) -> None:
    report = convcli.profile(Steps(count), input=(5, 6))
    assert [found.code for found in report.findings] == ["CV068"]
    assert (report.totals.params, report.totals.macs) == (42, 0)


def _filled(x: Any) -> Any:
    out = torch.zeros(2, 6)
    out[1] = x[0] * 2
    return out + torch.arange(6)


def _filled_single(x: Any) -> Any:
    out = torch.tensor(0.0)
    out.add_(x.mean())
    return x * out


@pytest.mark.parametrize("fill", [_filled, _filled_single])
def test_what_is_written_into_a_known_tensor_is_read_out_of_it(fill: Callable[[Any], Any]) -> None:
    model = nn.Sequential(nn.Linear(6, 6))
    model.forward = lambda x: fill(model[0](x))  # type: ignore[method-assign,assignment]
    report = convcli.profile(model, input=(5, 6))
    assert not any(found.code == "CV305" for found in report.findings)
    assert report.totals.macs == 5 * 36


def test_known_numbers_are_no_layers() -> None:
    report = convcli.profile(Steps(lambda _: (torch.arange(3) + 1).max() - 1), input=(5, 6))
    assert [row.op for row in report.layers] == ["Linear", "Linear"]


class Counting(nn.Module):
    """Counts its calls in tensors that are neither weights nor buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 1)
        self.seen = torch.zeros(3)
        self.calls = torch.tensor(0)

    def forward(self, x: Any) -> Any:
        self.seen[0] = 7
        self.calls += 1
        self.seen = self.seen * 2
        return self.layer(x) * self.calls


def test_numbers_of_the_model_itself_are_what_they_were() -> None:
    model = Counting()
    seen, calls = model.seen, model.calls
    report = convcli.profile(model, input=(1, 3, 4, 4))
    assert [row.op for row in report.layers] == ["Conv2d", "Constant", "mul"]
    assert (model.seen is seen, model.calls is calls, seen.tolist(), calls.item()) == (True, True, [0, 0, 0], 0)
