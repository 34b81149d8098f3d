"""What the tests of other tools' formats share: a file is written, read and counted."""

from pathlib import Path
from typing import Any

import pytest

import convcli
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report


def counted(folder: Path, name: str, text: str, **options: Any) -> Report:
    """Write a file and profile it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return convcli.profile(str(path), **options)


def refused(folder: Path, name: str, text: str, **options: Any) -> Diagnostic:
    """Write a file that has one mistake, and return it."""
    with pytest.raises(ConvcliError) as caught:
        counted(folder, name, text, **options)
    (found,) = [one for one in caught.value.diagnostics if one.level == "error"]
    return found


def shapes(report: Report) -> dict[str, tuple[int, ...]]:
    """Return the shape of each layer's first result, without the batch."""
    return {layer.name: layer.output_shapes[0][1:] for layer in report.layers if layer.output_shapes}


def place(found: Diagnostic) -> tuple[int, str]:
    """Return the line that a mistake points at, and the text."""
    assert found.span is not None
    return found.span.line, found.span.text()
