"""What a layer moves and computes, and what a device can: the records of arithmetic intensity and roofline."""

from collections.abc import Iterable

from convcli.record import Record

COMPUTE, MEMORY, BOTH = "compute", "memory", "both"
"""What bounds a layer; layers of a scope may differ."""


class Device(Record):
    """The ceilings of a device.

    Attributes:
        name: what it is called, "own" for figures that the user gives.
        precision: whose peak it is: "tf32", "bfloat16", ...; None where the user gives it.
        peak: operations a second.
        bandwidth: bytes a second, between the processor and its memory.
        source: where the figures stand.
    """

    name: str
    precision: str | None
    peak: float
    bandwidth: float
    source: str

    def ridge(self) -> float:
        """Return the operations a byte from which on the peak bounds, and no longer the memory."""
        return self.peak / self.bandwidth


class Intensity(Record):
    """What a layer, or several, must read, write and compute; None for what is not known.

    Attributes:
        read_bytes: inputs, parameters and running statistics, each once a layer.
        written_bytes: results.
        operations: 2 * MACs and all other arithmetic.
        bound_seconds: no run that does these operations and moves these bytes is faster; None without a device.
        bound_by: `COMPUTE`, `MEMORY`, `BOTH`; None where there is nothing to do, too.
    """

    __slots__ = ()

    read_bytes: int | None
    written_bytes: int | None
    operations: int | None
    bound_seconds: float | None = None
    bound_by: str | None = None

    def ratio(self) -> float | None:
        """Return the operations for each byte; None where one of them is not known, or nothing is moved."""
        if self.read_bytes is None or self.written_bytes is None or self.operations is None:
            return None
        moved = self.read_bytes + self.written_bytes
        return self.operations / moved if moved else None

    def on(self, device: Device | None) -> "Intensity":
        """Return the same with its bound on a device."""
        if device is None or self.read_bytes is None or self.written_bytes is None or self.operations is None:
            return self
        computing = self.operations / device.peak
        moving = (self.read_bytes + self.written_bytes) / device.bandwidth
        by = (COMPUTE if computing > moving else MEMORY) if computing or moving else None
        return self._replace(bound_seconds=max(computing, moving), bound_by=by)


class Roofline(Record):
    """The sums of a network.

    Attributes:
        device: whose bounds these are, None where no device was named.
        whole: the sums; `bound_seconds` is that of the layers one after another.
        overlapped: the same sums, bound as if all layers could overlap.
        bytes_known, operations_known: whether nothing is missing in the sums.
    """

    device: Device | None
    whole: Intensity
    overlapped: Intensity
    bytes_known: bool
    operations_known: bool


def together(parts: Iterable[Intensity | None]) -> Intensity | None:
    """Return the sums over layers, a sum None where a part of it is; None where nothing was asked for."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    seconds = [part.bound_seconds for part in found]
    causes = {part.bound_by for part in found} - {None}
    return Intensity(
        _sum([part.read_bytes for part in found]), _sum([part.written_bytes for part in found]),
        _sum([part.operations for part in found]), None if None in seconds else sum(filter(None, seconds)),
        causes.pop() if len(causes) == 1 else BOTH if causes else None,
    )  # fmt: skip


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
