"""A machine's ceilings and its calibration as they are written: in a report, and where they are kept."""

from collections.abc import Callable, Mapping
from typing import Any

from convcli.timing.checked import Place
from convcli.timing.record import Calibration, Ceilings


def ceilings_dict(ceilings: Ceilings) -> dict[str, Any]:
    """Return ceilings as a plain dictionary."""
    return {
        "device": ceilings.device,
        "hardware": ceilings.hardware,
        "torch": ceilings.torch,
        "threads": ceilings.threads,
        "flags": dict(ceilings.flags),
        "flops": {dtype: dict(kinds) for dtype, kinds in ceilings.flops.items()},
        "bandwidth": _points_dict(ceilings.bandwidth),
        "in_place": _points_dict(ceilings.in_place),
        "dispatch": dict(ceilings.dispatch),
        "measured_at": ceilings.measured_at,
        "reason": ceilings.reason,
    }


def read_ceilings(place: Place) -> Ceilings:
    """Read ceilings.

    Raises:
        Unfit: something in it cannot be.
    """
    flops = by_name(place.get("flops"), lambda kinds: by_name(kinds, Place.number))
    return Ceilings(
        place.get("device").text(), place.get("hardware").text(), place.get("torch").text(),
        place.get("threads").whole(), by_name(place.get("flags"), Place.text), flops,
        _points(place, "bandwidth"), _points(place, "in_place"),
        by_name(place.get("dispatch"), Place.number), place.get("measured_at").number(),
        place.get("reason").maybe(Place.text),
    )  # fmt: skip


def _points_dict(points: tuple[tuple[int, float], ...]) -> list[dict[str, float]]:
    return [{"bytes": size, "bytes_per_second": speed} for size, speed in points]


def _points(place: Place, name: str) -> tuple[tuple[int, float], ...]:
    points = [(one.get("bytes").whole(), one.get("bytes_per_second").number()) for one in place.items(name)]
    return tuple(sorted(points))


def calibration_dict(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as a plain dictionary."""
    return {
        "dtype": calibration.dtype,
        "channels_last": calibration.channels_last,
        "coefficients": {kind: list(found) for kind, found in calibration.coefficients.items()},
        "measured_at": calibration.measured_at,
        "reason": calibration.reason,
    }


def read_calibration(place: Place) -> Calibration:
    """Read a calibration.

    Raises:
        Unfit: something in it cannot be.
    """
    kinds = by_name(place.get("coefficients"), lambda terms: tuple(one.number() for one in terms.each()))
    return Calibration(
        place.get("dtype").text(), place.get("channels_last").flag(), kinds, place.get("measured_at").number(),
        place.get("reason").maybe(Place.text),
    )  # fmt: skip


def by_name(place: Place, read: Callable[[Place], Any]) -> Mapping[str, Any]:
    """Read an object whose fields are of one kind."""
    return {name: read(place.get(name)) for name in place.fields()}
