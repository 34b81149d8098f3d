"""A bar on standard error for what takes longer than a second; only a terminal sees it."""

import sys
import time

WAIT, OFTEN = 1.0, 0.1
"""Seconds before it is shown, and between two pictures of it."""
WIDTH = 24
ROOM = 79
"""Characters of a line, at most."""


class Bar:
    """Call it with how much is done, from 0 to 1, and what is being done; at the end of its block it is gone."""

    def __enter__(self) -> "Bar":
        self.begun = time.monotonic()
        self.next = self.begun + WAIT
        self.shown = False
        return self

    def __call__(self, done: float, doing: str = "") -> None:
        """Show how much is done, what is being done, and how long the rest will take."""
        now = time.monotonic()
        if now < self.next or not sys.stderr.isatty():
            return
        self.next, self.shown = now + OFTEN, True
        full = int(min(max(done, 0.0), 1.0) * WIDTH)
        left = f", {(now - self.begun) * (1 - done) / done:.0f} s left" if doing and 0 < done < 1 else ""
        line = f"[{'#' * full}{'.' * (WIDTH - full)}] {done:4.0%}{left}  {doing}".rstrip()
        sys.stderr.write(f"\r{line:{ROOM}.{ROOM}}")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r" + " " * ROOM + "\r")
            sys.stderr.flush()
