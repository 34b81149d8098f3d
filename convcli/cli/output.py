"""From an answer to the output: which format, which file, which exit code."""

import io
import sys
from collections.abc import Callable, Sequence
from typing import Any, Optional, TextIO

import typer

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.record import Record
from convcli.writers.view import View

GOOD, WRONG_QUESTION, OUR_BUG, INTERRUPTED = 0, 2, 70, 130

DISAGREEMENT = "CV057"
"""The code of a number that is not torch's: our bug, although it is reported in order."""

FORMATS = ("table", "json", "csv", "markdown")
SUFFIXES = {".json": "json", ".csv": "csv", ".md": "markdown", ".markdown": "markdown", ".txt": "table"}
OF_BYTES = ("read", "written", "intensity", "byte_s")
"""How the keys of columns begin that need the bytes which layers move."""
CONFIGURATIONS = (".toml", ".lock")
"""Suffixes of files that are read beside networks."""


class Wanted(Record):
    """How an answer is wanted."""

    format: Optional[str] = None
    output: Optional[str] = None
    color: Optional[bool] = None
    view: View = View()
    explain: bool = False

    def shows(self, *prefixes: str, always: tuple[str, ...] = ("json", "csv", "formulas")) -> bool:
        """Say whether numbers are written whose columns begin with one of some prefixes; what is `always` has all."""
        suffix = (self.output or "").rpartition(".")[2].lower()
        format = "formulas" if self.explain else self.format or SUFFIXES.get(f".{suffix}")
        named = f"{self.view.columns or ''},{self.view.sort or ''}".replace("+", "").split(",")
        return format in always or any(key.strip().startswith(prefixes) for key in named)


def answer(work: Callable[[], Any], wanted: Wanted, *read: str) -> None:
    """Do the work and print its report; after a mistake what is known of it, and say what is wrong.

    What is `read` is never overwritten.

    Raises:
        typer.Exit: with the exit code, if it is not 0.
    """
    report: Any = None
    errors: tuple[Diagnostic, ...] = ()
    format = "json" if wanted.format == "json" else "table"
    asked, wanted = wanted, wanted._replace(output=None)  # until it is clear that no network lies there
    try:
        format = chosen_format(asked, *read)
        wanted = asked
        report = work()
    except ConvcliError as error:
        errors, report = error.diagnostics, error.report
    findings = errors or (report.findings if report is not None else ())
    text = None
    try:
        text = _text(report, errors, format, wanted)
    except ConvcliError as error:  # a column that does not exist shows when the table is written
        findings = errors = (*errors, *error.diagnostics)
        text = _text(None, errors, format, wanted) if format == "json" else None
    if text is not None:
        _deliver(text, wanted)
    if findings:
        complain(findings, color=wanted.color)
    if errors:
        raise typer.Exit(exit_of(errors))


def exit_of(errors: Sequence[Diagnostic]) -> int:
    """Return the exit code of what is wrong."""
    return OUR_BUG if any(one.code == DISAGREEMENT for one in errors) else WRONG_QUESTION


def chosen_format(wanted: Wanted, *read: str) -> str:
    """Return the format: the one named, or that of the output file's suffix, or the table.

    Raises:
        ConvcliError: there is no such format, or the output would overwrite a file that is `read`.
    """
    if wanted.format is not None and wanted.format not in FORMATS:
        help = suggestion(wanted.format, FORMATS, f"the formats are: {', '.join(FORMATS)}")
        raise ConvcliError([Diagnostic("CV009", f"there is no format `{wanted.format}`", help=help)])
    if wanted.output is None:
        return wanted.format or "table"
    from pathlib import Path

    path = Path(wanted.output)
    if is_read(wanted.output, read):
        raise would_overwrite(wanted.output)
    format = wanted.format or SUFFIXES.get(path.suffix.lower())
    if format is None:
        help = f"end it in {', '.join(SUFFIXES)}, or say `--format`"
        raise ConvcliError([Diagnostic("CV009", f"`{wanted.output}` does not tell its format", help=help)])
    return format


def is_read(name: str, read: Sequence[str]) -> bool:
    """Say whether a file is one that is read, or has a suffix of those: a network uses others, a folder has many."""
    import os
    from pathlib import Path

    from convcli.readers import SUFFIXES as NETWORKS

    path = Path(os.path.realpath(name))
    if not path.is_file():
        return False
    return path.suffix.lower() in (*NETWORKS, *CONFIGURATIONS) or any(map(path.samefile, filter(os.path.exists, read)))


