"""Bytes, intensity and bounds in reports: the lines below a table, and the objects in JSON."""

from typing import Any

from convcli import human
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.intensity import Device, Intensity
from convcli.report import Report
from convcli.styled import DIM, NUMBER, Line, shorten

KEYS = ("read", "written", "intensity", "bound", "bound_by")
"""The keys of the columns."""

OF_A_DEVICE = ("bound", "bound_by")
"""Those that need a device."""

UNIT = "FLOP/B"


def check_device(keys: list[str], report: Report) -> None:
    """Refuse columns that need a device where there is none.

    Raises:
        ConvcliError: there is no device.
    """
    if report.roofline is None or report.roofline.device is None:
        expect_device(keys, run=report.timings is not None)


def expect_device(keys: list[str], *, run: bool) -> None:
    """Refuse columns that need a device, where none is named; a run has this machine's bounds.

    Raises:
        ConvcliError: there is such a column.
    """
    for key in ("bound_by",) if run else OF_A_DEVICE:
        if key in keys:
            help = "add `--device-spec h100-sxm`, or `--device-spec peak=989T,bandwidth=3.35TB/s`"
            raise ConvcliError([Diagnostic("CV017", f"the column `{key}` needs a device", help=help)])


def shown_ratio(one: Intensity | None) -> str:
    """Write the operations for each byte in a table's cell."""
    if one is None:
        return ""
    ratio = one.ratio()
    if ratio is not None:
        return human.decimals(ratio)
    return "?" if one.read_bytes is None or one.operations is None else ""


def ratio(one: Intensity | None) -> float | None:
    """Return the operations for each byte, None where there is no such number."""
    return one.ratio() if one else None


def roofline_lines(report: Report, width: int | None) -> list[Line]:
    """Return the sums, what they mean and whose ceilings bound them; nothing where nothing was asked for."""
    found = report.roofline
    if found is None:
        return []
    whole, at = found.whole, f"{report.dtype}, batch {report.batch}"
    least = ">= " * (not found.bytes_known)
    some = ">= " * (not (found.bytes_known and found.operations_known))
    ratio = "?" if some or whole.ratio() is None else f"{shown_ratio(whole)} {UNIT}"
    lines = [
        _line("read", least + human.bytes_(whole.read_bytes), f"inputs and weights, once a layer, {at}", width),
        _line("written", least + human.bytes_(whole.written_bytes), f"results, {at}", width),
        _line("intensity", ratio, "2 * MACs and other ops, for each byte read or written", width),
    ]
    if found.device is None:
        return lines
    apart, overlapped = (human.seconds(one.bound_seconds) for one in (whole, found.overlapped))
    return [
        *lines,
        _line("bound", some + apart, "a bound, not a prediction: layer after layer", width),
        _line("overlapped", some + overlapped, "a bound, not a prediction: as if all layers overlapped", width),
        _line("ridge", human.rate(found.device.ridge(), UNIT), "below it memory bounds, above it arithmetic", width),
        _line("device", found.device.name, _ceilings(found.device), width),
    ]


def _ceilings(device: Device) -> str:
    peak = human.rate(device.peak, "FLOP/s") + (f" {device.precision}" if device.precision else "")
    return f"{peak}, {human.rate(device.bandwidth, 'B/s')}; {device.source}"


def _line(label: str, value: str, words: str, width: int | None) -> Line:
    text = f"{label:<11}{value:>16}"
    room = len(words) if width is None else width - len(text) - 13
    return [(text, NUMBER), (f"           [{shorten(words, room)}]", DIM)]


def intensity_dict(one: Intensity) -> dict[str, Any]:
    """Return what a layer moves and computes, as a plain dictionary."""
    return {
        "read_bytes": one.read_bytes,
        "written_bytes": one.written_bytes,
        "operations": one.operations,
        "intensity": one.ratio(),
        "bound_seconds": one.bound_seconds,
        "bound_by": one.bound_by,
    }


def roofline_dict(report: Report) -> dict[str, Any] | None:
    """Return the sums as a plain dictionary, a sum null where a part of it is not known."""
    found = report.roofline
    if found is None:
        return None
    whole, device = found.whole, found.device
    bytes_known, known = found.bytes_known, found.bytes_known and found.operations_known
    return {
        "device": device and _device_dict(device),
        "read_bytes": whole.read_bytes if bytes_known else None,
        "written_bytes": whole.written_bytes if bytes_known else None,
        "operations": whole.operations if found.operations_known else None,
        "intensity": whole.ratio() if known else None,
        "bound_seconds": whole.bound_seconds if known else None,
        "overlapped_seconds": found.overlapped.bound_seconds if known else None,
        "at_least": {
            "read_bytes": whole.read_bytes,
            "written_bytes": whole.written_bytes,
            "operations": whole.operations,
            "bound_seconds": whole.bound_seconds,
            "overlapped_seconds": found.overlapped.bound_seconds,
        },
    }


def _device_dict(device: Device) -> dict[str, Any]:
    return {
        "name": device.name,
        "precision": device.precision,
        "peak_flops": device.peak,
        "bandwidth": device.bandwidth,
        "ridge": device.ridge(),
        "source": device.source,
    }
