"""All layers of Keras that are known, by their classes."""

from convcli.layer.syntax import Expression
from convcli.readers.keras import layers, products, sequences, windows
from convcli.readers.keras.layer import Layer
from convcli.readers.keras.layers import Make
from convcli.readers.trees import call, fitted, unknown

_AXES = ("1D", "2D", "3D")

MAKERS: dict[str, Make] = {
    **{f"Conv{axes}": windows.convolution for axes in _AXES},
    **{f"Convolution{axes}": windows.convolution for axes in _AXES},
    **{f"DepthwiseConv{axes}": windows.convolution for axes in _AXES},
    **{f"SeparableConv{axes}": windows.separable for axes in _AXES},
    **{f"SeparableConvolution{axes}": windows.separable for axes in _AXES},
    **{f"Conv{axes}Transpose": windows.transposed for axes in _AXES},
    **{f"{kind}Pooling{axes}": windows.pooling for axes in _AXES for kind in ("Max", "Average")},
    **{f"Global{kind}Pooling{axes}": windows.global_pooling for axes in _AXES for kind in ("Max", "Average")},
    **{f"ZeroPadding{axes}": layers.padding for axes in _AXES},
    **{f"Cropping{axes}": layers.padding for axes in _AXES},
    **{f"UpSampling{axes}": layers.upsampling for axes in _AXES},
    **{f"SpatialDropout{axes}": layers.dropout for axes in _AXES},
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), layers.dropout),
    **dict.fromkeys(("GaussianNoise", "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom",
                     "RandomTranslation", "RandomContrast", "RandomBrightness", "RandomShear", "RandomInvert",
                     "RandomSharpness", "RandomHue", "RandomSaturation", "RandomGrayscale", "RandomPosterization",
                     "RandomColorJitter", "RandomColorDegeneration", "RandomGaussianBlur", "RandomErasing",
                     "RandomPerspective", "RandomElasticTransform", "MixUp", "CutMix", "RandAugment", "AugMix",
                     "Identity", "Masking"), layers.nothing),
    **dict.fromkeys(("Rescaling", "ThresholdedReLU", "UnitNormalization"), layers.same_size),
    **dict.fromkeys(("CenterCrop", "RandomCrop"), layers.middle),
    **dict.fromkeys(sequences.GATES, sequences.recurrent),
    **{f"ConvLSTM{axes}": sequences.convolutional for axes in _AXES},
    "RNN": sequences.cells,
    "Bidirectional": sequences.bidirectional,
    "Embedding": sequences.embedding,
    "RepeatVector": sequences.repeated,
    "EinsumDense": products.einsum,
    "Normalization": layers.normalization,
    "RMSNormalization": layers.layer_norm,
    "Dense": layers.dense,
    "Activation": layers.active,
    "ReLU": layers.relu,
    "LeakyReLU": layers.leaky,
    "PReLU": layers.prelu,
    "ELU": layers.elu,
    "Softmax": layers.softmax,
    "BatchNormalization": layers.batch_norm,
    "SyncBatchNormalization": layers.batch_norm,
    "LayerNormalization": layers.layer_norm,
    "GroupNormalization": layers.group_norm,
    "LayerScale": layers.scaled,
    "StochasticDepth": layers.nothing,
    "Flatten": layers.flatten,
    "Reshape": layers.reshape,
    "Permute": layers.permute,
    "Resizing": layers.resizing,
}  # fmt: skip

MERGES = {"Add": "add", "Subtract": "sub", "Multiply": "mul", "Maximum": "maximum", "Minimum": "minimum"}


def merged(layer: Layer, tensors: list[Expression]) -> Expression | None:
    """Write where several tensors meet; None where a layer is none of these."""
    if layer.kind in MERGES:
        found, *others = tensors
        for other in others:
            found = call(MERGES[layer.kind], layer.at, found, other)
        return found
    if layer.kind == "Concatenate":
        axis = layer.config.get("axis", -1)
        return fitted(lambda *x: call("cat", layer.at, tensors, dim=layer.axis(axis, len(x[0]))), layer.at, *tensors)
    if layer.kind == "Average":
        return fitted(lambda *x: unknown("Average", x[0], macs=0, alike=True), layer.at, *tensors)
    if layer.kind == "CustomScaleLayer" and len(tensors) == 2:  # of Inception-ResNet, the second tensor is scaled
        return call("add", layer.at, tensors[0], call("mul", layer.at, tensors[1], layer.real("scale", 1.0)))
    return None
