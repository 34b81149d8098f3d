"""Whether a size has a batch: what the first layer that takes a fixed number of axes says of it."""

from typing import Any

import pytest

import convcli
from convcli.diagnostics import ConvcliError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812  # as everybody calls it


class LeNet(nn.Module):
    """Its `flatten(1)` takes the channels for the batch where there is none."""

    def __init__(self, features: int, *, named: bool = True) -> None:
        super().__init__()
        self.a, self.b, self.fc = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5), nn.Linear(features, 10)
        self.named = named

    def forward(self, x: Any) -> Any:
        for conv in (self.a, self.b):
            x = conv(x) if self.named else F.conv2d(x, conv.weight, conv.bias)
            x = F.max_pool2d(x, 2)
        return self.fc(x.flatten(1))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("options", [{}, {"batched": False}, {"batch": 1}])
@pytest.mark.parametrize("features", [16, 400])
def test_a_call_without_batch_that_works_by_chance_is_not_reported(features: int, options: Any, named: bool) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(LeNet(features, named=named), input="3x28x28", **options)
    assert error.value.report.inputs[0].shape == (1, 3, 28, 28)
    assert error.value.report.layers[-1].output_shapes == ((1, 256),)
    assert f"{256}] X [{features}" in error.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("options", "shape", "batch"),
    [({}, (1, 3, 28, 28), 1), ({"batch": 4}, (4, 3, 28, 28), 4), ({"batched": False}, (1, 3, 28, 28), 1)],
)
def test_a_batch_is_put_in_front(options: Any, shape: Any, batch: int) -> None:
    report = convcli.profile(LeNet(256), input="3x28x28", **options)
    assert (report.inputs[0].shape, report.batch, report.outputs[0].shape) == (shape, batch, (batch, 10))


def test_channels_are_no_batch_where_the_size_is_taken_as_it_is() -> None:
    report = convcli.profile(LeNet(16), input="3x28x28", batched=True)
    assert (report.inputs[0].shape, report.batch) == ((3, 28, 28), 1)


@pytest.mark.parametrize("size", [(5, 3, 28, 28), (5, 1, 28, 28)])
def test_a_size_that_has_a_batch_is_not_tried_with_another(size: Any) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(LeNet(400), input=size)
    assert (error.value.report.inputs[0].shape, error.value.diagnostics[0].help) == (size, "")
    with pytest.raises(ConvcliError, match="beside an input that has a batch"):
        convcli.profile(LeNet(400), input=size, batch=2)


class Made(nn.Module):
    """Calls a function."""

    def __init__(self, function: Any, *parts: nn.Module) -> None:
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(parts)

    def forward(self, x: Any) -> Any:
        return self.function(x, *self.parts)


def image(x: Any, conv: Any) -> Any:
    channels, _, _ = x.shape
    return conv(x).reshape(channels, -1)


@pytest.mark.parametrize(
    ("model", "size", "shape"),
    [
        (Made(image, nn.Conv2d(3, 6, 1)), (3, 8, 8), (3, 8, 8)),  # it takes one image
        (Made(lambda x, conv: conv(x[None]), nn.Conv2d(3, 6, 1)), (3, 8, 8), (3, 8, 8)),
        (Made(lambda x, norm: norm(x), nn.BatchNorm2d(3)), (3, 8, 8), (1, 3, 8, 8)),
        (Made(lambda x: F.avg_pool2d(x, 2).flatten(1)), (3, 8, 8), (1, 3, 8, 8)),
        (Made(lambda x, fc: F.avg_pool2d(fc(x), (2, 1)), nn.Linear(8, 4)), (3, 6, 8), (3, 6, 8)),  # steps of a text
        (Made(lambda x, conv: conv(x.flatten(0, 1)), nn.Conv2d(3, 4, 1)), (5, 2, 3, 8, 8), (5, 2, 3, 8, 8)),
        (Made(lambda x, fc: fc(x), nn.Linear(8, 4)), (8,), (1, 8)),
        (Made(lambda x, fc: fc(x).squeeze(0).expand(8), nn.Linear(8, 1)), (8,), (1, 8)),
        (Made(lambda x: x.outer(x)), (8,), (8,)),  # it takes one axis
    ],
)  # fmt: skip
def test_the_layers_tell_whether_there_is_a_batch(model: nn.Module, size: Any, shape: Any) -> None:
    assert convcli.profile(model, input=size).inputs[0].shape == shape
