"""What the first version of Keras called layers and their options, in the words of later ones."""

from typing import Any

from convcli.readers.places_json import Object

KINDS = {
    "Deconvolution2D": "Conv2DTranspose", "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D",
    "TimeDistributedDense": "Dense",
}  # fmt: skip
OPTIONS = {
    "nb_filter": "filters", "subsample": "strides", "subsample_length": "strides", "filter_length": "kernel_size",
    "border_mode": "padding", "bias": "use_bias", "atrous_rate": "dilation_rate", "pool_length": "pool_size",
    "stride": "strides", "inner_activation": "recurrent_activation",
}  # fmt: skip
SEVERAL = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
"""Sides of a kernel, each an option of its own."""
WORDS = (
    "strides", "padding", "dilation_rate", "groups", "use_bias", "activation",
    "pool_size", "rate", "alpha", "epsilon", "center", "scale", "axis", "axes", "depth_multiplier",
    "negative_slope", "max_value", "size", "output_padding", "recurrent_activation",
    "return_sequences", "reset_after", "value_dim", "use_scale", "score_mode",
    "bias_axes", "attention_axes", "shared_axes", "merge_mode",
    "interpolation", "keepdims", "batch_shape", "batch_input_shape", "data_format", "output_shape",
)  # fmt: skip
"""Options that count here and need not be written, of all layers; one that is missing and needed is an error."""
MERGES = {"sum": "Add", "mul": "Multiply", "max": "Maximum", "ave": "Average", "concat": "Concatenate", "dot": "Dot"}


def channels_first(text: str) -> bool:
    """Say whether the layers of a file have their channels in front."""
    return '"channels_first"' in text or '"dim_ordering": "th"' in text or '"dim_ordering":"th"' in text


def modern(kind: str, config: Object) -> str:
    """Return what a layer is called now, and call its options so."""
    for old, new in OPTIONS.items():
        if old in config and new not in config:
            _add(config, new, config[old], old)
    for sides in SEVERAL:
        if sides[0] in config and "kernel_size" not in config:
            _add(config, "kernel_size", [config.get(side) for side in sides if side in config], sides[0])
    if kind != "Merge":
        return KINDS.get(kind, kind)
    if "concat_axis" in config:
        _add(config, "axis", config["concat_axis"], "concat_axis")
    if "dot_axes" in config:
        _add(config, "axes", config["dot_axes"], "dot_axes")
    return MERGES.get(str(config.get("mode")), kind)


def _add(config: Object, name: str, value: Any, place: str) -> None:
    config[name] = value
    config.places[name] = config.place(place)
