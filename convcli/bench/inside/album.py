"""Where pictures and distributions go: grids as PNG files, and a log for TensorBoard."""

import ctypes
import os
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from convcli.bench.inside.events import histogram, log, picture
from convcli.bench.inside.pictures import grid
from convcli.bench.inside.png import png
from convcli.bench.inside.record import Figures, Row, Written
from convcli.diagnostics import ConvcliError, Diagnostic

EVENTS = "events.out.tfevents"
"""What the name of a log begins with; TensorBoard looks for it."""


class Album:
    """Collects pictures under names that are known before the network runs, and writes all of them in the end.

    Nothing that exists is overwritten unless `force` says so; a log is then written beside the old one.

    Raises:
        ConvcliError: something lies there already, or there is no place for a folder.
    """

    def __init__(
        self, torch: Any, names: list[tuple[str, str]], grids: Path | None, tensorboard: Path | None, *, force: bool
    ) -> None:
        self.torch, self.grids, self.tensorboard = torch, grids, tensorboard
        self.files = dict(zip(names, _file_names(names), strict=True))
        self.written = list[Written]()
        self.pages = dict[Path, bytes]()
        self.events = list[bytes]()
        if grids is not None:
            _expect_place(grids, [grids / name for name in self.files.values()], force=force)
        if tensorboard is not None:
            logs = sorted(tensorboard.glob(f"{EVENTS}*")) if tensorboard.is_dir() else []
            _expect_place(tensorboard, logs, force=force)

    def add(self, kind: str, layer: str, pictures: Any, total: int) -> None:
        """Keep pictures of bytes, `n x c x h x w`, of `total` that there are, as one grid."""
        made = grid(self.torch, pictures).contiguous()
        height, width, channels = made.shape
        page = png(ctypes.string_at(made.data_ptr(), made.numel()), height, width, channels)
        file, tag = None, f"{kind}/{layer}" if layer else kind
        if self.grids is not None:
            file = self.grids / self.files[kind, layer]
            self.pages[file] = page
        if self.tensorboard is not None:
            self.events.append(picture(tag, page, height, width, channels))
        shown, *shape = pictures.shape
        self.written.append(Written(kind, layer, shown, total, tuple(shape), None if file is None else str(file)))

    def distributions(self, rows: tuple[Row, ...]) -> None:
        """Keep the histograms of all layers."""
        for tag, found in tagged(rows):
            if self.tensorboard is not None and found is not None and found.counts:
                total, squares = (found.mean or 0.0) * found.finite, (found.norm or 0.0) ** 2
                self.events.append(histogram(tag, found.edges, found.counts, found.finite, total, squares))

    def write(self) -> Path | None:
        """Write all of it, and return the log.

        Raises:
            ConvcliError: a file cannot be written.
        """
        files, last = dict(self.pages), None
        if self.tensorboard is not None:
            now = time.time()
            last = next(path for at in count() if not (path := self.tensorboard / f"{EVENTS}.{int(now)}.{at}").exists())
            files[last] = log(self.events, now)
        for path, content in files.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                message = f"{path} cannot be written: {error.strerror or error}"
                raise ConvcliError([Diagnostic("CV009", message)]) from None
        return last


def tagged(rows: tuple[Row, ...]) -> Iterator[tuple[str, Figures | None]]:
    """Give all distributions with their names."""
    for row in rows:
        yield f"activations/{row.name}", row.values
        yield f"gradients/{row.name}", row.gradient
        for weight in row.weights:
            yield f"weights/{weight.name}", weight.values
            yield f"weight_gradients/{weight.name}", weight.gradient


def _file_names(names: list[tuple[str, str]]) -> list[str]:
    """Return a file's name for each picture; a layer's name may have signs that a file's has not."""
    made: list[str] = []
    for kind, layer in names:
        stem = "-".join([kind, re.sub(r"[^\w.]", "_", layer, flags=re.ASCII)[:100]]).rstrip("-")
        while f"{stem}.png" in made:
            stem += "_"
        made.append(f"{stem}.png")
    return made


def _expect_place(folder: Path, files: list[Path], *, force: bool) -> None:
    """Refuse a folder that cannot be made or written, and one that has such files."""
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists() or path.is_symlink())
    if not above.is_dir():
        raise ConvcliError([Diagnostic("CV051", f"{above} is no folder", help="name a folder")])
    if not os.access(above, os.W_OK | os.X_OK):
        raise ConvcliError([Diagnostic("CV009", f"{folder} cannot be written: {above} may not be written to")])
    taken = [path for path in files if path.exists() or path.is_symlink()]
    if taken and not force:
        what = f"{taken[0]} is there already" + (f", and {len(taken) - 1} more" if taken[1:] else "")
        raise ConvcliError([Diagnostic("CV051", what, help="name a fresh folder, or add `--force`")])
