"""Ceilings and calibrations that are kept in a file, so that each machine is measured once.

The file is a cache: whatever is wrong with it, things are measured anew. What is not ours is never
overwritten, and neither is a file of ours that somebody has broken: it is said which one is in the way.
"""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convcli.machine.key import Key
from convcli.timing.record import Calibration, Ceilings

SCHEMA = "convcli/ceilings/1"
MACHINES, CEILINGS, CALIBRATIONS = "machines", "ceilings", "calibrations"

LARGEST = 2**20
"""Bytes of a file that is read."""

MOST = 50
"""Machines that are kept; those that were measured first are forgotten first."""


def path() -> Path:
    """Return where the file is, as the XDG Base Directory Specification says."""
    found = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(found) if found and Path(found).is_absolute() else Path.home() / ".cache"
    return base / "convcli" / "ceilings.json"


def read_ceilings(key: Key) -> Ceilings | None:
    """Return what was measured before; None where nothing was, or nothing that can be read."""
    return ceilings_from(_entry(key).get(CEILINGS))


def read_calibration(key: Key, dtype: str, *, channels_last: bool) -> Calibration | None:
    """Return the calibration for a type and a layout; None where there is none that belongs to these ceilings."""
    return calibration_from(_dict(_entry(key).get(CALIBRATIONS)).get(_slot(dtype, channels_last=channels_last)))


def keep_ceilings(key: Key, ceilings: Ceilings) -> str | None:
    """Keep ceilings, and forget the calibrations that were made with others; return why that cannot be done."""
    return _keep(key, lambda _: {CEILINGS: ceilings_dict(ceilings), CALIBRATIONS: {}})


def keep_calibration(key: Key, calibration: Calibration) -> str | None:
    """Keep a calibration beside the ceilings with which it was made; return why that cannot be done."""
    slot = _slot(calibration.dtype, channels_last=calibration.channels_last)
    made = calibration_dict(calibration)
    return _keep(key, lambda entry: {**entry, CALIBRATIONS: {**_dict(entry.get(CALIBRATIONS)), slot: made}})


def _slot(dtype: str, *, channels_last: bool) -> str:
    return f"{dtype}, channels {'last' if channels_last else 'first'}"


def _entry(key: Key) -> dict[str, Any]:
    found = _read()
    return _dict(_dict(found.get(MACHINES)).get(key.text())) if isinstance(found, dict) else {}


def _read() -> dict[str, Any] | str | None:
    """Return what the file holds, None where there is none, or why it is not ours."""
    try:
        with path().open("rb") as file:
            text = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as error:  # no home, no permission, a folder
        return f"{_reason(error)}"
    if len(text) > LARGEST:
        return "it is larger than what we write"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "it is not what we write"
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else "it is not what we write"


def _keep(key: Key, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str | None:
    found = _read()
    if isinstance(found, str):
        return found
    machines = dict(_dict((found or {}).get(MACHINES)))
    machines[key.text()] = change(_dict(machines.pop(key.text(), None)))
    kept = dict(list(machines.items())[-MOST:])
    try:
        _replace(json.dumps({"schema": SCHEMA, MACHINES: kept}, indent=1) + "\n")
    except (OSError, RuntimeError) as error:
        return _reason(error)
    return None


def _replace(text: str) -> None:
    """Write the file as a whole, or not at all: a reader sees the old one or the new one."""
    from tempfile import NamedTemporaryFile

    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=target.parent, suffix=".json", delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.close()
            Path(file.name).replace(target)
        except OSError:
            Path(file.name).unlink()
            raise


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


# ---- records as they are written


def ceilings_dict(ceilings: Ceilings) -> dict[str, Any]:
    """Return ceilings as a plain dictionary."""
    return ceilings.as_dict() | {"bandwidth": [list(point) for point in ceilings.bandwidth]}


def ceilings_from(found: Any) -> Ceilings | None:
    """Return ceilings from what was written; None where a part is missing, or is no number that can be."""
    fields = _dict(found)
    try:
        flops = {dtype: _numbers(kinds) for dtype, kinds in fields["flops"].items()}
        points = tuple((int(_positive(size)), _positive(rate)) for size, rate in fields["bandwidth"])
        made = Ceilings(
            _text(fields["device"]), _text(fields["hardware"]), _text(fields["torch"]), int(fields["threads"]),
            {_text(name): _text(value) for name, value in fields["flags"].items()}, flops, points,
            _numbers(fields["dispatch"]), _positive(fields["measured_at"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    complete = bool(points) and list(points) == sorted(points) and bool(flops)
    return made if complete and all("matmul" in kinds for kinds in flops.values()) else None


def calibration_dict(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as a plain dictionary."""
    kinds = {kind: list(found) for kind, found in calibration.coefficients.items()}
    return calibration.as_dict() | {"coefficients": kinds}


def calibration_from(found: Any) -> Calibration | None:
    """Return a calibration from what was written; None where it cannot be one."""
    fields = _dict(found)
    try:
        kinds = {
            _text(kind): tuple(_positive(one, least=0.0) for one in terms)
            for kind, terms in fields["coefficients"].items()
        }
        made = Calibration(
            _text(fields["dtype"]), bool(fields["channels_last"]), kinds, _positive(fields["measured_at"])
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    return made if kinds and {len(terms) for terms in kinds.values()} == {TERMS} else None


TERMS = 5
"""How many coefficients a kind has."""


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _numbers(found: Any) -> dict[str, float]:
    return {_text(name): _positive(value) for name, value in found.items()}


def _positive(value: Any, least: float = 5e-324) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
