"""From a network to its roofline: what each layer moves and computes, its bound on a device, and the sums."""

from collections.abc import Sequence

from convcli.graph import Graph
from convcli.intensity import Device, Intensity, Roofline
from convcli.report import LayerReport, Uncounted
from convcli.roofline.traffic import traffic

MISSING = "bytes"
"""What `uncounted` calls the bytes of a layer that cannot be known."""


def bound(
    graph: Graph, rows: Sequence[LayerReport], dtype: str, device: Device | None, *, whole: bool
) -> tuple[list[Intensity], Roofline]:
    """Return what each layer moves and computes, and the sums; `whole` says that no layer is missing."""
    found: list[Intensity] = []
    read = written = operations = 0
    seconds = 0.0
    for moved, row in zip(traffic(graph, dtype), rows, strict=True):
        computes = None if row.macs is None or row.other_ops is None else 2 * row.macs + row.other_ops
        taken, made = moved or (None, None)
        one = Intensity(taken, made, computes).on(device)
        found.append(one)
        read += one.read_bytes or 0
        written += one.written_bytes or 0
        operations += one.operations or 0
        seconds += one.bound_seconds or 0
    overlapped = Intensity(read, written, operations).on(device)
    one_by_one = overlapped._replace(bound_seconds=seconds if device else None)
    bytes_known = whole and all(one.read_bytes is not None for one in found)
    operations_known = whole and all(one.operations is not None for one in found)
    return found, Roofline(device, one_by_one, overlapped, bytes_known, operations_known)


def unmoved(rows: Sequence[LayerReport]) -> tuple[Uncounted, ...]:
    """Return the operators whose bytes are not known, and where they stand."""
    missing: dict[str, list[str]] = {}
    for row in rows:
        if row.roofline is not None and row.roofline.read_bytes is None:
            missing.setdefault(row.op, []).append(row.name)
    return tuple(Uncounted(op, tuple(layers), (MISSING,)) for op, layers in missing.items())
