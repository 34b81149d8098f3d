"""`convcli diff old.json new.json`: the times of two reports that were kept."""

from typing import TYPE_CHECKING

from convcli.cli.output import Wanted

if TYPE_CHECKING:
    from convcli.cli.ops import Answer

SUFFIX = ".json"
SCHEMA = "convcli/times/1"


def are_stored(before: str, after: str) -> bool:
    """Say whether both are reports that were kept, and no networks of tools whose files end so too."""
    if not (before.lower().endswith(SUFFIX) and after.lower().endswith(SUFFIX)):
        return False
    from convcli.readers.formats import is_of_others

    return not (is_of_others(before) or is_of_others(after))


def show_stored(before: str, after: str, wanted: Wanted, max_size: int | None) -> None:
    """Print what became of the time between two runs.

    Raises:
        typer.Exit: one of them is no such report, or they cannot be compared.
    """
    from convcli.cli.ops import show
    from convcli.comparing import diff_times

    def work() -> "Answer":
        from convcli.writers.json_pair import pair_dict
        from convcli.writers.pair_times import pair_page

        found = diff_times(before, after, max_size=max_size)
        return pair_page(found), {"before": before, "after": after, "times": pair_dict(found)}

    show(SCHEMA, work, wanted, before, after)
