"""What an explanation of an error code is made of."""

from convcli.record import Record

FILE = "net.yaml"
"""What the network files of examples are called."""


class Example(Record):
    """A command line, the text of the network file that it reads, empty without one, and other files by name."""

    command: str
    file: str = ""
    beside: tuple[tuple[str, str], ...] = ()


class Explanation(Record):
    """What a code means; `wrong` is answered with this code and no other, `right` without a complaint.

    Only our own bugs (CV999) have no examples.
    """

    code: str
    title: str
    text: str
    wrong: Example | None
    right: Example | None


def shape(layers: str, input: str = "") -> Example:
    """Make an example of layers, with the size that flows in."""
    return Example(f"convcli shape '{layers}'" + (f" -i {input}" if input else ""))


def network(*lines: str, options: str = "") -> Example:
    """Make an example of the lines of a network file."""
    return Example(f"convcli profile {FILE} {options}".rstrip(), "\n".join(lines) + "\n")
