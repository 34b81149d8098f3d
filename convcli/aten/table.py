"""Which of torch's operators is which of ours: a name a row, without overload and `_` at its end."""

from convcli.aten import arithmetic, shapes, weighted, windows
from convcli.aten.made import Translation

_ROWS: tuple[tuple[Translation, str], ...] = (
    (weighted.conv, "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution"),
    (weighted.conv, "_convolution"),
    (weighted.linear, "linear"),
    (weighted.bilinear, "bilinear"),
    (weighted.deformed, "deform_conv2d"),
    (weighted.batch_norm, "batch_norm native_batch_norm _native_batch_norm_legit_no_training"),
    (weighted.instance_norm, "instance_norm"),
    (weighted.layer_norm, "layer_norm native_layer_norm"),
    (weighted.rms_norm, "rms_norm"),
    (weighted.group_norm, "group_norm native_group_norm"),
    (weighted.embedding, "embedding"),
    (weighted.prelu, "prelu _prelu_kernel"),
    (windows.pool, "max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices avg_pool1d"),
    (windows.pool, "avg_pool2d avg_pool3d"),
    (windows.adaptive, "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d"),
    (windows.adaptive, "_adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"),
    (windows.resize, "upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d"),
    (windows.resize, "upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d _upsample_nearest_exact1d"),
    (windows.resize, "_upsample_nearest_exact2d _upsample_nearest_exact3d _upsample_bilinear2d_aa"),
    (windows.resize, "_upsample_bicubic2d_aa"),
    (windows.pad, "pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d"),
    (windows.pad, "replication_pad2d replication_pad3d"),
    (windows.blocks, "im2col col2im"),
    (shapes.same, "contiguous alias detach clone lift_fresh lift_fresh_copy to _to_copy type_as positive to_copy"),
    (shapes.reshape, "reshape view _unsafe_view view_as reshape_as _reshape_alias"),
    (shapes.expand, "expand expand_as broadcast_to"),
    (shapes.flatten, "flatten"),
    (shapes.squeeze, "squeeze"),
    (shapes.transposed, "t"),
    (shapes.section, "slice"),
    (shapes.select, "select"),
    (shapes.joined, "cat concat stack"),
    (shapes.swapped, "swapaxes swapdims"),
    (shapes.parted, "tensor_split hsplit vsplit dsplit"),
    (shapes.reordered, "movedim moveaxis"),
    (shapes.free, "hstack vstack dstack rot90 meshgrid diagonal"),
    (shapes.split, "split split_with_sizes unsafe_split unsafe_split_with_sizes"),
    (shapes.listed, "unsqueeze permute transpose roll flip repeat tile narrow chunk unbind pixel_shuffle"),
    (shapes.listed, "pixel_unshuffle unflatten"),
    (shapes.shuffled, "channel_shuffle native_channel_shuffle"),
    (arithmetic.sides, "add sub mul div pow maximum minimum true_divide divide subtract multiply rsub floor_divide"),
    (arithmetic.one, "relu relu6 leaky_relu rrelu hardtanh hardsigmoid hardswish hardshrink softshrink threshold"),
    (arithmetic.one, "elu celu selu gelu sigmoid log_sigmoid silu mish softplus tanh softmax _softmax"),
    (arithmetic.one, "_safe_softmax log_softmax _log_softmax glu neg abs square exp log sqrt rsqrt reciprocal sin"),
    (arithmetic.one, "cos"),
    (arithmetic.three, "addcmul addcdiv lerp"),
    (arithmetic.clamp, "clamp clip"),
    (arithmetic.bounded, "clamp_min clamp_max"),
    (arithmetic.dropout, "dropout"),
    (arithmetic.reduced, "mean sum amax amin var std argmax argmin"),
    (arithmetic.elementwise, "where masked_fill copy fill zero tril triu eq ne lt le gt ge logical_not"),
    (arithmetic.elementwise, "logical_and logical_or bitwise_not bitwise_and bitwise_or floor ceil round sign erf"),
    (arithmetic.elementwise, "log1p expm1 atan tan remainder acos acosh asin asinh atanh cosh sinh isinf isnan"),
    (arithmetic.elementwise, "logical_xor bitwise_xor"),
    (arithmetic.moved, "index update index_select gather as_strided unfold one_hot"),
    (arithmetic.moved, "view_as_complex view_as_real complex"),
    (arithmetic.uncounted, "grid_sampler grid_sampler_2d grid_sampler_3d roi_align roi_pool"),
    (arithmetic.uncounted, "_fft_r2c _fft_c2r _fft_c2c"),
    (arithmetic.affine_grid, "affine_grid_generator"),
    (arithmetic.counted, "cumsum max min linalg_vector_norm norm topk"),
    (arithmetic.matrices, "mm bmm matmul mv"),
    (arithmetic.fused, "addmm baddbmm"),
    (arithmetic.einsum, "einsum"),
    (arithmetic.dot, "dot vdot"),
    (arithmetic.weight_norm, "_weight_norm_interface"),
    (arithmetic.attention, "scaled_dot_product_attention"),
)


def _names(*functions: Translation) -> frozenset[str]:
    return frozenset(name for function, names in _ROWS if function in functions for name in names.split())


ELSEWHERE = frozenset(("deform_conv2d", "roi_align", "roi_pool"))
"""Those of other libraries; another library's `cumsum` may be anything."""
MOVES = _names(*(function for function, _ in _ROWS if function.__module__ == shapes.__name__))
"""Those that compute nothing, whatever their arguments are."""
MACLESS = _names(arithmetic.sides, arithmetic.one, arithmetic.reduced, arithmetic.clamp, arithmetic.uncounted)
"""Those that multiply and accumulate nothing, whatever their arguments are."""
PRODUCTS = _names(
    *(weighted.conv, weighted.deformed, weighted.linear),
    *(arithmetic.matrices, arithmetic.fused, arithmetic.einsum, arithmetic.attention),
)
"""Those that multiply and accumulate."""

TABLE: dict[str, Translation] = {name: function for function, names in _ROWS for name in names.split()}
