"""Errors in other people's code: what was raised, and the last place in their own files."""

import linecache
import os
import sys
from pathlib import Path
from types import TracebackType

from convcli.diagnostics import Diagnostic
from convcli.readers.files import relative
from convcli.source import Source, Span

_OURS = f"{Path(__file__).parent.parent}{os.sep}"
LEAVES = (
    "the code ends the program, as argparse does for a command line that it does not know; it is given none: put what "
    "is a program under `if __name__ == '__main__':`"
)


def blamed(error: BaseException, doing: str, torch: object) -> Diagnostic:
    """Make one complaint of an error in a model's code."""
    place = _place(error, torch)
    said = said_by(error)
    help = _help(said, torch, Path(place[0]) if place else Path())
    if isinstance(error, SystemExit) and not help:
        help = LEAVES
    return Diagnostic("CV062", f"{said[:400]}, {doing}", _span(*place) if place else None, help=help, cause=error)


def place_of(error: BaseException, torch: object) -> Span | None:
    """Return where an error was raised, the last place in files of the user's; None where there is none."""
    place = _place(error, torch)
    return _span(*place) if place else None


def said_by(error: BaseException) -> str:
    """Return the first line of what an error says, with its class in front."""
    text = error.msg if isinstance(error, SyntaxError) and error.filename else _text(error)
    return f"{type(error).__name__}: {text}".strip().split("\n")[0].rstrip(": ")


def _place(error: BaseException, torch: object) -> tuple[str, int] | None:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    return _last(error.__traceback__, Path(str(getattr(torch, "__file__", ""))).parent)


def _text(error: BaseException) -> str:
    """Return what an error says; its own code may fail in that too."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # whatever it does
        return ""


def _help(said: str, torch: object, file: Path) -> str:
    """Say what to do where an installation is at fault, or how a file is named."""
    if "attempted relative import" in said:
        name = f"{file.parent.name}.{file.stem}:Net"
        return (
            f"a file by its path is no part of a package: name it `{name}`, from the folder above `{file.parent.name}`"
        )
    if "operator torchvision::" not in said or "does not exist" not in said:
        return ""
    version = getattr(torch, "__version__", "")
    return (
        f"the installed torchvision was not compiled for torch {version}: install the two that belong together, from "
        "one place: `pip install --force-reinstall torch torchvision`, with one --index-url for both"
    )


def _last(trace: TracebackType | None, torch: Path) -> tuple[str, int] | None:
    """Return the last place that is neither torch's nor Python's own nor ours; of installed ones the last anyway."""
    installed: tuple[str, int] | None = None
    own: tuple[str, int] | None = None
    while trace is not None:
        file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
        if file.startswith(("<", _OURS, f"{torch}{os.sep}")):
            continue
        if "site-packages" in file or file.startswith(str(Path(sys.base_prefix) / "lib")):
            installed = (file, line)
        else:
            own = (file, line)
    return own or installed


def _span(file: str, line: int) -> Span | None:
    linecache.checkcache(file)  # somebody may have changed it since another error
    lines = linecache.getlines(file)
    if not 0 < line <= len(lines):
        return None
    source = Source(relative(Path(file)), "".join(lines))
    start = sum(map(len, lines[: line - 1])) + len(lines[line - 1]) - len(lines[line - 1].lstrip())
    return Span(source, start, start + max(len(lines[line - 1].strip()), 1))
