"""The report as the library hands it out: the record, with ways to look at it."""

from collections.abc import Iterator
from typing import Any

from convcli import report


class Report(report.Report):
    """Everything that is known of a network; immutable.

    In a notebook it shows as a table; `rich.print(report)` and `print(report)` show it too.

    Example:
        >>> import convcli
        >>> report = convcli.profile("resnet18")
        >>> report.to_dict()["totals"]["params"]
        11689512
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as `--format json` writes it: plain dictionaries, lists and numbers."""
        from convcli.writers.json_report import report_dict

        return report_dict(self)

    def __str__(self) -> str:
        from convcli.styled import text_of
        from convcli.writers.table import table_lines

        return "\n".join(map(text_of, table_lines(self)))

    __repr__ = __str__

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        from convcli.writers.screen import STYLES
        from convcli.writers.table import table_lines
        from convcli.writers.view import View

        for line in table_lines(self, View(), options.max_width):
            yield Text.assemble(*((text, STYLES[role]) for text, role in line), no_wrap=True)

    def _repr_html_(self) -> str:
        from convcli.writers.html import html_table

        return html_table(self)
