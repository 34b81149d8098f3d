"""Numbers for people: `1,814,073,344`, `1.81 G`, `44.6 MiB`."""

_THOUSANDS = ("", " k", " M", " G", " T", " P", " E")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def exact(value: int | None) -> str:
    """Write all digits, in groups; `?` for what is not known."""
    return "?" if value is None else f"{value:,}"


def counted(number: int, noun: str) -> str:
    """Write a number of things: `no arguments`, `1 argument`, `2 arguments`."""
    return f"{number:,} {noun}{'s' * (number != 1)}" if number else f"no {noun}s"


def short(value: int | None) -> str:
    """Write three or four digits and a unit of thousands: `9.41 k`, `118 M`; small numbers as they are."""
    if value is None:
        return "?"
    if abs(value) < 1000:
        return str(value)
    return _scaled(value, 1000, _THOUSANDS)


def bytes_(value: int | None) -> str:
    """Write a size in bytes with a binary unit."""
    if value is None:
        return "?"
    return f"{value} B" if abs(value) < 1024 else _scaled(value, 1024, tuple(f" {unit}" for unit in _BINARY))


def rate(value: float, unit: str) -> str:
    """Write a number a second, or a byte: `3.35 TB/s`, `17.3 FLOP/B`."""
    return (_scaled(value, 1000, _THOUSANDS) if abs(value) >= 1000 else f"{decimals(value)} ") + unit


def seconds(value: float | None) -> str:
    """Write a time with the unit that suits it."""
    if value is None:
        return "?"
    factor, unit = (1e6, "us") if value < 0.9995e-3 else (1e3, "ms") if value < 0.9995 else (1, "s")
    return f"{decimals(value * factor)} {unit}"


def percent(part: int | None, whole: int) -> str:
    """Write a share with one decimal."""
    if part is None:
        return "?"
    return f"{100 * part / whole:.1f}" if whole else "0.0"


def change(before: int, after: int) -> str:
    """Write a difference as a part of what there was: `+4.1 %`."""
    share = 100 * (after - before) / before
    if abs(share) < 0.005:
        return "< 0.01 %"
    return f"{share:+.1f} %" if abs(share) >= 0.095 else f"{share:+.2f} %"


def _scaled(value: float, base: int, units: tuple[str, ...]) -> str:
    step = 0
    while abs(value) >= base ** (step + 1) * 0.9995 and step < len(units) - 1:
        step += 1
    scaled = value * 1000 // base**step / 1000 if value > 2**53 else value / base**step
    return decimals(scaled) + units[step]


def decimals(value: float) -> str:
    """Write three digits, or all in front of the point."""
    size = abs(value)
    digits = 3 if size < 0.9995 else 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{value:.{digits}f}" if value else "0"


def show_list(shape: "tuple[int | None, ...] | None") -> str:
    """Write a weight's shape as torch shows it: `[64, 3, 7, 7]`."""
    return "?" if shape is None else f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def show_shape(shape: "tuple[int | None, ...] | None") -> str:
    """Write a shape as `1x64x56x56`, `?` for a size that is not known; a tensor without axes is `scalar`."""
    if shape is None:
        return "?"
    return "x".join("?" if size is None else str(size) for size in shape) or "scalar"
