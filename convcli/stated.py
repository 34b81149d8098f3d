"""What a file of another tool says of its input, held against `-i`: channels, and how many axes lie behind them."""

from collections.abc import Mapping

from convcli.blocks import Network, Stated
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.human import show_shape
from convcli.quantity import Shape

SIDES = {1: 1024, 2: 224, 3: 96}
"""Usual sizes of a side, by the number of axes."""
USUAL = Stated(3, 2, None)


def stated(network: Network, variant: str | None) -> Stated | None:
    """Return what a file says of the input of a variant; None where it says nothing."""
    return network.stated.get(variant or network.chosen or "", network.stated.get(""))


def no_size(network: Network, variant: str | None) -> Diagnostic:
    """Say that the size of the input is not known, with one that may be meant."""
    size = _example(stated(network, variant) or USUAL)
    help = f"give one: `-i {show_shape(size)}`"
    help += f", or `input: {list(size)}` in the file" if network.format == "yaml" else ""
    return Diagnostic("CV007", f"{network.source} has no input size", help=help)


def expect_stated(network: Network, sizes: Mapping[str, Shape], variant: str | None, *, batched: bool | None) -> None:
    """Refuse a size that a file contradicts.

    Raises:
        ConvcliError: it does.
    """
    wanted = stated(network, variant)
    name = network.inputs[0].name if network.inputs else ""
    given = sizes.get(name, sizes.get(""))
    if wanted is None or given is None:
        return
    bare = len(given) == wanted.axes + 1 if batched is None else not batched
    size = given if bare else given[1:]
    if len(size) == wanted.axes + 1 and size[0] == wanted.channels:
        return
    channels = f"{wanted.channels} channel{'s' * (wanted.channels != 1)}"
    begin = "channels come first here"
    if len(size) != wanted.axes + 1:
        begin = "for example"
        what, instead = f"{channels} and {wanted.axes} axes behind them", _example(wanted)
    elif size[-1] == wanted.channels:
        what, instead = channels, (size[-1], *size[:-1])
    else:
        what, instead = channels, (wanted.channels, *size[1:])
    help = f"{begin}: `-i {show_shape(instead)}`"
    raise ConvcliError(
        [Diagnostic("CV194", f"the file says {what}, found {show_shape(given)}", wanted.span, help=help)]
    )


def _example(wanted: Stated) -> Shape:
    return (wanted.channels, *[SIDES.get(wanted.axes, 64)] * wanted.axes)
