"""Python models with lazy modules: their weights get sizes from the call, and the model in hand stays lazy."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

import convcli
from convcli.diagnostics import ConvcliError

SOURCE = """
from torch import nn


class Net(nn.Module):
    def __init__(self, further=False):
        super().__init__()
        self.a, self.b = nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d()
        self.c = nn.Sequential(nn.Linear(8, 4), nn.LazyLinear(10))
        if further:
            self.further = nn.LazyLinear(3)

    def forward(self, x):
        return self.c(self.b(self.a(x)).mean((2, 3)))
"""


class Reading(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.LazyConv2d(8, 3)
        self.b = nn.LazyLinear(10)

    def forward(self, x: Any) -> Any:
        x = self.a(x)
        return self.b(x) if x.max() > 0 else x


@pytest.mark.parametrize("size", [(3, 16, 16), (1, 3, 16, 16)])
def test_lazy_modules_get_their_sizes_from_the_call(
    size: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lazy.py").write_text(SOURCE, "utf-8")
    report = convcli.profile("lazy.py:Net", size)
    assert [(row.name, row.op, row.params) for row in report.layers if row.params] == [
        ("a", "Conv2d", 224), ("b", "BatchNorm2d", 16), ("c.0", "Linear", 36), ("c.1", "Linear", 50),
    ]  # fmt: skip
    assert report.totals.macs == 14 * 14 * 8 * 27 + 8 * 4 + 4 * 10
    with pytest.raises(ConvcliError, match=r"`further` is a LazyLinear: .* this call does not reach it"):
        convcli.profile("lazy.py:Net(further=True)", (1, 3, 16, 16))


def test_a_lazy_model_in_hand_stays_lazy_and_its_weights_the_same() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d())
    weight = model[0].weight
    assert convcli.profile(model, input=(1, 3, 16, 16)).totals.params == 112 + 296 + 16
    assert model[0].weight is weight
    assert isinstance(model[1], nn.LazyConv2d)
    assert isinstance(model[2], nn.LazyBatchNorm2d)
    assert model(torch.zeros(1, 3, 16, 16)).shape == (1, 8, 12, 12)


def test_what_is_behind_read_numbers_never_gets_its_sizes() -> None:
    with pytest.raises(ConvcliError, match="`b` is a LazyLinear"):
        convcli.profile(Reading(), input=(1, 3, 16, 16))


def test_an_error_of_the_first_call_is_the_models_own() -> None:
    model = nn.Sequential(nn.Conv2d(4, 4, 3), nn.LazyConv2d(8, 3))
    with pytest.raises(ConvcliError, match=r"expected input.* to have 4 channels|Invalid channel"):
        convcli.profile(model, input=(1, 3, 16, 16))
