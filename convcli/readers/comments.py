"""Comments of a YAML text: PyYAML skips them, and yet people say in them what is meant."""

from bisect import bisect_right

from convcli.source import Source, Span


def comments_of(source: Source, texts: list[tuple[int, int]]) -> tuple[Span, ...]:
    """Return each comment, from its `#` to the end of its line.

    `texts` are where quoted texts and blocks of text stand, in order of place: a `#` in one is no comment.
    """
    text, found = source.text, []
    at = text.find("#")
    while at >= 0:
        following = at + 1
        if at == 0 or text[at - 1] in " \t\r\n":
            before = bisect_right(texts, (at, at)) - 1
            if before >= 0 and at < texts[before][1]:
                following = texts[before][1]
            else:
                end = text.find("\n", at)
                following = len(text) if end < 0 else end
                found.append(Span(source, at, following))
        at = text.find("#", following)
    return tuple(found)
