"""Which format a file has: told by its name and its content, or by who asks.

A new format is a row in `FORMATS`: the reader's file is imported when a file is of its format.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.readers.files import MAX_SIZE, open_at_once
from convcli.record import Record
from convcli.source import Source

if TYPE_CHECKING:
    from convcli.readers.revision import Blob
    from convcli.settled import AnyNetwork

OWN = "yaml"


class Format(Record):
    """A format of text.

    Attributes:
        name: as `--from` takes it.
        suffixes: what the names of its files end in; a hint, its content decides.
        reader: the module and the function that read it, which takes the source and the network's name.
        why_not: says why a text is none of it; empty where it seems to be.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    why_not: Callable[[str], str]


def _begins(pattern: str, what: str) -> Callable[[str], str]:
    """Return what looks for a pattern; it must not look at one place twice, a file may be long and all blanks."""
    return lambda text: "" if re.search(pattern, text, re.MULTILINE) else f"it has no {what}"


_ROW = r"^[ \t]*- \[[-\d, \[\]]{1,80}, *\w{1,40}, *\["


def _is_rows(text: str) -> str:
    """Say why a text is no model file of the YOLO family; the name of one of its parts may have a slip of the pen."""
    keys = ("backbone", "head")
    missing = [key for key in keys if key not in text or not re.search(rf"^{key}\s*:", text, re.MULTILINE)]
    if len(missing) == len(keys) or (missing and not re.search(_ROW, text, re.MULTILINE)):
        return f"it has no `{missing[0]}:`"
    return "it has `layers:`" if re.search(r"^layers\s*:", text, re.MULTILINE) else ""


def _is_plans(text: str) -> str:
    """Say why a text is no plans of nnU-Net."""
    return "" if text.lstrip()[:1] == "{" and '"configurations"' in text else 'it has no `"configurations"`'


_MODULE = r"^[ \t]*\([\w.-]+\):\s(?:\d+ x )?[A-Za-z_][\w.]*\s?\("


def _is_printed(text: str) -> str:
    """Say why a text is no printed model; a table of layers looks like one, and leaves out what they are."""
    if re.search(_MODULE, text, re.MULTILINE):
        return ""
    if "Layer (type" in text:
        return (
            "it is a summary, which does not say what layers are: `print(model)`, or `model.to_json()` of Keras, does"
        )
    return "it has no line `(name): Module(...)`"


FORMATS: tuple[Format, ...] = (
    Format("darknet", (".cfg",), "convcli.readers.darknet.network:read_darknet",
           _begins(r"^[ \t]*\[(net|network)\]", "`[net]`")),
    Format("keras", (".json",), "convcli.readers.keras.network:read_keras",
           _begins(r"""\A\s*\{[^{}]*"class_name":\s*"(Sequential|Functional|Model)"|\A\s*\{.*"keras_version\"""",
                   '`"class_name": "Functional"`')),
    Format("huggingface", (".json",), "convcli.readers.huggingface.network:read_config",
           _begins(r"""["']model_type["'][ \t]*:""", '`"model_type"`')),
    Format("hydra", (".yaml", ".yml", ".json"), "convcli.readers.hydra.network:read_hydra",
           _begins(r"""["']_target_["'][ \t]*:|(?:^|[{,])[ \t]*(?:- )?"?_[aegrt]{5,7}_"?[ \t]*:""", "`_target_:`")),
    Format("caffe", (".prototxt", ".pbtxt"), "convcli.readers.caffe.network:read_caffe",
           _begins(r"(?:^|\s)layers?[ \t]*\{", "`layer { ... }`")),
    Format("ultralytics", (".yaml", ".yml"), "convcli.readers.ultralytics.read:read_ultralytics", _is_rows),
    Format("nnunet", (".json",), "convcli.readers.nnunet.read:read_plans", _is_plans),
    Format("print", (".txt", ".log"), "convcli.readers.printed:read_printed",
           _is_printed),
)  # fmt: skip
"""The formats of others, those that are easily told first."""

_LAYERS = r"""^[ \t]*(?:\{[ \t]*)?["']?(layers|inputs?|blocks|uses|vars)["']?[ \t]*:"""


def names() -> tuple[str, ...]:
    """Return all formats that can be asked for."""
    from convcli.readers.binary import BINARY

    return (OWN, *(one.name for one in FORMATS), *BINARY)


def read_as(source: Source, path: "Path | Blob | None", format: str | None = None) -> "AnyNetwork":
    """Read a text in the format that is given, or in the one that it has.

    Raises:
        ConvcliError: there is no such format, the text is of none, or it cannot be read.
    """
    from convcli.readers.network_file import read_network

    found = expect_format(format) if format else _recognised(source, path)
    if found is None:
        return read_network(source, path)
    module, _, function = found.reader.partition(":")
    read: Callable[[Source, str], AnyNetwork] = getattr(import_module(module), function)
    return read(source, path.stem if path else source.name.strip("<>"))


def expect_format(name: str) -> Format | None:
    """Return the format of a name; None is our own.

    Raises:
        ConvcliError: there is no such format.
    """
    if name == OWN:
        return None
    found = next((one for one in FORMATS if one.name == name), None)
    if found is None:
        help = suggestion(name, names(), f"the formats are: {', '.join(names())}")
        raise ConvcliError([Diagnostic("CV080", f"there is no format `{name[:40]}` to read", help=help)])
    return found


def is_of_others(name: str) -> bool:
    """Say whether a file is in a format of another tool, as far as can be told."""
    try:
        with open_at_once(Path(name)) as file:
            text = file.read(MAX_SIZE).decode(errors="replace")
    except (OSError, ValueError):
        return False
    return any(not one.why_not(text) for one in FORMATS)


def _recognised(source: Source, path: "Path | Blob | None") -> Format | None:
    """Return the format of a text; of several that it may have, the one whose suffix its name has.

    What is called like a network file of ours is one, unless it is of a format that has the same suffix.
    """
    suffix = f".{source.name.lower().rpartition('.')[2]}"
    text = source.text
    if suffix == ".py":
        from convcli.readers.python_file import refuse_file

        refuse_file(source)
    ours = suffix in (".yaml", ".yml")
    fitting = [one for one in FORMATS if (not ours or suffix in one.suffixes) and not one.why_not(text)]
    if fitting:
        return min(fitting, key=lambda one: suffix not in one.suffixes)
    foreign = any(suffix in one.suffixes for one in FORMATS)
    key = r"""["']layers["'][ \t]*:""" if suffix == ".json" else _LAYERS
    if ours or path is None or re.search(key, text, re.MULTILINE) or not (foreign or text.strip()):
        return None
    _refuse(source)


def _refuse(source: Source) -> NoReturn:
    """Say of each format why a text is none of it."""
    tried = [f"{OWN}: it has no `layers:`", *(f"{one.name}: {one.why_not(source.text)}" for one in FORMATS)]
    help = "say which it is with `--from FORMAT`; tried were\n" + "\n".join(f"    {one}" for one in tried)
    raise ConvcliError([Diagnostic("CV080", f"{source.name} is in no format that is known", help=help)])
