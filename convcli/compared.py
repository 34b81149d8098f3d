"""The comparison as the library hands it out: the record, with ways to look at it."""

from collections.abc import Iterator
from typing import Any

from convcli.compare import record


class Comparison(record.Comparison):
    """All that differs between two networks; immutable.

    In a notebook it shows as tables; `print(comparison)` shows it too.

    Example:
        >>> import convcli
        >>> found = convcli.diff("resnet18", "resnet34")
        >>> found.to_dict()["totals"]["params"]["difference"]
        10108160
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return self.status != record.SAME

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as `--format json` writes it: plain dictionaries, lists and numbers."""
        from convcli.writers.json_diff import comparison_dict

        return comparison_dict(self)

    def __str__(self) -> str:
        from convcli.styled import text_of
        from convcli.writers.diff_table import diff_lines

        return "\n".join(map(text_of, diff_lines(self)))

    __repr__ = __str__

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        from convcli.writers.diff_table import diff_lines
        from convcli.writers.screen import STYLES

        for line in diff_lines(self, width=options.max_width):
            yield Text.assemble(*((text, STYLES[role]) for text, role in line), no_wrap=True)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
