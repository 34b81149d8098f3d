"""What ceilings belong to: a machine, a version of torch, threads and settings."""

from convcli.record import Record


class Key(Record):
    """What ceilings belong to, known without importing torch.

    Attributes:
        device: as torch calls it.
        hardware: the processor's name.
        cores: how many this process may use.
        torch: the version.
        threads: as they were asked for; None for torch's own number.
        environment: variables that change how fast torch is, with their values.
    """

    device: str
    hardware: str
    cores: int
    torch: str
    threads: int | None
    environment: tuple[str, ...]

    def text(self) -> str:
        """Write it in a line."""
        threads = "torch's own" if self.threads is None else self.threads
        parts = [self.device, self.hardware, f"{self.cores} cores", f"torch {self.torch}", f"{threads} threads"]
        return "; ".join([*parts, *self.environment])
