"""The house keeps its floors, its files stay small, and heavy imports stay where they belong.

Only the text of the modules is read; nothing is imported but the package itself.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import convcli

PACKAGE = Path(convcli.__file__).parent
ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"

FLOORS: dict[str, str] = {
    "ground": "quantity growing layout record source styled diagnostics human collector document shapes protobuf "
    "replacing explanations",
    "first": "argument binding window tape op function expect ops graph",
    "second": "layer blocks input_sizes timing resolve settled aten onnx intensity report memory formulas conventions "
    "receptive_field rules roofline rows analyse budgets compare machine outline remarks",
    "third": "readers writers bench tracing",
    "roof": "rendered compared checked catalogue_api network_schema stated asking solving running comparing checking "
    "converting api __init__ cli __main__",
}
"""Every file and folder of the package, from the ground up, each floor from left to right."""

DOORS = {"readers", "writers", "bench"}
"""They never import each other, in either direction."""

VERSION = ("__init__", "__version__")
"""The one thing that everybody may take from the front door: a literal."""

HEAVY: dict[str, tuple[str, ...]] = {
    "yaml": ("readers.document",),
    "rich": ("styled", "writers.screen", "rendered", "compared", "cli.models"),
    "typer": ("cli", "__main__"),
    "torch": ("bench.torch_or_not", "bench.verify"), "torchvision": (), "numpy": (), "onnx": (), "pydantic": (),
    "PIL": ("bench.inside.optional",), "tensorboard": (),
}  # fmt: skip
"""Who may import what is heavy; all but the command line's typer inside of functions."""

SLOW = {
    "dataclasses",
    "inspect",
    "subprocess",
    "importlib.metadata",
    "importlib.resources",
    "difflib",
    "asyncio",
    "decimal",
}
"""Parts of the standard library that a start should not pay for: inside of functions only."""

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 45
"""Without its docstring: that of a public function has a line for each of its options, however many there are."""


class Import(NamedTuple):
    """`module` as written in full, what is taken from it, and whether it stands at the top of the file."""

    module: str
    name: str
    at_top: bool
    line: int


MODULES: dict[str, ast.Module] = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
        path.read_text("utf-8")
    )
    for path in sorted(PACKAGE.rglob("*.py"))
}
"""The tree of each module, by its name below the package; the package itself is `__init__`."""

PLACES = {
    room: (floor, place) for floor, rooms in enumerate(FLOORS.values()) for place, room in enumerate(rooms.split())
}


def imports(tree: ast.Module) -> Iterator[Import]:
    """Give every import of a module, those in functions and behind TYPE_CHECKING included."""
    inner = {id(node) for part in ast.walk(tree) if isinstance(part, Function) for node in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, "", id(node) not in inner, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(node.module or "", alias.name, id(node) not in inner, node.lineno)


Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def own_imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Give the modules of the package that a module imports, below the package, with what it takes."""
    for module, name, _, line in imports(tree):
        if module.partition(".")[0] != "convcli":
            continue
        below = module.removeprefix("convcli").lstrip(".")
        with_name = f"{below}.{name}".lstrip(".")
        if with_name in MODULES:
            yield with_name, "", line
        else:
            yield below or "__init__", name, line


def wrong_imports(module: str, tree: ast.Module) -> list[str]:
    """Return what a module imports from above, from its right, or through another door."""
    own = module.partition(".")[0]
    found = []
    for target, name, line in own_imports(tree):
        room = target.partition(".")[0]
        if room == own or (room, name) == VERSION:
            continue
        if PLACES[room] >= PLACES[own] or (room != own and {room, own} <= DOORS):
            found.append(f"{module}:{line} imports {target}")
    return found


def test_every_file_has_a_place_in_the_house() -> None:
    assert set(PLACES) == {module.partition(".")[0] for module in MODULES}


def test_the_documents_show_the_same_house() -> None:
    rows = re.findall(r"^\| (\w+): \w+ \| (`.*`) \|$", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)
    shown = {floor: rooms.replace("`", "").replace("/", "").split() for floor, rooms in reversed(rows)}
    assert shown == {floor: [room for room in rooms.split() if room[0] != "_"] for floor, rooms in FLOORS.items()}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_below_and_from_its_left(module: str) -> None:
    assert wrong_imports(module, MODULES[module]) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("quantity", "from convcli.op import Operator"),
        ("source", "from convcli import diagnostics"),
        ("blocks", "if TYPE_CHECKING:\n    from convcli.resolve.state import State"),
        ("graph", "def f():\n    import convcli.report"),
        ("readers.files", "from convcli.writers.table import View"),
        ("writers.table", "from convcli.readers import find_reader"),
        ("api", "from convcli.cli.output import put"),
        ("resolve.network", "import convcli"),
    ],
)
def test_a_wrong_import_would_be_found(module: str, text: str) -> None:
    assert len(wrong_imports(module, ast.parse(text))) == 1


def test_no_module_imports_itself_through_others() -> None:
    assert cycle({module: {target for target, _, _ in own_imports(tree)} for module, tree in MODULES.items()}) == []


def test_a_circle_would_be_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of imports, empty where there is none; the version at the front door does not count."""
    wanted = {module: {target for target in targets if target != "__init__"} for module, targets in graph.items()}
    try:
        TopologicalSorter(wanted).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


# ---- what is heavy, and what is dangerous


def misplaced(module: str, tree: ast.Module) -> list[str]:
    """Return the heavy imports of a module that are not its own to make, or that stand at its top."""
    found = []
    for target, name, at_top, line in imports(tree):
        heavy = target.partition(".")[0]
        where = HEAVY.get(heavy, ())
        allowed = any(module == place or module.startswith(f"{place}.") for place in where)
        top_is_fine = heavy == "typer" and module.startswith("cli.")
        if heavy in HEAVY and (not allowed or (at_top and not top_is_fine)):
            found.append(f"{module}:{line} imports {target}")
        if at_top and {target, f"{target}.{name}"} & SLOW:
            found.append(f"{module}:{line} imports {target} at its top")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_heavy_imports_stand_in_the_functions_of_a_few_files(module: str) -> None:
    assert misplaced(module, MODULES[module]) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("op", "import torch"),
        ("op", "def build():\n    from torch import nn"),
        ("readers.document", "import yaml"),
        ("readers.uses", "def f():\n    import yaml"),
        ("writers.table", "from rich.table import Table"),
        ("api", "def f():\n    import typer"),
        ("op", "from dataclasses import dataclass"),
        ("api", "from importlib import metadata"),
    ],
)
def test_a_misplaced_import_would_be_found(module: str, text: str) -> None:
    assert len(misplaced(module, ast.parse(text))) == 1


