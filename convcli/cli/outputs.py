"""Where a check is written: standard output, and any number of files, each whole or not at all.

Files are opened before the work, so that a folder that is not there is said at once, and take the place
of what was there when all of it is written.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Optional

from convcli.cli import ci
from convcli.cli.output import SUFFIXES, is_read, put, would_overwrite
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.record import Record
from convcli.replacing import make_like

FORMATS = ("table", "json", "markdown", "csv", "sarif", "junit", "github", "gitlab", "auto")
ENDINGS = {**SUFFIXES, ".sarif": "sarif", ".xml": "junit"}


class Output(Record):
    """A format, and the file that it is written to; None is standard output."""

    format: str
    path: Optional[str] = None


def chosen_outputs(format: Optional[str], texts: Optional[Sequence[str]]) -> list[Output]:
    """Return what is wanted: `FORMAT=FILE` stands beside standard output, `FILE` alone in its place.

    Raises:
        ConvcliError: there is no such format, or a file's suffix does not tell it.
    """
    if format is not None:
        _known(format)
    alone = [text for text in texts or [] if _prefix(text) is None]
    if format is not None and len(alone) > 1:
        help = f"write `{format}=FILE` for what is to be {format}, and leave `--format` out"
        raise _wrong(f"`--format {format}` is for one file, and there are {len(alone)} without a format", help)
    files = [_file(text, format) for text in texts or []]
    return [*([] if alone else [Output(ci.chosen(format))]), *files]


def _prefix(text: str) -> Optional[str]:
    """Return the word in front of a file that names its format."""
    name, equals, _ = text.partition("=")
    return name if equals and name.isalpha() else None


def _file(text: str, format: Optional[str]) -> Output:
    if named := _prefix(text):
        _known(named, f"; for a file of this name write `./{text}`")
        return Output(ci.chosen(named), text.partition("=")[2])
    found = format or ENDINGS.get(Path(text).suffix.lower())
    if found is None:
        help = f"end it in {', '.join(ENDINGS)}, or write `FORMAT={text}`"
        raise _wrong(f"`{text}` does not tell its format", help)
    return Output(ci.chosen(found), text)


def _known(format: str, more: str = "") -> None:
    if format not in FORMATS:
        help = suggestion(format, FORMATS, f"the formats are: {', '.join(FORMATS)}{more}")
        raise _wrong(f"there is no format `{format}`", help)


class Targets:
    """Files to be written: begun beside their places, and put there by `write`; at the end of its block none is left.

    With `force` any file is replaced, whatever its suffix.

    Raises:
        ConvcliError: a file cannot be written, or is one that is read.
    """

    def __init__(self, outputs: Iterable[Output], read: Sequence[str], *, force: bool = False) -> None:
        self.force = force
        self.begun: list[tuple[Output, Path, Path | None]] = []
        try:
            for output in outputs:
                if output.path is not None:
                    self._begin(output, output.path, read)
        except ConvcliError:
            self.__exit__()
            raise

    def __enter__(self) -> "Targets":
        return self

    def __exit__(self, *_: object) -> None:
        for begun in [begun for _, _, begun in self.begun]:
            if begun is not None:
                begun.unlink(missing_ok=True)

    def _begin(self, output: Output, name: str, read: Sequence[str]) -> None:
        target = Path(os.path.realpath(name))
        if not name or target.is_dir():
            raise _wrong(f"`{name}` is a folder" if name else "an output without a file", "name a file")
        if any(target == other for _, other, _ in self.begun):
            raise _wrong(f"`{name}` would be written twice", "name another file")
        if not self.force and is_read(name, read):
            raise would_overwrite(name)
        if Path(name).exists() and not Path(name).is_file():  # a device or a pipe has no place to be put in
            self.begun.append((output, target, None))
            return
        begun = target.with_name(f".convcli-{os.getpid()}-{len(self.begun)}.tmp")
        try:
            if target.exists() and not os.access(target, os.W_OK):
                raise PermissionError(13, "Permission denied")
            begun.open("x").close()
        except OSError as error:
            raise _unwritable(name, error) from None
        self.begun.append((output, target, begun))

    def write(self, written: Callable[[str], Any]) -> None:
        """Write all files, then put them into their places; `written` gives the text of a format.

        Raises:
            ConvcliError: one could not be written; then all files are as they were, unless their folders
                are taken away meanwhile.
        """
        for output, target, begun in self.begun:
            name = str(output.path)
            try:
                with (begun or Path(name)).open("w", encoding="utf-8", errors="replace", newline="") as out:
                    put(written(output.format), out, color=False)
                if begun is not None:
                    make_like(begun, target)
            except BrokenPipeError:  # who reads it has seen enough
                pass
            except OSError as error:
                raise _unwritable(name, error) from None
        for output, target, begun in self.begun:
            try:
                if begun is not None:
                    begun.replace(target)
            except OSError as error:
                raise _unwritable(str(output.path), error) from None


def _unwritable(name: str, error: OSError) -> ConvcliError:
    return _wrong(f"{name} cannot be written: {error.strerror}", "")


def _wrong(message: str, help: str) -> ConvcliError:
    return ConvcliError([Diagnostic("CV009", message, help=help)])
