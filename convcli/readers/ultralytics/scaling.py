"""How the scale of a network changes its rows: the numbers of channels and of repeats, as expressions.

Channels are multiplied by `width` and rounded up to a multiple of 8, repeats by `depth`; both are variables, so that
`--set width=0.3` and `solve` work on them.
"""

from convcli.layer.syntax import At, Binary, Call, Constant, Expression, Name

HEAD = 32
"""Channels of a head of attention to a text."""


def channels(tree: Expression, at: At, most: str = "max_channels") -> Expression:
    """Return `ceil(min(tree, max_channels) * width / 8) * 8`."""
    least = _call("min", at, tree, Name(most, at))
    eighths = Binary("/", Binary("*", least, Name("width", at), at), Constant(8, at), at)
    return Binary("*", _call("ceil", at, eighths), Constant(8, at), at)


def repeats(times: int, at: At) -> Expression:
    """Return `max(round(times * depth), 1)`; what stands once is not multiplied."""
    if times == 1:
        return Constant(1, at)
    scaled = _call("round", at, Binary("*", Constant(times, at), Name("depth", at), at))
    return _call("max", at, scaled, Constant(1, at))


def attention_heads(tree: Expression, at: At) -> Expression:
    """Return `max(int(min(tree, max_channels // 2 // 32) * width), 1)`: heads of attention to a text."""
    most = Binary("//", Binary("//", Name("max_channels", at), Constant(2, at), at), Constant(HEAD, at), at)
    scaled = Binary("*", _call("min", at, tree, most), Name("width", at), at)
    return _call("max", at, _call("int", at, scaled), Constant(1, at))


def _call(name: str, at: At, *arguments: Expression) -> Call:
    return Call(Name(name, at), arguments, (), at)
