"""Networks for the tests of `convert`: every operator once at least, and ways in which layers hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcli.asking import graph_of, read_model, shared_options
from convcli.readers.network_file import read_network
from convcli.source import Source

if TYPE_CHECKING:
    from convcli.graph import Graph

PICTURE, VOLUME, ROW = "4x8x8", "4x6x6x6", "4x12"

OPERATORS: dict[str, str] = {
    PICTURE: """
Conv2d(4, 6, (3, 5), stride=2, padding=(1, 2), bias=False)
Conv2d(4, 4, 3, padding='same', groups=2, padding_mode='circular')
ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, dilation=2)
ReLU(inplace=True) | ReLU6() | LeakyReLU(0.2) | PReLU(4) | RReLU() | Hardtanh(-2, 2.5) | Hardsigmoid() | Hardswish()
Hardshrink(0.3) | Softshrink(0.1) | Threshold(0.1, 20)
ELU(0.5) | CELU() | SELU() | GELU(approximate='tanh') | Sigmoid() | LogSigmoid() | SiLU() | Mish() | Softplus(2)
Softsign() | Tanh() | Tanhshrink() | Softmax(dim=1) | Softmin(dim=-1) | Softmax2d() | LogSoftmax(dim=1) | GLU(1)
Identity() | Dropout(0.3) | Dropout2d() | AlphaDropout() | FeatureAlphaDropout() | StochasticDepth(0.2, 'row')
DropPath(0.1) | DropPath()
ZeroPad2d(1) | ConstantPad2d((1, 2, 3, 4), 0.5) | ReflectionPad2d(1) | ReplicationPad2d(2) | CircularPad2d(1)
Upsample(scale_factor=2) | UpsamplingNearest2d(size=(5, 6)) | UpsamplingBilinear2d(scale_factor=2)
Upsample(size=(5, 7), mode='bilinear', align_corners=True)
PixelShuffle(2) | PixelUnshuffle(2) | ChannelShuffle(2) | Flatten(2) | Unflatten(2, (4, 16))
Unfold(3, padding=1) | Fold((8, 8), 3, padding=1)
CondConv2d(4, 8, 3, num_experts=3, padding=1)
BatchNorm2d(4, eps=0.001, affine=False) | SyncBatchNorm(4) | InstanceNorm2d(4, affine=True) | GroupNorm(2, 4)
LayerNorm((8, 8)) | LayerNorm2d(4) | RMSNorm(8) | LocalResponseNorm(3) | CrossMapLRN2d(3)
MaxPool2d(3, stride=2, padding=1, ceil_mode=True) | AvgPool2d(2, count_include_pad=False)
LPPool2d(2, 2) | AdaptiveAvgPool2d((3, 2)) | AdaptiveMaxPool2d(1)
FractionalMaxPool2d(2, output_size=(4, 5))
Permute((0, 2, 3, 1)) | Linear(4, 5, bias=False)
relu(relu6(leaky_relu(x, 0.2))) + rrelu(hardtanh(hardsigmoid(hardswish(x))))
hardshrink(softshrink(threshold(x, 0, 1)))
elu(celu(selu(gelu(sigmoid(logsigmoid(silu(mish(softplus(softsign(tanh(tanhshrink(x))))))))))))
softmax(softmin(log_softmax(glu(x, dim=1), dim=1), dim=2), dim=3)
dropout(dropout2d(alpha_dropout(feature_alpha_dropout(x))), 0.4, training=False)
stochastic_depth(drop_path(x, 0.3), 0.2, 'batch', training=False)
pad(x, (1, 2, 3, 4), mode='reflect') | interpolate(x, scale_factor=0.5, mode='bilinear') | upsample(x, size=(9, 9))
upsample_nearest(x, scale_factor=2) | upsample_bilinear(x, size=(3, 3))
pixel_shuffle(x, 2) | pixel_unshuffle(x, 2) | channel_shuffle(x, 2) | flatten(x, 2, 3) | unflatten(x, 2, (8, 8))
unfold(x, 3, padding=1) | fold(x, (8, 8), 3, padding=1)
add(x, x, alpha=2) - sub(x, 3) * div(x, 2, rounding_mode='floor') / 7
(2 - pow(x, 2)) | maximum(x, neg(abs(x))) | minimum(x, square(x))
exp(log(sqrt(rsqrt(reciprocal(sin(cos(abs(x) + 2)))))))
clamp(x, min=-0.5, max=1) | clamp(x, max=0.25)
cat([x, x, relu(x)], dim=1) | stack([x, x], dim=2)
cat([chunk(x, 2, dim=1)[1], split(x, (1, 3), dim=1)[0]], dim=1) + unbind(x, 1)[2][:, None]
reshape(x, 1, -1, 8) | view(x, 1, 4, 64) | unsqueeze(x, 0) | squeeze(x, 0) | expand(x, 3, -1, -1)
permute(x, 0, 3, 1, 2) | transpose(x, 1, -1)
roll(x, 2, 1) | flip(x, (1, 2)) | tile(x, 1, 2, 1, 1) | repeat(x, 2, 1, 1, 1)
x[:, 0, 1:-1, ::2] | x[..., None, 0]
center_crop(x, 5) | center_crop(x, (3, 2)) | narrow(x, 1, 1, 2)
sum(x, dim=1, keepdim=True) + mean(x, (2, 3), keepdim=True) + amax(x, 1, keepdim=True) + amin(x, dim=2, keepdim=True)
(var(x, 1) + std(x, 1, correction=0)) | sum(x)
argmax(x, 1) + argmin(x, 1)
matmul(x, transpose(x, 2, 3)) @ x
normalize(x, dim=2) | local_response_norm(x, 3)
group_norm(x, 2) + layer_norm(x, (8, 8)) + rms_norm(x, (8,)) + instance_norm(x)
batch_norm(x, mean(x, (0, 2, 3)), mean(x, (0, 2, 3)))
max_pool2d(x, 3, stride=1, padding=1) + avg_pool2d(x, 3, stride=1, padding=1)
lp_pool2d(x, 2, 2) | adaptive_avg_pool2d(x, 3) | adaptive_max_pool2d(x, (2, 1))
fractional_max_pool2d(x, 2, output_size=(4, 4))
scaled_dot_product_attention(x, x, x, is_causal=True)
prelu(x, Parameter(4)) + Parameter(4, 1, 1)
""",
    ROW: """
