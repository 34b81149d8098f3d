"""Which layers a pattern means: a name and all below it, or what `*`, `?` and `[...]` stand for."""

import re
from fnmatch import translate

from convcli.report import LayerReport, Report


def matching(report: Report, pattern: str) -> list[LayerReport]:
    """Return the layers that a pattern means, in order: `layer4` is all below it too, `*` is any text."""
    matches = re.compile(translate(pattern)).match
    inside = f"{pattern}."
    return [row for row in report.layers if row.name.startswith(inside) or matches(row.name)]
