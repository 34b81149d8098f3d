"""Blocks that are convcli's own text: what stands in it is shown where the user called it."""

from convcli.diagnostics import Diagnostic
from convcli.source import Source, Span

Place = tuple[Span | None, tuple[Span, ...]]


def own_place(span: Span | None, via: tuple[Span, ...], library: Source) -> Place:
    """Return the first place that is not in the library, and the calls that led there."""
    places = [place for place in (span, *via) if place is not None and place.source is not library]
    return (places[0] if places else None), tuple(places[1:])


def own_words(found: Diagnostic, library: Source) -> Diagnostic:
    """Show a complaint at the user's call; what it is about stands beside it."""
    if found.span is None or found.span.source is not library:
        return found
    span, via = own_place(found.span, found.via, library)
    inner = found.span.text().split("\n")[0]
    return found._replace(span=span, via=via, label=f"in its `{inner}`" + f": {found.label}" * bool(found.label))
