"""The name of a Python model, `package.module:Net(num_classes=10)` or `file.py:Net`, and what its parts are."""

import re
import sys
from pathlib import Path
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.record import Record
from convcli.source import Span, phrase

_NAMED = re.compile(
    r"(?P<where>(?:[A-Za-z]:)?[^:]*\.py|[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r":(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?P<call>\s*\(.*\))?",
    re.DOTALL,
)
_FILES = (".yaml", ".yml")
_WORD = re.compile(r"[^\W\d][\w.+/-]*")
_CONSTANTS = ("True", "False", "None")


class Named(Record):
    """A Python model by its name.

    Attributes:
        text: the name as a whole.
        where: the file, which ends in .py, or the module.
        attribute: what of it, a name or several with dots between.
        call: the arguments in parentheses as they were written, None without any.
    """

    text: str
    where: str
    attribute: str
    call: str | None

    def is_file(self) -> bool:
        """Say whether it is in a file."""
        return self.where.endswith(".py")


def python_name(text: str) -> Named | None:
    """Return the parts of a Python model's name; None where a text is something else.

    >>> python_name("torchvision.models:resnet18(num_classes=10)").call
    '(num_classes=10)'
    >>> python_name("HEAD:net.yaml"), python_name("net.yaml"), python_name("Conv2d(3, 8, 3)")
    (None, None, None)
    """
    found = _NAMED.fullmatch(text.strip())
    if found is None or found["attribute"].lower().endswith(_FILES):
        return None
    return Named(text.strip(), found["where"], found["attribute"], found["call"])


def is_python(text: str) -> bool:
    """Say whether a text names a Python model that may be there, and no file in a revision of git."""
    named = python_name(text)
    if named is None or named.is_file() or named.call is not None:
        return named is not None
    from importlib.machinery import PathFinder

    folders = [str(Path.cwd()), *sys.path]
    return PathFinder.find_spec(named.where.partition(".")[0], folders) is not None  # which imports nothing


def arguments(named: Named) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of the call in a name: numbers, texts, lists, True, False and None, never evaluated.

    Raises:
        ConvcliError: they cannot be read, or are something else.
    """
    if named.call is None:
        return [], {}
    words = phrase(f"{named.attribute.rpartition('.')[2]}{named.call.strip()}", named.text)
    tree = parse(words)
    if not isinstance(tree, syntax.Call):
        raise ConvcliError([Diagnostic("CV061", f"`{named.call}` is no list of arguments", words.whole())])
    positional = [_value(item, words.span(*item.at)) for item in tree.arguments]
    return positional, {item.name: _value(item.value, words.span(*item.value.at)) for item in tree.keywords}


def with_arguments(text: str, given: list[str]) -> str:
    """Return a Python model's name with further arguments, `name=value` each; a bare word is a text.

    >>> with_arguments("net.py:Net(10)", ["depth=3", "act=relu"])
    "net.py:Net(10, depth=3, act='relu')"

    Raises:
        ConvcliError: it is no such name, or one has no `=`.
    """
    named = python_name(text)
    if named is None:
        help = "a variable of a network file is set with `--set name=value`"
        raise ConvcliError([Diagnostic("CV061", f"`{text}` is no Python model, and takes no `--arg`", help=help)])
    shown = []
    for one in given:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not equals or not name.isidentifier():
            raise ConvcliError([Diagnostic("CV061", f"`--arg {one}` gives nothing", help="write `--arg name=value`")])
        is_text = _WORD.fullmatch(value) and value not in _CONSTANTS
        shown.append(f"{name}='{value}'" if is_text else f"{name}={value}")
    before = (named.call or "()").strip()[1:-1].strip().rstrip(",")
    return f"{named.where}:{named.attribute}({', '.join([before, *shown] if before else shown)})"


def _value(tree: syntax.Expression, span: Span) -> Any:
    if isinstance(tree, syntax.Constant):
        return tree.value
    if isinstance(tree, syntax.Unary) and tree.sign == "-" and isinstance(tree.operand, syntax.Constant):
        number = tree.operand.value
        if isinstance(number, int | float):
            return -number
    if isinstance(tree, syntax.List):
        items = [_value(item, span) for item in tree.items]
        return tuple(items) if tree.brackets == "()" else items
    help = "numbers, texts in quotes, lists, True, False and None can be given; for more, write a function"
    raise ConvcliError([Diagnostic("CV061", f"`{span.text()}` is no plain value", span, help=help)])
