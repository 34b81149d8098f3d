"""Networks over time or over the width of a picture: TCN, WaveNet and CRNN."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from zoo.entry import Entry, named


class TemporalBlock(nn.Module):
    """Two causal convolutions, and the input added."""

    def __init__(self, channels: int, planes: int, dilation: int) -> None:
        super().__init__()
        self.history = 6 * dilation
        self.conv1 = nn.Conv1d(channels, planes, 7, dilation=dilation)
        self.relu1 = nn.ReLU()
        self.dropout1 = nn.Dropout(0.05)
        self.conv2 = nn.Conv1d(planes, planes, 7, dilation=dilation)
        self.relu2 = nn.ReLU()
        self.dropout2 = nn.Dropout(0.05)
        self.downsample = nn.Conv1d(channels, planes, 1) if channels != planes else None
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.dropout1(self.relu1(self.conv1(functional.pad(x, (self.history, 0)))))
        y = self.dropout2(self.relu2(self.conv2(functional.pad(y, (self.history, 0)))))
        return self.relu(y + (self.downsample(x) if self.downsample else x))


class TCN(nn.Module):
    """A temporal convolutional network that reads digits pixel by pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(*(TemporalBlock(25 if level else 1, 25, 1 << level) for level in range(8)))
        self.linear = nn.Linear(25, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.network(x)[..., -1])


class WaveNetLayer(nn.Module):
    """A gated convolution, which gives its residual sum and its skip."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.filter = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.gate = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.dense = nn.Conv1d(32, 32, 1)
        self.skip = nn.Conv1d(32, 512, 1)

    def forward(self, x: torch.Tensor, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        gated = torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x))
        dense = self.dense(gated)
        return x[..., -dense.shape[-1] :] + dense, self.skip(gated[..., -length:])


class WaveNet(nn.Module):
    """WaveNet without conditioning: as many samples as have all of their history."""

    def __init__(self, stacks: int = 5, depth: int = 10) -> None:
        super().__init__()
        self.causal = nn.Conv1d(256, 32, 2, bias=False)
        self.stacks = nn.ModuleList(
            nn.ModuleDict({f"layer{level + 1}": WaveNetLayer(1 << level) for level in range(depth)})
            for _ in range(stacks)
        )
        self.postprocess1 = nn.Conv1d(512, 512, 1)
        self.postprocess2 = nn.Conv1d(512, 256, 1)
        self.history = 1 + stacks * ((1 << depth) - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        length = x.shape[-1] - self.history
        x = self.causal(x)
        total: torch.Tensor | None = None
        for stack in self.stacks:
            for layer in stack.values():
                x, skip = layer(x, length)
                total = skip if total is None else total + skip
        return self.postprocess2(functional.relu(self.postprocess1(functional.relu(total))))


class BidirectionalLSTM(nn.Module):
    """An LSTM in both directions, and a linear layer over what both say."""

    def __init__(self, channels: int, planes: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(channels, 256, bidirectional=True, batch_first=True)
        self.embedding = nn.Linear(2 * 256, planes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.embedding(self.rnn(x)[0])


def crnn_features() -> nn.Sequential:
    """CRNN's seven convolutions, which leave one row of 32."""
    layers = nn.Sequential()
    channels = (1, 64, 128, 256, 256, 512, 512, 512)
    pools = {1: nn.MaxPool2d(2), 2: nn.MaxPool2d(2)} | {place: nn.MaxPool2d(2, (2, 1), (0, 1)) for place in (4, 6)}
    for place, planes in enumerate(channels[1:], 1):
        conv = nn.Conv2d(channels[place - 1], planes, *((2, 1, 0) if place == 7 else (3, 1, 1)))
        norm = {"bn": nn.BatchNorm2d(planes)} if place in (3, 5, 7) else {}
        layers.add_module(f"conv{place}", named(conv=conv, **norm, relu=nn.ReLU(inplace=True)))
        if place in pools:
            layers.add_module(f"pool{list(pools).index(place) + 1}", pools[place])
    return layers


class CRNN(nn.Module):
    """Reads a word of 26 letters and 10 digits in a picture that is 32 high."""

    def __init__(self) -> None:
        super().__init__()
        self.features = crnn_features()
        self.rnn1 = BidirectionalLSTM(512, 256)
        self.rnn2 = BidirectionalLSTM(256, 37)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.rnn2(self.rnn1(self.features(x).squeeze(2).transpose(1, 2)))


ENTRIES = {
    "tcn": Entry(TCN, ((784,), (50,), (1001,))),
    "wavenet": Entry(WaveNet, ((21116,), (5117,), (8000,))),
    "crnn": Entry(CRNN, ((32, 100), (32, 31), (32, 280)), {r"^features\.": ""}),
}