Conv1d(4, 6, 3, padding=1) | ConvTranspose1d(6, 4, 2) | BatchNorm1d(4) | InstanceNorm1d(4) | Dropout1d(0.1)
MaxPool1d(2) | AvgPool1d(2) | LPPool1d(2, 2) | AdaptiveAvgPool1d(2) | AdaptiveMaxPool1d(1)
ZeroPad1d(1) | ConstantPad1d(1, 0.5) | ReflectionPad1d(1) | ReplicationPad1d(1) | CircularPad1d(1)
max_pool1d(x, 2) | avg_pool1d(x, 2) | lp_pool1d(x, 2, 2) | dropout1d(x, training=False)
adaptive_avg_pool1d(x, 4) | adaptive_max_pool1d(x, 2)
bmm(x, transpose(x, 1, 2))
Linear(12, 12) | Bilinear(12, 12, 5)(x, x)
transpose(x, 1, 2) | RNN(4, 6, num_layers=2, bidirectional=True)
transpose(x, 1, 2) | GRU(4, 6, batch_first=True)
transpose(x, 1, 2) | LSTM(4, 6, proj_size=2)
MultiheadAttention(12, 3, batch_first=True)
MultiheadAttention(12, 2)(x, x, x)
TransformerEncoderLayer(12, 2, 16, batch_first=True) | TransformerDecoderLayer(12, 2, 16)(x, x)
""",
    VOLUME: """
Conv3d(4, 6, 3) | ConvTranspose3d(6, 4, 2, stride=2) | BatchNorm3d(4) | InstanceNorm3d(4) | Dropout3d()
MaxPool3d(2) | AvgPool3d(3, stride=1, padding=1) | AdaptiveAvgPool3d(2) | AdaptiveMaxPool3d(1)
ZeroPad3d(1) | ConstantPad3d(1, 0.5) | ReflectionPad3d(1) | ReplicationPad3d(1) | CircularPad3d(1)
LPPool3d(2, 2)
FractionalMaxPool3d(2, output_size=3)
max_pool3d(x, 2) | avg_pool3d(x, 2) | dropout3d(x, training=False)
adaptive_avg_pool3d(x, 4) | adaptive_max_pool3d(x, 2) | lp_pool3d(x, 2, 2)
fractional_max_pool3d(x, 2, output_size=3)
""",
}

FILES: dict[str, str] = {
    "indices": """
- pool: MaxPool2d(2, return_indices=True)
- up: MaxUnpool2d(2)(pool, pool[1])
- p2: max_pool2d(x, 2, return_indices=True)
- max_unpool2d(p2[0], p2[1], 2)
""",
    "unpooling": """
