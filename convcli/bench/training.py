"""What torch's layers refuse in training alone, said with what to type."""

from collections.abc import Iterator
from contextlib import contextmanager

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Node

REFUSED = {
    "more than 1 value per channel": ("one value per channel", "take a larger batch: `--batch 2`"),
    "at least 2 dimensions in the input": ("a single dimension", "it drops channels: give the input some"),
}
"""Words of torch's message, what it is about, and what helps."""


@contextmanager
def refused_in_training(node: Node) -> Iterator[None]:
    """Say what to do where a layer cannot train on its input.

    Raises:
        ConvcliError: torch refuses that.
    """
    try:
        yield
    except (ValueError, RuntimeError) as error:
        known = [said for words, said in REFUSED.items() if words in str(error)]
        if not known:
            raise
        what, help = known[0]
        message = f"`{node.name}` cannot train on {what}"
        raise ConvcliError([Diagnostic("CV044", message, node.span, help=help)]) from None
