"""A comment that silences nothing: without a reason, with a rule that does not exist, or where nothing is to be said.

The last is only certain where the network is what the file says, and the file has no variants, for
one of which the comment may be meant; in a file that others use nobody knows.
"""

from collections.abc import Iterator, Sequence

from convcli.diagnostics import suggestion
from convcli.record import Record
from convcli.rules.case import Case, Said
from convcli.rules.catalogue import CODES, OFF, RULES
from convcli.rules.ignores import Ignore, Ignores, Name
from convcli.source import Span

EXAMPLE = "`# convcli: ignore[bias-before-norm] why it is fine`"


class Wrong(Record):
    """What is wrong with a comment, and where."""

    span: Span
    said: Said


def find(case: Case) -> Iterator[tuple[int, Wrong]]:
    """Give what is wrong with the comments that silence rules."""
    ignores, written = case.ignores, case.written
    if ignores is None or written is None:
        return
    network = written.network
    certain = written.untouched and not network.variants and case.graph.variant is None
    for at, ignore in enumerate(ignores.all):
        yield from ((-1, wrong) for wrong in _misspelt(ignore))
        if certain and ignore.counts and ignore.span.source is written.source():
            idle = [name for name in ignore.names if _is_idle(case, ignores, at, name)]
            yield from ((-1, _says_nothing(ignore, name)) for name in idle)


def _misspelt(ignore: Ignore) -> Iterator[Wrong]:
    if ignore.word != "ignore":
        yield Wrong(ignore.span, Said(f"`convcli: {ignore.word}` means nothing in a comment", "", f"write {EXAMPLE}"))
    elif not ignore.names or not ignore.closed:
        yield Wrong(ignore.span, Said("this comment names no rule in brackets", "", f"write {EXAMPLE}"))
    elif not ignore.reason:
        written = ", ".join(name.text for name in ignore.names)
        help = f"say why behind the brackets: `# convcli: ignore[{written}] exported with the bias`"
        yield Wrong(ignore.span, Said("a rule is not silenced without a reason", "", help))
    for name in ignore.names:
        if name.code is None:
            help = suggestion(name.text, CODES) or f"the rules are: {', '.join(rule.slug for rule in RULES)}"
            yield Wrong(name.span, Said(f"there is no rule `{name.text}`", "", help))


def _is_idle(case: Case, ignores: Ignores, at: int, name: Name) -> bool:
    """Say whether a rule that was looked at has nothing to say where a comment silences it."""
    looked_at = name.code is not None and case.levels.get(name.code, OFF) != OFF
    return looked_at and (at, name.code) not in ignores.used


def _says_nothing(ignore: Ignore, name: Name) -> Wrong:
    message = f"`{name.text}` has nothing to say here"
    if ignore.line.alone:
        return Wrong(name.span, Said(message, "", "put the comment behind the layer, on its line; or leave it out"))
    return Wrong(name.span, Said(message, "", "leave it out; it counts on the lines of a layer, or of a block's call"))


def say(_: Case, places: Sequence[tuple[int, Wrong]]) -> Said:
    """Say what is wrong."""
    return places[0][1].said
