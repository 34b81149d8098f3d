"""What `convcli check --init` shows; what it needs is imported when it is asked."""

from collections.abc import Mapping
from typing import Any, Optional

from convcli.checking.init import Written
from convcli.cli import options
from convcli.cli.ended import Tidy
from convcli.cli.ops import Answer, show
from convcli.cli.output import Wanted
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.human import counted
from convcli.styled import NAME
from convcli.writers.simple_table import WRAP, Column, Heading, Table

SCHEMA = "convcli/init/1"


def show_init(
    paths: list[str], how: dict[str, Any], slack: Optional[str], wanted: Wanted, outputs: list[str],
    others: Mapping[str, object],
) -> None:  # fmt: skip
    """Write budgets, and say which files got some; `others` are options that do not go with that."""
    refused = _refused(outputs, [name for name, given in others.items() if given is not None])

    def work() -> Answer:
        from convcli import api
        from convcli.shapes import parse_inputs

        if refused:
            raise ConvcliError(refused)
        asked = how | {"input": parse_inputs(how["input"] or []) or None}
        with Tidy():
            return init_answer(api.check_init(*options.named(paths), slack="5%" if slack is None else slack, **asked))

    output = outputs[0] if outputs and not refused else None
    show(SCHEMA, work, wanted._replace(output=output), *paths, how["configuration"] or "")


def _refused(outputs: list[str], others: list[str]) -> list[Diagnostic]:
    help = "`--init` writes what each network and all its variants have: leave one of the two out"
    found = [Diagnostic("CV010", f"`{name}` has no meaning with `--init`", help=help) for name in others]
    if len(outputs) > 1:
        help = "name one file, its suffix tells the format"
        found.append(Diagnostic("CV010", f"`--init` has one output, and not {len(outputs)}", help=help))
    return found


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
