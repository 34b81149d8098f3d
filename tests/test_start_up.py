"""A start loads nothing that it does not need: each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convcli.rules.catalogue import RULES

NETWORKS = Path(__file__).parent.parent / "convcli" / "networks"
RESNET50 = [str(NETWORKS / "resnet.yaml"), "--variant", "resnet50"]

LIBRARY = "import convcli"
PROGRAM = "import sys; sys.argv = ['convcli', *{arguments!r}]; from convcli.__main__ import main; main()"
ASK = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "

AT_NO_START = {"torch", "torchvision", "numpy", "pydantic", "importlib.metadata", "asyncio"}
NEEDED_AT_TIMES = {"rich", "yaml"}
FOR_THE_PROGRAM = {"typer", "dataclasses", "inspect", "subprocess", "json"}
"""What the program needs, and the library does not."""


def loaded(code: str) -> set[str]:
    """Run a program whose output is no terminal; return all modules that it has loaded in the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_", "COVERAGE"))}
    done = subprocess.run([sys.executable, "-c", ASK + code], capture_output=True, text=True, env=kept, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def start(*arguments: str) -> set[str]:
    """Return the modules that a command loads."""
    return loaded(PROGRAM.format(arguments=list(arguments)))


def test_the_library_loads_nothing_heavy() -> None:
    assert loaded(LIBRARY) & (AT_NO_START | NEEDED_AT_TIMES | FOR_THE_PROGRAM) == set()


def test_a_layer_loads_neither_yaml_nor_rich() -> None:
    assert start("shape", "conv", "64", "k7", "s2", "p3", "-i", "3x224x224") & (AT_NO_START | NEEDED_AT_TIMES) == set()


def test_a_chain_of_layers_as_a_table_loads_neither_yaml_nor_rich() -> None:
    assert start("shape", "conv 64 k3 | bn | relu", "-i", "3x32x32") & (AT_NO_START | NEEDED_AT_TIMES) == set()


@pytest.mark.parametrize("output", [[], ["--format", "json"], ["--format", "csv"], ["--format", "markdown"]], ids=str)
def test_a_network_file_loads_yaml_and_not_rich(output: list[str]) -> None:
    modules = start("profile", *RESNET50, *output)
    assert modules & (AT_NO_START | NEEDED_AT_TIMES) == {"yaml"}


def test_a_layer_loads_only_the_operators_that_it_names() -> None:
    from convcli.ops.catalogue import CATALOGUE

    families = {f"convcli.ops.{family.file}" for family in CATALOGUE}
    assert start("shape", "Linear(8, 8)", "-i", "8") & families == {"convcli.ops.linear"}


def test_a_rule_is_loaded_only_where_there_is_something_to_look_at() -> None:
    rules = {f"convcli.rules.{rule.file}" for rule in RULES}
    assert start("profile", *RESNET50) & rules == set()
    assert start("shape", "relu | relu", "-i", "3x8x8") & rules == {"convcli.rules.repeated_activation"}
    assert "convcli.rules" not in start("shape", "relu | relu", "-i", "3x8x8", "--quiet")


def test_a_command_loads_no_other_command() -> None:
    commands = {"profile", "ops", "models", "explain"}
    assert {f"convcli.cli.{name}" for name in commands} & start("shape", "Linear(8, 8)") == set()


@pytest.mark.parametrize("module", sorted(AT_NO_START | NEEDED_AT_TIMES | FOR_THE_PROGRAM))
def test_what_is_loaded_would_be_seen(module: str, tmp_path: Path) -> None:
    if module.partition(".")[0] not in sys.stdlib_module_names:
        (tmp_path / f"{module}.py").touch()  # an empty one says as much, and need not be installed
    assert module in loaded(f"sys.path.insert(0, {str(tmp_path)!r}); import {module}")
