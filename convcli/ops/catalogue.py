"""The catalogue: every operator's name and the file that has it, in the order of the documentation.

A new operator is one class in its family's file, and its name here.
"""

from importlib import import_module

from convcli.op import Operator
from convcli.record import Record


class Family(Record):
    """Operators that share a file of this folder."""

    file: str
    title: str
    modules: str
    """Names of torch.nn classes."""
    functions: str = ""
    """Names of torch's functions."""


CATALOGUE: tuple[Family, ...] = (
    Family(
        "convolution",
        "Convolution",
        "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    ),
    Family(
        "activation",
        "Activations made of straight lines",
        "ReLU ReLU6 LeakyReLU PReLU RReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold",
        "relu relu6 leaky_relu prelu rrelu hardtanh hardsigmoid hardswish hardshrink softshrink threshold",
    ),
    Family(
        "activation_smooth",
        "Smooth activations",
        "ELU CELU SELU GELU Sigmoid LogSigmoid SiLU Mish Softplus Softsign Tanh Tanhshrink",
        "elu celu selu gelu sigmoid logsigmoid silu mish softplus softsign tanh tanhshrink",
    ),
    Family(
        "softmax",
        "Softmax and gates",
        "Softmax Softmin Softmax2d LogSoftmax GLU",
        "softmax softmin log_softmax glu",
    ),
    Family(
        "dropout",
        "Dropout and identity",
        "Identity Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout StochasticDepth DropPath",
        "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout stochastic_depth drop_path",
    ),
    Family(
        "padding",
        "Padding",
        "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d "
        "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d "
        "CircularPad1d CircularPad2d CircularPad3d",
        "pad",
    ),
    Family(
        "resize",
        "Resizing",
        "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
        "interpolate upsample upsample_nearest upsample_bilinear",
    ),
    Family(
        "rearrange",
        "Pixel shuffle and flattening",
        "PixelShuffle PixelUnshuffle ChannelShuffle Flatten Unflatten",
        "pixel_shuffle pixel_unshuffle channel_shuffle flatten unflatten",
    ),
    Family("unfold", "Sliding blocks", "Unfold Fold", "unfold fold"),
    Family("dynamic", "Dynamic convolution", "CondConv2d"),
    Family("linear", "Linear layers and bare weights", "Linear Bilinear Parameter"),
    Family("embedding", "Embeddings", "Embedding EmbeddingBag"),
    Family("recurrent", "Recurrent layers", "RNN GRU LSTM"),
    Family("recurrent_cell", "Recurrent cells", "RNNCell GRUCell LSTMCell"),
    Family("attention", "Attention", "", "scaled_dot_product_attention"),
    Family("multihead_attention", "Attention with several heads", "MultiheadAttention"),
    Family("transformer", "Transformer layers", "TransformerEncoderLayer TransformerDecoderLayer"),
    Family(
        "arithmetic",
        "Arithmetic",
        "",
        "add sub mul div pow maximum minimum neg abs square exp log sqrt rsqrt reciprocal sin cos clamp",
    ),
    Family("joining", "Joining and splitting", "", "cat stack chunk split unbind"),
    Family("shaping", "Shapes", "", "reshape view squeeze unsqueeze expand"),
    Family("reordering", "Order and repetition", "Permute", "permute transpose roll flip tile repeat"),
    Family("slicing", "Slices", "", "slice center_crop narrow"),
    Family("reduction", "Reductions", "", "sum mean amax amin var std argmax argmin"),
    Family("product", "Matrix products", "", "matmul bmm"),
    Family(
        "normalization",
        "Batch and instance normalisation",
        "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d",
    ),
    Family(
        "group_normalization",
        "Group, layer and RMS normalisation",
        "GroupNorm LayerNorm LayerNorm2d RMSNorm",
        "normalize",
    ),
    Family("local_normalization", "Local normalisation", "LocalResponseNorm CrossMapLRN2d", "local_response_norm"),
    Family(
        "normalization_functions",
        "Normalising functions",
        "",
        "batch_norm instance_norm group_norm layer_norm rms_norm",
    ),
    Family(
        "pooling",
        "Maximum and average pooling",
        "MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d",
        "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d",
    ),
    Family(
        "power_pooling",
        "Power-average pooling",
        "LPPool1d LPPool2d LPPool3d",
        "lp_pool1d lp_pool2d lp_pool3d",
    ),
    Family(
        "adaptive_pooling",
        "Adaptive pooling",
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d",
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
        "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d",
    ),
    Family(
        "fractional_pooling",
        "Fractional max pooling",
        "FractionalMaxPool2d FractionalMaxPool3d",
        "fractional_max_pool2d fractional_max_pool3d",
    ),
    Family(
        "unpooling",
        "Max unpooling",
        "MaxUnpool1d MaxUnpool2d MaxUnpool3d",
        "max_unpool1d max_unpool2d max_unpool3d",
    ),
)

_FILES: dict[str, str] = {
    name: family.file for family in CATALOGUE for name in f"{family.modules} {family.functions}".split()
}
LAZY = "Lazy"
"""torch's prefix for modules that read their input side from the first input."""


def names() -> tuple[str, ...]:
    """Return the name of every operator, without the lazy forms."""
    return tuple(_FILES)


def family(name: str) -> str:
    """Return the file of an operator that is known to stand in the catalogue, which is the name of its family."""
    return _FILES[name]


def find(name: str) -> type[Operator] | None:
    """Return the operator of this name, or None. Its file is imported when first asked for."""
    found = _FOUND.get(name)
    if found is None and name in _FILES:
        file = import_module(f"convcli.ops.{_FILES[name]}")
        for value in vars(file).values():
            if isinstance(value, type) and issubclass(value, Operator) and value.name in _FILES:
                _FOUND.setdefault(value.name, value)
        found = _FOUND[name]
    return found


def operator(name: str) -> type[Operator]:
    """Return the operator of a name that is known to stand in the catalogue.

    Raises:
        KeyError: it does not.
    """
    found = find(name)
    if found is None:
        raise KeyError(name)
    return found


def find_lazy(name: str) -> type[Operator] | None:
    """Return the operator whose lazy form this name is (`LazyConv2d` of `Conv2d`), or None."""
    cls = find(name[len(LAZY) :]) if name.startswith(LAZY) else None
    has_lazy = cls is not None and cls.lazy and any(declared.inferred for declared in cls.arguments.values())
    return cls if has_lazy else None


_FOUND: dict[str, type[Operator]] = {}
