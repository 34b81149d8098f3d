"""What torch.nn does not have, as it is written into a file that needs it."""

PERMUTE = '''\
class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.dims)
'''

LAYER_NORM_2D = '''\
class LayerNorm2d(nn.LayerNorm):
    """A layer norm over the channels of pictures."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
'''

STOCHASTIC_DEPTH = '''\
class StochasticDepth(nn.Module):
    """Drops a branch in training, for the whole batch or row by row."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        return stochastic_depth(x, self.p, self.mode, training=self.training)
'''

STOCHASTIC_DEPTH_FUNCTION = '''\
def stochastic_depth(x: Tensor, p: float, mode: str, training: bool = True) -> Tensor:
    """Multiply by 0 or 1, for the whole batch or row by row; the mean stays."""
    if not training or not p:
        return x
    rows = x.shape[0] if mode == "row" else 1
    noise = x.new_empty([rows] + [1] * (x.dim() - 1)).bernoulli_(1 - p)
    return x * (noise / (1 - p) if p < 1 else noise)
'''

DROP_PATH = '''\
class DropPath(nn.Module):
    """Drops a branch row by row in training."""

    def __init__(self, drop_prob: float = 0.0, scale_by_keep: bool = True) -> None:
        super().__init__()
        self.drop_prob = drop_prob
        self.scale_by_keep = scale_by_keep

    def forward(self, x: Tensor) -> Tensor:
        return drop_path(x, self.drop_prob, self.training, self.scale_by_keep)
'''

DROP_PATH_FUNCTION = '''\
def drop_path(
    x: Tensor,
    drop_prob: float = 0.0,
    training: bool = False,
    scale_by_keep: bool = True,
) -> Tensor:
    """Multiply by 0 or 1 row by row, and by so much that the mean stays."""
    if not training or not drop_prob:
        return x
    keep = 1 - drop_prob
    noise = x.new_empty([x.shape[0]] + [1] * (x.dim() - 1)).bernoulli_(keep)
    return x * (noise / keep if keep and scale_by_keep else noise)
'''

CENTER_CROP = '''\
def center_crop(x: Tensor, size: int | tuple[int, ...]) -> Tensor:
    """Return the middle of the last axes; a single size is for all but two."""
    sizes = (size,) * (x.dim() - 2) if isinstance(size, int) else size
    for axis, length in enumerate(sizes, x.dim() - len(sizes)):
        x = x.narrow(axis, round((x.shape[axis] - length) / 2), length)
    return x
'''

COND_CONV_2D = '''\
class CondConv2d(nn.Module):
    """A convolution whose kernels are mixed anew for each sample."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        num_experts: int,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        expert = nn.Conv2d(
            in_channels, out_channels, kernel_size, groups=groups, device="meta"
        )
        self.out_channels = out_channels
        self.groups = groups
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}
        self.weight = nn.Parameter(torch.zeros(num_experts, *expert.weight.shape))
        for kernel in self.weight:
            nn.init.kaiming_uniform_(kernel, a=5**0.5)
        zeros = torch.zeros(num_experts, out_channels)
        self.register_parameter("bias", nn.Parameter(zeros) if bias else None)
        self.routing = nn.Linear(in_channels, num_experts)

    def forward(self, x: Tensor) -> Tensor:
        samples = x.shape[0]
        routing = torch.sigmoid(self.routing(x.mean((2, 3))))
        kernels = (routing @ self.weight.flatten(1)).view(-1, *self.weight.shape[2:])
        biases = None if self.bias is None else (routing @ self.bias).flatten()
        groups = x.reshape(1, -1, *x.shape[2:])  # each sample has kernels of its own
        out = nn.functional.conv2d(
            groups, kernels, biases, groups=samples * self.groups, **self.options
        )
        return out.view(samples, self.out_channels, *out.shape[2:])
'''

SUPPORT = {
    "center_crop": (CENTER_CROP,),
    "stochastic_depth": (STOCHASTIC_DEPTH_FUNCTION,),
    "drop_path": (DROP_PATH_FUNCTION,),
    "StochasticDepth": (STOCHASTIC_DEPTH_FUNCTION, STOCHASTIC_DEPTH),
    "DropPath": (DROP_PATH_FUNCTION, DROP_PATH),
    "Permute": (PERMUTE,),
    "LayerNorm2d": (LAYER_NORM_2D,),
    "CondConv2d": (COND_CONV_2D,),
}
"""What is written for an operator that torch does not have."""
