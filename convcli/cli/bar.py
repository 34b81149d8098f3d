"""A bar on standard error for what takes longer than a second; only a terminal sees it."""

import sys
import time

WAIT, OFTEN = 1.0, 0.1
"""Seconds before it is shown, and between two pictures of it."""
WIDTH = 24


class Bar:
    """Call it with how much is done, from 0 to 1; at the end of its block it is gone."""

    def __enter__(self) -> "Bar":
        self.next = time.monotonic() + WAIT
        self.shown = False
        return self

    def __call__(self, done: float) -> None:
        """Show how much is done."""
        now = time.monotonic()
        if now < self.next or not sys.stderr.isatty():
            return
        self.next, self.shown = now + OFTEN, True
        full = int(min(max(done, 0.0), 1.0) * WIDTH)
        sys.stderr.write(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {done:4.0%}")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r" + " " * (WIDTH + 8) + "\r")
            sys.stderr.flush()
