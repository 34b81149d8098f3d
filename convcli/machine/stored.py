"""Ceilings and calibrations that are kept in a file, so that each machine is measured once.

The file is a cache: whatever is wrong with it, things are measured anew. What is not ours is never
overwritten, and neither is a file of ours that somebody has broken: it is said which one is in the way.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convcli.machine.ceilings import MATMUL
from convcli.machine.fitting import TERMS
from convcli.machine.key import Key
from convcli.replacing import write_whole
from convcli.timing import written
from convcli.timing.checked import Place, Unfit
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
    try:
        found = written.read_ceilings(Place(_entry(key).get(CEILINGS), CEILINGS))
    except Unfit:
        return None
    return found if _is_sound(found) else None


def _is_sound(found: Ceilings) -> bool:
    """Say whether ceilings can be used: none is missing, and none is 0."""
    points = (*found.bandwidth, *found.in_place)
    rates = [rate for kinds in found.flops.values() for rate in kinds.values()]
    complete = found.bandwidth and found.in_place and rates and all(MATMUL in kinds for kinds in found.flops.values())
    return bool(complete) and found.reason is None and all((found.threads, *rates, *(n for one in points for n in one)))


def read_calibration(key: Key, dtype: str, *, channels_last: bool) -> Calibration | None:
    """Return the calibration for a type and a layout; None where there is none that belongs to these ceilings."""
    slot = _slot(dtype, channels_last=channels_last)
    try:
        found = written.read_calibration(Place(_entry(key).get(CALIBRATIONS), CALIBRATIONS).get(slot))
    except Unfit:
        return None
    whole = all(len(terms) == TERMS for terms in found.coefficients.values())
    alike = (found.dtype, found.channels_last) == (dtype, channels_last)
    return found if whole and alike and found.reason is None else None


def keep_ceilings(key: Key, ceilings: Ceilings) -> str | None:
    """Keep ceilings, and forget the calibrations that were made with others; return why that cannot be done."""
    return _keep(key, lambda _: {CEILINGS: written.ceilings_dict(ceilings), CALIBRATIONS: {}})


def keep_calibration(key: Key, calibration: Calibration) -> str | None:
    """Keep a calibration beside the ceilings with which it was made; return why that cannot be done."""
    slot = _slot(calibration.dtype, channels_last=calibration.channels_last)
    made = written.calibration_dict(calibration)
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
        target = path()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, json.dumps({"schema": SCHEMA, MACHINES: kept}, indent=1) + "\n")
    except (OSError, RuntimeError) as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