def would_overwrite(name: str) -> ConvcliError:
    """Return the error of an output that is a file that is read, by this command or by another one."""
    message = f"`{name}` would overwrite a file that is read"
    return ConvcliError([Diagnostic("CV009", message, help="name another file")])


def _text(report: Any, errors: tuple[Diagnostic, ...], format: str, wanted: Wanted) -> Any:
    """Return what is written: a text, or lines with roles, or None where there is nothing to show."""
    if format == "json":
        from convcli.writers.json_report import error_json, write_json

        if report is None:
            return error_json(errors)
        out = io.StringIO()
        write_json(report, out)
        return out.getvalue()
    if report is None or (errors and not report.layers):
        return None
    if report.versus is not None:
        return _reconciliation(report, format, wanted)
    if format in ("csv", "markdown"):
        from convcli.writers import text_tables

        out = io.StringIO()
        (text_tables.write_csv if format == "csv" else text_tables.write_markdown)(report, out, wanted.view)
        return out.getvalue()
    return _lines(report, wanted)


def _reconciliation(report: Any, format: str, wanted: Wanted) -> Any:
    from convcli.writers.screen import terminal_width
    from convcli.writers.simple_table import page_csv, page_lines, page_markdown
    from convcli.writers.versus import versus_page

    page = versus_page(report, report.versus, all_layers=format != "table")
    if format == "markdown":
        return page_markdown(page)
    if format == "csv":
        return page_csv(page)
    return page_lines(page, None if wanted.output else terminal_width(sys.stdout))


def _lines(report: Any, wanted: Wanted) -> Any:
    from convcli.writers.screen import terminal_width
    from convcli.writers.table import table_lines

    width = None if wanted.output else terminal_width(sys.stdout)
    if wanted.explain:
        from convcli.writers.formulas import formula_lines

        return formula_lines(report)
    alone = report.format == "layers" and len(report.layers) == 1 and wanted.view == View()
    if alone and not report.failed and report.roofline is None and report.timings is None:
        from convcli.writers.one_line import one_line

        return [one_line(report)]
    return table_lines(report, wanted.view, width)


def expect_folder(name: Optional[str]) -> None:
    """Refuse an output that cannot be written, before long work is done for it.

    Raises:
        ConvcliError: its folder does not exist, or nothing may be written there.
    """
    import os
    from pathlib import Path

    if name is None:
        return
    path = Path(name)
    there = path if path.exists() else path.parent
    if not path.parent.is_dir() or path.is_dir() or not os.access(there, os.W_OK):
        why = "it may not be written" if path.parent.is_dir() else "there is no such folder"
        raise ConvcliError([Diagnostic("CV009", f"{name} cannot be written: {why}")])


def _deliver(text: Any, wanted: Wanted) -> None:
    if wanted.output is None:
        put(text, sys.stdout, color=wanted.color)
        return
    from pathlib import Path

    try:
        with Path(wanted.output).open("w", encoding="utf-8", newline="") as out:
            put(text, out, color=False)
    except BrokenPipeError:  # it is a pipe, and who reads it has seen enough
        pass
    except OSError as error:
        complain((Diagnostic("CV009", f"{wanted.output} cannot be written: {error.strerror}"),), color=wanted.color)
        raise typer.Exit(WRONG_QUESTION) from None


def put(text: Any, out: TextIO, *, color: Optional[bool] = None) -> None:
    """Write a text, bytes, or lines with roles."""
    if isinstance(text, bytes):
        out.flush()
        out.buffer.write(text)
        return
    if isinstance(text, str):
        from convcli.writers.screen import write_text

        write_text(text, out)
        return
    from convcli.writers.screen import print_lines

    print_lines(text, out, color=color)


def complain(findings: tuple[Diagnostic, ...], *, color: Optional[bool] = None) -> None:
    """Write diagnostics to standard error."""
    from convcli.writers.diagnostics import diagnostic_lines
    from convcli.writers.screen import print_lines, terminal_width

    sys.stdout.flush()
    print_lines(diagnostic_lines(findings, width=terminal_width(sys.stderr)), sys.stderr, color=color)
