"""Python models among what is checked: they are named, and never found below a folder."""

import sys
from collections.abc import Sequence
from pathlib import Path

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.python_name import is_python, python_name

QUESTION = ("CV040", "CV060", "CV061")
"""What is wrong with a question and no model: there is no torch, no such model, or it takes other arguments."""


def model_in(path: str | Path) -> str:
    """Return the file that a Python model is in; empty where it is no Python model.

    A path is none, whatever its name looks like.
    """
    named = python_name(path) if isinstance(path, str) and is_python(path) else None
    if named is None:
        return ""
    if named.is_file():
        return named.where
    module = sys.modules.get(named.where)
    found: str | None = getattr(module, "__file__", None)
    return found or named.where.replace(".", "/") + ".py"


def expect_files(models: Sequence[str], baseline: str) -> None:
    """Refuse a revision as the baseline of Python models: nothing of git is run.

    Raises:
        ConvcliError: it is one, and there are some.
    """
    if models and baseline.endswith(":"):
        message = f"`--baseline {baseline}` is a file's own in that revision, and `{models[0]}` is a Python model"
        help = "name another model as the baseline: `--baseline old.py:Net`"
        raise ConvcliError([Diagnostic("CV010", message, help=help)])
