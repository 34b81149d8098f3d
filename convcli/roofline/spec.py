"""Devices as a user names them: `h100-sxm`, `peak=989T,bandwidth=3.35TB/s`, `h100-sxm,bandwidth=2.9TB/s`."""

import re
from collections.abc import Callable

from convcli.diagnostics import ConvcliError, Diagnostic, listed, nearest, suggestion
from convcli.human import rate
from convcli.intensity import Device
from convcli.roofline.devices import DEVICES, TF32, Entry
from convcli.shapes import in_units

OWN = "own"
THIS = "this"
"""The machine on which this runs; `this:cuda:1` is one of its GPUs."""

PEAK, BANDWIDTH = "peak", "bandwidth"
HELP = "write `peak=989T,bandwidth=3.35TB/s`: operations and bytes a second"
NOUNS = {PEAK: ("flop/s", "flops", "flop", "op/s"), BANDWIDTH: ("b/s", "bytes/s", "byte/s")}
"""What may stand behind a figure."""

LEAST = 10**6
"""Figures below this lack their letter."""
_BITS = re.compile(r"[kKmMgGtTpP]i?b")
POWERS = {sign: 1000**power for power, sign in enumerate(("", "k", "m", "g", "t", "p", "e"))}
BINARY = {f"{sign}i": 1024**power for power, sign in enumerate("kmgt", 1)}


def device_of(spec: str, dtype: str, measured: Callable[[str], Entry]) -> Device:
    """Return the ceilings of a device for networks of a type; `measured` returns those of this machine's.

    Raises:
        ConvcliError: there is no such device, a figure cannot be read or is missing, or the device
            has none for this type.
    """
    name, given = _parts(spec)
    if name is None:
        missing = [key for key in (PEAK, BANDWIDTH) if key not in given]
        if missing:
            raise _wrong(f"`{spec}` lacks the {missing[0]}", HELP)
        return Device(OWN, None, _figure(PEAK, given[PEAK]), _figure(BANDWIDTH, given[BANDWIDTH]), "your own figures")
    own_machine, _, device = name.partition(":")
    if own_machine != THIS and name not in DEVICES:
        raise _wrong(f"there is no device `{name}`", _meant(name))
    entry = measured(device or "cpu") if own_machine == THIS else DEVICES[name]
    precision, peak = _peak(name, entry, given.get(PEAK), dtype)
    bandwidth = _figure(BANDWIDTH, given[BANDWIDTH]) if BANDWIDTH in given else entry.bandwidth
    own = [key for key in (PEAK, BANDWIDTH) if key in given and (key == BANDWIDTH or precision is None)]
    source = f"{entry.source}; {' and '.join(own)} your own" if own else entry.source
    return Device(name, precision, peak, bandwidth, source)


def _parts(spec: str) -> tuple[str | None, dict[str, str]]:
    """Take a text apart: the device's name, if there is one, and the figures by name."""
    name: str | None = None
    given: dict[str, str] = {}
    for part in spec.split(","):
        key, equals, value = (text.strip() for text in part.partition("="))
        if not equals and name is None and not given:
            name = key.lower()
        elif not equals or key in given or key not in NOUNS:
            found = f"`{key}` is given twice" if key in given else f"`{part.strip()}` is no figure of a device"
            raise _wrong(found, suggestion(key, NOUNS, HELP))
        else:
            given[key] = value
    return name, given


def _peak(name: str, entry: Entry, wanted: str | None, dtype: str) -> tuple[str | None, float]:
    """Return whose peak it is, and the peak."""
    if wanted is not None and wanted not in entry.peaks and wanted[:1].isdigit():
        return None, _figure(PEAK, wanted)
    precision = wanted or (TF32 if dtype == "float32" and TF32 in entry.peaks else dtype)
    if precision not in entry.peaks:
        has = ", ".join(f"{kind} {rate(peak, 'FLOP/s')}" for kind, peak in entry.peaks.items())
        help = f"it has {has}; `--device-spec {name},peak=...` takes one of them, or a figure"
        raise ConvcliError([Diagnostic("CV018", f"{entry.title} has no peak for {precision}", help=help)])
    return precision, entry.peaks[precision]


def _figure(key: str, text: str) -> float:
    """Read a figure: a number, a letter for thousands, a unit that may be left out."""
    units = {"": 1} | {
        f"{sign}{noun}": factor
        for noun in ("", *NOUNS[key])
        for sign, factor in (POWERS | (BINARY if key == BANDWIDTH else {})).items()
    }
    if key == BANDWIDTH and _BITS.search(text):
        raise _wrong(f"`{text}` is in bits", "write bytes, with a large B: `3.35TB/s`")
    whole = in_units(text, units)
    if not whole:
        raise _wrong(f"`{text}` is no {key}", HELP)
    if whole < LEAST:
        raise _wrong(f"a {key} of {text} is less than any device has", f"a letter for thousands is missing: `{text}T`")
    return in_units(text, {unit: factor * 1000 for unit, factor in units.items()}) / 1000  # type: ignore[operator]


def _meant(name: str) -> str:
    """Return which devices may have been meant, and which there are."""
    begun = [one for one in DEVICES if one.startswith(name)] if name else []
    more = f"the devices are: {THIS}, {', '.join(DEVICES)}; for another one {HELP}"
    if begun and nearest(name, DEVICES) not in begun:
        return f"there are {listed(begun)}; for another one {HELP}"
    return suggestion(name, DEVICES, more)


def _wrong(message: str, help: str) -> ConvcliError:
    return ConvcliError([Diagnostic("CV017", message, help=help)])