- flatten(x, 2)
- pool: MaxPool1d(2, return_indices=True)
- MaxUnpool1d(2)(pool, pool[1])
- p: max_pool1d(x, 2, return_indices=True)
- max_unpool1d(p[0], p[1], 2)
- unflatten(x, 2, (4, 4, 4))
- q: MaxPool3d(2, return_indices=True)
- MaxUnpool3d(2)(q, q[1])
- r: max_pool3d(x, 2, return_indices=True)
- max_unpool3d(r[0], r[1], 2)
""",
    "cells": """
- x[:, :, 0, 0]
- rnn: RNNCell(4, 6)
- gru: GRUCell(6, 6)(x, rnn)
- lstm: LSTMCell(6, 5)
- LSTMCell(5, 5)(lstm, lstm)
""",
    "shared": """
- conv: Conv2d(4, 4, 3, padding=1)
- act: ReLU()
- conv(x)
- act(x)
- again: conv(act)
""",
    "shared scope": """
- stem:
    - Conv2d(4, 4, 3, padding=1)
    - ReLU()
- head:
    - conv: Conv2d(4, 4, 3, padding=1)
    - out: relu(x + input)
- second: head(stem)
- third: head(head)
""",
    "outer layer": """
- act: ReLU()
- body:
    - conv: Conv2d(4, 4, 1)
    - act(x)
    - act(x)
- x + act
""",
    "skips without names": """
- Conv2d(4, 4, 1)
- cat([x, Conv2d(4, 4, 3, padding=1)], dim=1)
- x + (Conv2d(8, 8, 1) | ReLU())
- (x + relu(x)) * sigmoid(x)
""",
    "state": """
- flatten(x, 2)
- transpose(x, 1, 2)
- lstm: LSTM(4, 6, batch_first=True)
- second: LSTM(6, 6, batch_first=True)(lstm, lstm[1])
- gru: GRU(6, 6, batch_first=True)(x, lstm[1][0])
- cat([gru, second], dim=2)
""",
    "words": """
- argmax(x, 1)
- flatten(x, 1)
- words: x
- bag: EmbeddingBag(5, 6)
- row: Embedding(5, 6)(words)
- mean(x, 1) + bag
""",
    "merges": """
- cat:
    - Conv2d(4, 2, 1)
    - Conv2d(4, 2, 3, padding=1) | ReLU()
    -
- named:
    add:
      - Conv2d(8, 8, 1)
      - [BatchNorm2d(8), ReLU()]
- add:
    left: Conv2d(8, 8, 1)
    right: ReLU()
""",
    "weights": """
- scale: Parameter(4, 1, 1)
- x * scale
- part:
    - shift: Parameter(1, requires_grad=False)
    - x + shift
    - Parameter(shape=[])
    - conv: Conv2d(4, 4, 1)
- scale * part.conv
""",
    "hostile names": """
- class: Conv2d(4, 4, 1)
- forward: Conv2d(4, 4, 1)
- type:
    - training: Conv2d(4, 4, 1)
    - None: ReLU()
- self: ReLU()
- torch: Sigmoid()
- nn: relu(x)
- F: x + self
- 7: Conv2d(4, 4, 1)
- 3: Conv2d(4, 4, 1)
- a-b: Conv2d(4, 4, 1)
- __init__: Conv2d(4, 4, 1)
- _modules: Conv2d(4, 4, 1)
- __private: Conv2d(4, 4, 1)
- out: Conv2d(4, 4, 1)
- Tensor: Parameter(4, 1, 1)
- lambda: x + Tensor
- print: sum(x)
""",
}


def graph(text: str, size: str | None = None, **options: Any) -> Graph:
    """Return the graph of layers, or of a network of its name."""
    words, variant = read_model(text)
    given = shared_options(input=size, batch=options.pop("batch", None), batched=None, max_layers=None)
    made, found = graph_of(words, variant=variant, needs_input=True, **given, **options)
    assert not found
    return made


def file_graph(layers: str, head: str = "input: [4, 8, 8]") -> Graph:
    """Return the graph of a network file."""
    made, found = graph_of(read_network(Source("net.yaml", f"{head}\nlayers:{layers}")))
    assert not found, found[0].message
    return made


def all_graphs() -> list[tuple[str, Graph]]:
    """Return all small graphs, with what to call them."""
    lines = [(line, size) for size, text in OPERATORS.items() for line in text.strip().splitlines()]
    return [(line, graph(f"({line})", size)) for line, size in lines] + [
        (name, file_graph(text)) for name, text in FILES.items()
    ]


def built(source: str) -> Any:
    """Return a module of a source: of its last class."""
    space: dict[str, Any] = {}
    exec(compile(source, "net.py", "exec"), space)
    return [one for one in space.values() if isinstance(one, type) and one.__module__ == "builtins"][-1]()
