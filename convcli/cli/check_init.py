"""What `convcli check --init` shows; what it needs is imported when it is asked."""

from collections.abc import Callable
from typing import Any

from convcli.checking.init import Written
from convcli.cli.ended import Tidy
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.human import counted
from convcli.styled import NAME
from convcli.writers.simple_table import WRAP, Column, Heading, Table

SCHEMA = "convcli/init/1"


def show_init(work: Callable[[], list[Written]], wanted: Wanted, *read: str) -> None:
    """Write budgets, and say which files got some."""

    def tidied() -> Answer:
        with Tidy():
            return init_answer(work())

    show(SCHEMA, tidied, wanted, *read)


def init_answer(written: list[Written]) -> Answer:
    """Return which files got budgets, and which did not."""
    done = tuple((one.path, "; ".join(one.budgets)) for one in written if one.budgets)
    left = tuple((one.path, one.why) for one in written if not one.budgets)
    page: list[Any] = [Heading(f"{counted(len(done), 'file')} with new budgets, {len(left)} left as they are")]
    for rows, title in ((done, "budgets"), (left, "why not")):
        if rows:
            page.append(Table((Column("file", role=NAME), Column(title, WRAP)), rows))
    files = [{"path": one.path, "budgets": list(one.budgets), "why": one.why or None} for one in written]
    return tuple(page), {"files": files}
