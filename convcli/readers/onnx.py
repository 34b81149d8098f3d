"""ONNX files, read without onnx: the graph, and of weights nothing but their sizes.

A file is looked at where it lies, so that its size does not matter; data in other files is never opened.
"""

import mmap
import stat
from pathlib import Path
from typing import NoReturn

from convcli.aten.graph import graph_from
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Input
from convcli.onnx.network import Walk
from convcli.onnx.record import Model, Value, kind_of
from convcli.onnx.turn import WrongError
from convcli.onnx.wire import DamagedError, ExceededError, Reader
from convcli.quantity import UNKNOWN
from convcli.readers.files import open_at_once, relative
from convcli.readers.onnx_messages import model
from convcli.resolve.boundary import Given
from convcli.settled import Settled, whole_shapes

LIMIT = 24 * 1024 * 1024
"""Bytes that a graph may have without its weights."""
EACH = 24
"""Bytes of a field, in the mean; their number is what costs time."""
OLDEST = 7
"""The oldest version of the operators that is read."""


def read_onnx(path: Path, limit: int | None = None) -> Settled:
    """Read a file.

    Raises:
        ConvcliError: it cannot be read, is no such file, or is older than is read.
    """
    source = relative(path)
    found = _model(path, (limit or LIMIT) // EACH)
    version = found.opsets.get("")
    if version is not None and version < OLDEST:
        message = f"{source} is of version {version} of ONNX's operators; read are {OLDEST} and later"
        help = "`onnx.version_converter.convert_version` makes a newer one of it"
        raise ConvcliError([Diagnostic("CV076", message, help=help)])
    named = _names(found.weights)
    weights = tuple(one for one in found.graph.inputs if one.name in named)
    flowing = tuple(one for one in found.graph.inputs if one.name not in named)
    inputs = tuple(Input(one.name, _open(one), kind_of(one.type)) for one in flowing)

    def make(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
        walk = Walk(found, path.stem, source, given.max_layers)
        try:
            traced = walk.traced(flowing, whole_shapes(inputs, given), weights)
        except WrongError as error:
            damaged(path, str(error))
        return graph_from(traced, walk.findings), walk.findings

    return Settled(path.stem, source, "onnx", make, inputs)


def _names(noted: str) -> set[str]:
    """Return the names in a list that is noted in a file; none where it is no such list."""
    import json

    try:
        found = json.loads(noted) if noted else []
        return {name for name in found if isinstance(name, str)}
    except (ValueError, TypeError, RecursionError):
        return set()


def _open(value: Value) -> tuple[int, ...] | None:
    return None if value.dims is None else tuple(UNKNOWN if isinstance(one, str) else one for one in value.dims)


def _model(path: Path, fields: int) -> Model:
    try:
        with open_at_once(path) as file:
            if not stat.S_ISREG(path.stat().st_mode) or not path.stat().st_size:
                damaged(path, "it is no file, or empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return model(Reader(data, fields).whole())
    except FileNotFoundError:
        raise ConvcliError([Diagnostic("CV001", f"there is no file {path}")]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConvcliError([Diagnostic("CV001", f"{path} cannot be read: {reason}")]) from None
    except DamagedError as error:
        damaged(path, str(error))
    except ExceededError:
        message = f"{path} has more than {fields:,} fields beside its weights"
        raise ConvcliError([Diagnostic("CV109", message, help="raise the limit with --max-size")]) from None


def damaged(path: Path, why: str) -> NoReturn:
    """Refuse a file."""
    raise ConvcliError([Diagnostic("CV075", f"{path} cannot be read as ONNX: {why}")])
