"""A comment that silences nothing: without a reason, with a rule that does not exist, or where nothing is to be said.

The last is only certain where the network is what the file says, and the file has no variants, for
one of which the comment may be meant; in a file that others use nobody knows.
"""

from collections.abc import Iterator, Sequence

from convcli.diagnostics import suggestion
from convcli.record import Record
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import CODES, OF_A_RUN, OFF, RULES
from convcli.rules.ignores import Ignore
from convcli.source import Span

EXAMPLE = "`# convcli: ignore[bias-before-norm] why it is fine`"


NO_CALL, NO_RULE, NO_REASON, UNKNOWN, IDLE = range(5)
"""What can be wrong with a comment."""


class Wrong(Record):
    """What is wrong with a comment, and where: at the comment itself, or at one of the rules' names."""

    span: Span
    kind: int
    ignore: Ignore


def find(case: Case) -> Iterator[tuple[int, Wrong]]:
    """Give what is wrong with the comments that silence rules."""
    ignores, written = case.ignores, case.written
    if ignores is None or written is None:
        return
    certain = written.untouched and not written.network.variants and case.graph.variant is None
    for at, ignore in enumerate(ignores.all):
        if ignore.word != "ignore":
            yield -1, Wrong(ignore.span, NO_CALL, ignore)
        elif not ignore.names or not ignore.closed:
            yield -1, Wrong(ignore.span, NO_RULE, ignore)
        elif not ignore.reason:
            yield -1, Wrong(ignore.span, NO_REASON, ignore)
        for name in ignore.names:
            if name.code is None:
                yield -1, Wrong(name.span, UNKNOWN, ignore)
            elif certain and ignore.counts and ignore.span.source is written.source():
                looked_at = case.levels.get(name.code, OFF) != OFF
                if looked_at and (at, name.code) not in ignores.used:
                    yield -1, Wrong(name.span, IDLE, ignore)


def say(_: Case, places: Sequence[tuple[int, Wrong]]) -> Said:
    """Say what is wrong, and what to type."""
    span, kind, ignore = places[0][1]
    if kind == NO_CALL:
        return Said(f"`convcli: {ignore.word}` means nothing in a comment", "", f"write {EXAMPLE}")
    if kind == NO_RULE:
        return Said("this comment names no rule in brackets", "", f"write {EXAMPLE}")
    if kind == NO_REASON:
        names = ", ".join(name.text for name in ignore.names)
        help = f"say why behind the brackets: `# convcli: ignore[{names}] exported with the bias`"
        return Said("a rule is not silenced without a reason", "", help)
    word = span.text()
    if kind == UNKNOWN:
        help = suggestion(word, CODES | OF_A_RUN) or f"the rules are: {', '.join(rule.slug for rule in RULES)}"
        return Said(f"there is no rule `{word}`", "", help)
    help = "leave it out; it counts on the lines of a layer, or of a block's call"
    if ignore.line.alone:
        help = "put the comment behind the layer, on its line; or leave it out"
    return Said(f"`{word}` has nothing to say here", "", help)
