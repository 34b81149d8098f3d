"""Where continuous integration runs us: which of them it is, where its repository begins, what it shows beside logs."""

import os
import sys
from pathlib import Path
from typing import Any, Optional

from convcli.cli.output import complain
from convcli.diagnostics import WARNING, Diagnostic

ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables in which GitHub and GitLab say where the repository lies."""


def chosen(format: Optional[str]) -> str:
    """Return the format that `auto` stands for, and the one where none is named.

    What GitHub reads is a log that people read too, and no named format is needed for it; what GitLab
    reads is JSON, and a file, which has to be asked for.
    """
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    if format is None:
        return "github" if on_github and not sys.stdout.isatty() else "table"
    if format != "auto":
        return format
    return "github" if on_github else "gitlab" if os.environ.get("GITLAB_CI") == "true" else "table"


def root() -> Path:
    """Return where paths in reports begin: at the repository's root, or here where there is none."""
    here = Path.cwd()
    for name in ROOTS:
        folder = os.environ.get(name)
        if folder and here.is_relative_to(os.path.realpath(folder)):
            return Path(os.path.realpath(folder))
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def summarize(found: Any, *, color: Optional[bool] = None) -> None:
    """Append a check to the summary of GitHub's job, if there is one; what goes wrong there changes no verdict."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from convcli.writers.github import ROOM, summary_markdown

    try:
        with Path(path).open("a", encoding="utf-8", errors="replace") as out:
            out.write(summary_markdown(found, ROOM - out.tell()))
    except OSError as error:
        message = f"the job's summary cannot be written: {error.strerror}"
        complain((Diagnostic("CV009", message, level=WARNING),), color=color)
