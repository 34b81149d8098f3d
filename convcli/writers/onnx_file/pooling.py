"""Pools, in ONNX's words."""

from typing import Any

from convcli.quantity import Shape
from convcli.writers.onnx_file.builder import Row, Writing


def pool(w: Writing) -> None:
    """Write a pool that slides a window."""
    op: Any = w.op
    name = w.op.name.lower().replace("_", "")
    values: dict[str, Any] = {
        "kernel_shape": op.kernel(), "strides": op.steps(), "pads": [*op.pads()] * 2, "ceil_mode": int(op.ceil_mode),
    }  # fmt: skip
    if w.argument("return_indices") or w.argument("divisor_override"):
        w.refuse("its indices, or another divisor, have no word there")
    if name.startswith("max"):
        _on_batch(w, "MaxPool", {**values, "dilations": op.dilations()})
    elif name.startswith("avg"):
        _on_batch(w, "AveragePool", {**values, "count_include_pad": int(w.argument("count_include_pad"))})
    else:
        p = w.argument("norm_type")
        if p != int(p) or p < 1:
            w.refuse(f"a norm of p={p} has no word there")
        _on_batch(w, "LpPool", {**values, "p": int(p)})


def _on_batch(w: Writing, op: str, values: dict[str, Any]) -> None:
    """Write a node that takes a batch, with one in front where there is none."""
    if len(w.shape) == w.op.axes + 2:
        w.last(op, w.x, **values)
    else:
        w.last("Squeeze", w.one(op, w.one("Unsqueeze", w.x, w.ints(0)), **values), w.ints(0))


def adaptive(w: Writing) -> None:
    """Write an adaptive pool: over everything, by windows of one size, or window by window along each axis."""
    if w.argument("return_indices"):
        w.refuse("its indices have no word there")
    average = "avg" in w.op.name.lower()
    sizes, wanted = w.shape[-w.op.axes :], w.outputs[0][-w.op.axes :]
    if all(size == 1 for size in wanted) and len(w.shape) == w.op.axes + 2:
        w.last("GlobalAveragePool" if average else "GlobalMaxPool", w.x)
    elif all(size % out == 0 for size, out in zip(sizes, wanted, strict=True)):
        kernel = [size // out for size, out in zip(sizes, wanted, strict=True)]
        _on_batch(w, "AveragePool" if average else "MaxPool", {"kernel_shape": kernel, "strides": kernel})
    else:
        _window_by_window(w, sizes, wanted, average=average)


def _window_by_window(w: Writing, sizes: Shape, wanted: Shape, *, average: bool) -> None:
    if sum(wanted) > MOST_WINDOWS:
        w.refuse(f"its windows have several sizes, and there are more than {MOST_WINDOWS} of them")
    x = w.x
    for place, (size, out) in enumerate(zip(sizes, wanted, strict=True)):
        axis = len(w.shape) - len(sizes) + place
        parts = []
        for at in range(out):
            start, end = at * size // out, -(-(at + 1) * size // out)
            part = w.one("Slice", x, w.ints(start), w.ints(end), w.ints(axis))
            parts.append(w.one("ReduceMean" if average else "ReduceMax", part, w.ints(axis), keepdims=1))
        x = w.one("Concat", *parts, axis=axis)
    w.last("Identity", x)


MOST_WINDOWS = 64

ROWS: tuple[Row, ...] = (
    (pool, "MaxPool1d MaxPool2d MaxPool3d max_pool1d max_pool2d max_pool3d AvgPool1d AvgPool2d AvgPool3d avg_pool1d"),
    (pool, "avg_pool2d avg_pool3d LPPool1d LPPool2d LPPool3d lp_pool1d lp_pool2d lp_pool3d"),
    (adaptive, "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d"),
    (adaptive, "AdaptiveMaxPool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d"),
    (adaptive, "adaptive_max_pool2d adaptive_max_pool3d"),
)
