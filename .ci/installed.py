"""Fail where an installed convcli lacks what the sources have: `installed.py SOURCES`, run by its own interpreter."""

import re
import subprocess
import sys
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

import convcli

NEEDS = {"typer", "rich", "pyyaml"}


def main() -> None:
    """Look at the package's place, its files, its dependencies, and run it as a module."""
    sources, package = Path(sys.argv[1]), Path(convcli.__file__).parent
    if package == sources:
        sys.exit("the sources were imported, not the wheel")
    for data in ["py.typed", *(f"networks/{path.name}" for path in sources.glob("networks/*.yaml"))]:
        if not (package / data).is_file():
            sys.exit(f"the wheel lacks {data}")
    # what only an older Python or an extra needs carries a marker
    plain = {re.split(r"[^\w-]", line)[0].lower() for line in requires("convcli") or [] if ";" not in line}
    if plain != NEEDS or find_spec("torch"):
        sys.exit(f"it should need {NEEDS} only, and needs {plain}; torch is {find_spec('torch')}")
    command = [sys.executable, "-m", "convcli", "profile", "resnet18", "--format", "json"]
    if b'"params": 11689512' not in subprocess.run(command, check=True, capture_output=True).stdout:  # noqa: S603  our own
        sys.exit("`python -m convcli profile resnet18 --format json` says something else")
    print(f"convcli {convcli.__version__} in {package}: its files are there, it needs {', '.join(sorted(plain))}")


main()
