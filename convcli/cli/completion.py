"""What the shell proposes where the user presses Tab: networks, files, variants, variables, columns, codes.

Each function is called by Typer with what is known of the command so far and the word that was
begun. Nothing here may fail or say anything: a wrong command line is complained of when it is run.
"""

from collections.abc import Iterable
from typing import Any

from convcli.diagnostics import ConvcliError


def model(incomplete: str) -> list[str]:
    """Propose bundled networks, files of networks, folders on the way to them, and what a Python file has."""
    from pathlib import Path

    from convcli.readers import KERAS, SUFFIXES
    from convcli.readers.binary import BINARY
    from convcli.readers.bundled import bundled_names
    from convcli.readers.formats import FORMATS
    from convcli.readers.python_file import names_in

    file, colon, _ = incomplete.rpartition(":")
    if colon and file.endswith(".py"):
        return _beginning([f"{file}:{name}" for name in names_in(Path(file))], incomplete)
    head = incomplete[: incomplete.rfind("/") + 1]
    try:
        entries = sorted(Path(head or ".").iterdir())
    except OSError:
        entries = []
    paths = [f"{head}{path.name}/" if path.is_dir() else f"{head}{path.name}" for path in entries]
    of_others = [suffix for format in FORMATS for suffix in format.suffixes if suffix not in (".txt", ".log")]
    wanted = ("/", *SUFFIXES, *(f".{name}" for name in BINARY), KERAS, ".py", *of_others)
    files = [path for path in paths if path.endswith(wanted) and not path[len(head) :].startswith(".")]
    return _beginning([*bundled_names(), *files], incomplete)


def revision(incomplete: str) -> list[str]:
    """Propose what a network may be, and the network files of a revision behind `REV:`."""
    from convcli.readers import SUFFIXES
    from convcli.readers.revision import files_below
    from convcli.readers.sides import split_revision

    found = split_revision(f"{incomplete}_")
    if found is None:
        return model(incomplete)
    head = found[1][: found[1].rfind("/") + 1]
    try:
        names = files_below(found[0], head)
    except ConvcliError:
        return []
    return _beginning([f"{found[0]}:{name}" for name in names if name.endswith(("/", *SUFFIXES))], incomplete)


def bundled(incomplete: str) -> list[str]:
    """Propose bundled networks."""
    from convcli.readers.bundled import bundled_names

    return _beginning(bundled_names(), incomplete)


def variant(ctx: Any, incomplete: str) -> list[str]:
    """Propose the variants of the network that stands on the command line."""
    return _beginning([found.name for found in _network(ctx, "variants")], incomplete)


def variant_b(ctx: Any, incomplete: str) -> list[str]:
    """Propose the variants of the second network."""
    return _beginning([found.name for found in _network(ctx, "variants", 1)], incomplete)


def setting(ctx: Any, incomplete: str) -> list[str]:
    """Propose the variables of the network that stands on the command line."""
    return _beginning([f"{found.name}=" for found in _network(ctx, "variables")], incomplete)


def input_name(ctx: Any, incomplete: str) -> list[str]:
    """Propose the inputs of the network that stands on the command line."""
    return _beginning([found.name for found in _network(ctx, "inputs")], incomplete)


def setting_b(ctx: Any, incomplete: str) -> list[str]:
    """Propose the variables of the second network."""
    return _beginning([f"{found.name}=" for found in _network(ctx, "variables", 1)], incomplete)


def columns(incomplete: str) -> list[str]:
    """Propose columns; those that stand before the last comma are kept."""
    from convcli.writers.columns import COLUMNS

    head, comma, last = incomplete.rpartition(",")
    plus = "+" if last.startswith("+") else ""
    begun = _beginning([f"{plus}{column.key}" for column in COLUMNS], last)
    return [f"{head}{comma}{key}" for key in begun if key not in head.split(",")]


def one_column(incomplete: str) -> list[str]:
    """Propose one column."""
    return [] if "," in incomplete else columns(incomplete)


def operator(incomplete: str) -> list[str]:
    """Propose operators."""
    from convcli.ops.catalogue import names

    return _beginning(names(), incomplete)


def code(incomplete: str) -> list[str]:
    """Propose error codes."""
    from convcli.explanations import EXPLANATIONS

    return _beginning([explanation.code for explanation in EXPLANATIONS], incomplete)


def source_format(incomplete: str) -> list[str]:
    """Propose the formats of files that can be read."""
    from convcli.readers.formats import names

    return _beginning(names(), incomplete)


def format(incomplete: str) -> list[str]:
    """Propose the formats of a report."""
    from convcli.cli.output import FORMATS

    return _beginning(FORMATS, incomplete)


def check_format(incomplete: str) -> list[str]:
    """Propose the formats of a check."""
    from convcli.cli.outputs import FORMATS

    return _beginning(FORMATS, incomplete)


def check_output(incomplete: str) -> list[str]:
    """Propose the formats of a file; behind the `=` the shell knows the files better."""
    from convcli.cli.outputs import FORMATS

    return _beginning([f"{format}=" for format in FORMATS], incomplete)


def conversion(incomplete: str) -> list[str]:
    """Propose the formats that networks are converted to."""
    from convcli.converting import FORMATS

    return _beginning(FORMATS, incomplete)


def cost(incomplete: str) -> list[str]:
    """Propose what the boxes of a diagram are coloured by."""
    from convcli.converting import COSTS

    return _beginning(COSTS, incomplete)


def dtype(incomplete: str) -> list[str]:
    """Propose the types of numbers."""
    from convcli.asking import DTYPES

    return _beginning(DTYPES, incomplete)


def convention(incomplete: str) -> list[str]:
    """Propose the conventions of counting."""
    from convcli.conventions.tables import NAMES

    return _beginning(NAMES, incomplete)


def other_convention(incomplete: str) -> list[str]:
    """Propose the conventions of other tools."""
    from convcli.conventions.tables import FILES

    return _beginning(FILES, incomplete)


def optimizer(incomplete: str) -> list[str]:
    """Propose optimisers."""
    from convcli.memory.step import OPTIMIZERS

    return _beginning(OPTIMIZERS, incomplete)


def run_device(incomplete: str) -> list[str]:
    """Propose what a network can run on."""
    from convcli.timing.wanted import DEVICES

    return _beginning(DEVICES, incomplete)


def init(incomplete: str) -> list[str]:
    """Propose ways in which weights begin."""
    from convcli.bench.weights import INITS

    return _beginning(INITS, incomplete)


def measured_device(incomplete: str) -> list[str]:
    """Propose devices whose ceilings can be measured."""
    from convcli.bench.known import KINDS

    return _beginning(KINDS, incomplete)


def fold(incomplete: str) -> list[str]:
    """Propose the channels of a picture."""
    return _beginning(["1", "3"], incomplete)


def device(incomplete: str) -> list[str]:
    """Propose devices, then the figures that replace theirs."""
    from convcli.roofline.devices import DEVICES
    from convcli.roofline.spec import NOUNS, THIS

    head, comma, last = incomplete.rpartition(",")
    keys = [f"{key}=" for key in NOUNS if f"{key}=" not in head]
    return [f"{head}{comma}{word}" for word in _beginning(keys if comma else [THIS, *DEVICES, *keys], last)]


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _network(ctx: Any, part: str, which: int = 0) -> Any:
    from convcli.asking import read_model

    # behind an option that waits for its value the arguments are not assigned yet
    names = [ctx.params.get(name) for name in ("model", "before", "after")]
    models = [name for name in names if name] or ctx.args
    try:
        return getattr(read_model(next(iter(models[which:]), ""))[0], part)
    except ConvcliError:
        return ()