DANGEROUS = re.compile(
    r"^(eval|exec|compile|__import__|yaml\.(load|unsafe_load|full_load|load_all)|os\.system|torch\.load)$"
)
FORBIDDEN = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}


def dangers(tree: ast.Module) -> list[str]:
    """Return calls that run text, and imports that load objects."""
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    loaders = [name for name in names if re.search(r"\b(Unsafe|Full)?Loader$", name) and "Safe" not in name]
    loads = [target for target, *_ in imports(tree) if target.partition(".")[0] in FORBIDDEN]
    return [call for call in calls if DANGEROUS.match(call)] + loaders + loads


@pytest.mark.parametrize("module", MODULES)
def test_no_text_is_ever_executed_and_no_object_loaded(module: str) -> None:
    assert dangers(MODULES[module]) == []


@pytest.mark.parametrize(
    "text",
    [
        "eval(x)",
        "exec(x)",
        "yaml.load(x)",
        "yaml.parse(x, Loader=yaml.UnsafeLoader)",
        "import pickle",
        "compile(x, '', 'eval')",
    ],
)
def test_a_danger_would_be_found(text: str) -> None:
    assert dangers(ast.parse(text)) != []


# ---- sizes and words


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= LINES_OF_A_FILE


@pytest.mark.parametrize("module", MODULES)
def test_a_function_fits_on_a_screen(module: str) -> None:
    functions = [node for node in ast.walk(MODULES[module]) if isinstance(node, Function)]
    assert [f.name for f in functions if lines_of(f) > LINES_OF_A_FUNCTION] == []


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from `def` on, without its docstring."""
    first = function.body[0]
    said = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return (function.end_lineno or 0) - function.lineno + 1 - said


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_in_a_sentence_what_it_holds(module: str) -> None:
    assert (ast.get_docstring(MODULES[module]) or "").partition("\n")[0].endswith((".", ":"))


def test_the_readme_names_all_that_the_library_offers_and_nothing_else() -> None:
    named = set(re.findall(r"\bconvcli\.([A-Za-z]\w*)", README.read_text("utf-8")))
    assert named == {name for name in convcli.__all__ if name != "__version__"}


@pytest.mark.parametrize("name", convcli.__all__)
def test_all_that_the_library_offers_has_a_docstring(name: str) -> None:
    assert getattr(convcli, name).__doc__


@pytest.mark.parametrize("name", [name for name in convcli.__all__ if name[0].islower()])
def test_every_function_of_the_library_shows_an_example(name: str) -> None:
    assert ">>> " in getattr(convcli, name).__doc__
