"""What of a report is shown, and how."""

from convcli.record import Record


class View(Record):
    """What of a report is shown, and how."""

    columns: str | None = None
    depth: int | None = None
    sort: str | None = None
    top: int | None = None
