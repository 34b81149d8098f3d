"""All conventions by name; a table is read when it is asked for."""

from functools import cache
from importlib import import_module

from convcli.conventions.record import Convention, Nothing, Rule, Unseen
from convcli.diagnostics import ConvcliError, Diagnostic, nearest

OURS = "macs"
"""Our own convention, which needs no table."""

FILES = {
    "torch": "torch_counter",
    "fvcore": "fvcore",
    "thop": "thop",
    "ptflops": "ptflops",
    "ptflops-aten": "ptflops_aten",
    "torchinfo": "torchinfo",
    "calflops": "calflops",
    "darknet": "darknet",
}
"""The file that has the table of each convention."""

NAMES = (OURS, *FILES)


@cache
def table(name: str) -> Convention:
    """Return the table of another tool's convention.

    Raises:
        ConvcliError: there is no such convention.
    """
    if name not in FILES:
        meant = nearest(name, FILES)
        help = (f"did you mean `{meant}`? " if meant else "") + f"the conventions are: {', '.join(NAMES)}"
        raise ConvcliError([Diagnostic("CV015", f"there is no convention `{name}`", help=help)])
    found: Convention = import_module(f"convcli.conventions.{FILES[name]}").TABLE
    return found


class Lookup:
    """A table by operator."""

    def __init__(self, convention: Convention) -> None:
        self.rules: dict[str, list[Rule]] = {}
        for rule in convention.counting:
            for op in rule.ops.split():
                self.rules.setdefault(op, []).append(rule)
        self.nothing: dict[str, Nothing] = {op: one for one in convention.silent for op in one.ops.split()}
        self.unseen: dict[str, Unseen] = {op: one for one in convention.unseen for op in one.ops.split()}
