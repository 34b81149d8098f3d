"""What other work does to a pass: how long its threads waited for a core, and what else the system counts."""

import os
from typing import Any

from convcli.record import Record


class Counts(Record):
    """What the system has counted so far; None where it does not say."""

    wait_ns: int | None
    switches: int
    faults: int
    steal_ticks: int | None

    def since(self, before: "Counts") -> dict[str, Any]:
        """Return what came to it, by the names that a `Sample` has."""
        pairs = zip(self._fields, self, before, strict=True)
        return {name: None if None in (now, then) else now - then for name, now, then in pairs}


class Counters:
    """The counters of this process and its machine, read again and again."""

    def __init__(self, proc: str = "/proc") -> None:
        self.tasks = f"{proc}/self/task"
        self.opened: dict[str, int] = {}
        self.waits: dict[str, int] = {}
        self.stat = _opened(f"{proc}/stat")
        try:
            import resource
        except ImportError:  # another system than Unix
            self.usage: Any = None
        else:
            self.usage = lambda: resource.getrusage(resource.RUSAGE_SELF)

    def read(self) -> Counts:
        """Return the counts of now."""
        used = self.usage() if self.usage else None
        return Counts(
            self.waited(), used.ru_nivcsw if used else 0, used.ru_minflt if used else 0, self.stolen()
        )  # fmt: skip

    def waited(self) -> int | None:
        """Return for how long threads of this process were ready to run and had no core, all of them together.

        It is the second number of `schedstat`. A thread that is gone keeps what it had waited.
        """
        try:
            names = os.listdir(self.tasks)  # noqa: PTH208  read before and after each pass
        except OSError:
            return None
        for name in names:
            opened = self.opened.get(name)
            if opened is None:
                opened = _opened(f"{self.tasks}/{name}/schedstat")
                if opened is None:  # it has just ended, or the kernel counts nothing
                    continue
                self.opened[name] = opened
            try:
                self.waits[name] = int(os.pread(opened, 128, 0).split()[1])
            except (OSError, IndexError, ValueError):  # it has just ended, or the kernel counts nothing
                os.close(self.opened.pop(name))
        return sum(self.waits.values()) if self.waits else None

    def stolen(self) -> int | None:
        """Return the ticks that other guests of the machine have taken from all cores."""
        if self.stat is None:
            return None
        fields = os.pread(self.stat, 256, 0).split(b"\n", 1)[0].split()
        return int(fields[8]) if len(fields) > 8 else None


def _opened(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None
