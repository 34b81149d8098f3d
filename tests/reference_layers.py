"""Layers that torch does not have, and torch's own with their inputs as a flat list, to compare with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class LSTM(nn.LSTM):
    """torch's LSTM with h_0 and c_0 as two further inputs."""

    def forward(self, x: Any, *states: Any) -> Any:
        return super().forward(x, states or None)


class LSTMCell(nn.LSTMCell):
    """torch's LSTMCell with h_0 and c_0 as two further inputs."""

    def forward(self, x: Any, *states: Any) -> Any:
        return super().forward(x, states or None)


class MultiheadAttention(nn.MultiheadAttention):
    """torch's MultiheadAttention; one input attends to itself."""

    def forward(self, query: Any, *others: Any) -> Any:
        return super().forward(query, *(others or (query, query)))


class CondConv2d(nn.Module):
    """CondConv as its paper describes it: a kernel for each sample, mixed from experts; one sample after the other."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        num_experts: int,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        device: Any = None,
    ) -> None:
        super().__init__()
        experts = [
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, device=device)
            for _ in range(num_experts)
        ]
        self.weight = nn.Parameter(torch.stack([expert.weight.detach() for expert in experts]))
        self.bias = nn.Parameter(torch.stack([expert.bias.detach() for expert in experts])) if bias else None
        self.routing = nn.Linear(in_channels, num_experts, device=device)
        self.settings = (stride, padding, dilation, groups)

    def forward(self, x: Any) -> Any:
        if x.dim() != 4:
            raise ValueError("CondConv2d takes a batch of images")
        routing = torch.sigmoid(self.routing(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)))
        samples = [self.one(sample, mixture) for sample, mixture in zip(x.split(1), routing.split(1), strict=True)]
        return torch.cat(samples)

    def one(self, sample: Any, mixture: Any) -> Any:
        kernel = torch.mm(mixture, self.weight.flatten(1)).view(self.weight.shape[1:])
        bias = None if self.bias is None else torch.mm(mixture, self.bias).view(-1)
        return nn.functional.conv2d(sample, kernel, bias, *self.settings)


class LayerNorm2d(nn.LayerNorm):
    """torchvision's: the channels are normalised at each position."""

    def forward(self, x: Any) -> Any:
        if x.dim() != 4:
            raise ValueError("LayerNorm2d takes a batch of images")
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Permute(nn.Module):
    """torchvision's: the axes in another order."""

    def __init__(self, dims: Any) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Any) -> Any:
        return torch.permute(x, self.dims)


REFERENCE = {layer.__name__: layer for layer in (LSTM, LSTMCell, MultiheadAttention, CondConv2d, LayerNorm2d, Permute)}
