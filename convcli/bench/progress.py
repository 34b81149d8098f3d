"""How far a job has come, told now and then."""

from collections.abc import Callable
from typing import Any

EVERY = 0.1
"""Seconds between two events, at least."""


class Progress:
    """Tells the part that is done, and what is being done."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], clock: Callable[[], float]) -> None:
        self.tell, self.clock = tell, clock
        self.done = 0.0
        self.told: float | None = None

    def reach(self, done: float, doing: str) -> None:
        """Note that a part is done, from 0 to 1."""
        self.done = done
        self.doing(doing)

    def doing(self, what: str) -> None:
        """Say what is being done, unless something was said a moment ago."""
        now = self.clock()
        if self.told is None or now - self.told >= EVERY:
            self.told = now
            self.tell({"event": "progress", "done": self.done, "doing": what})
