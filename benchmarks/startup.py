"""What a start of convcli costs: whole processes, CPU time and memory, beside a bare Typer program and torchinfo.

    python benchmarks/startup.py [ROUNDS]

All programs run in one session, in turns, so that whatever else the machine does falls on all of
them; medians are compared as ratios, which travel between machines as milliseconds do not.
Programs run as installed ones do: one line that imports and calls, with their bytecode at hand.
Memory is a process's peak as the kernel counts it, which never is less than this script's own 15 MB.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

LIMIT_RATIO = 1.6
"""At most this many times the CPU of a bare two-command Typer program."""
LIMIT_RATIO_LARGE = 3
"""The same for the bundled networks with the most layers."""
LIMIT_MEMORY = 50
"""Peak memory, in MB."""
LIMIT_FASTER = 20
"""At least this many times less wall time than torchinfo; at most a tenth of its memory."""

BARE = '''
import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def one(name: str, times: int = typer.Option(1, "--times", "-t")) -> None:
    """Say a name."""
    print(name * times)


@app.command()
def two(name: str) -> None:
    """Say it again."""
    print(name)


app()
'''

CONVCLI = "from convcli.__main__ import program; program()"

FITTING = """
import torch

for name in ("nms", "qnms"):
    torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
"""What torchvision's import needs where its compiled operators do not fit the torch at hand."""

LARGE = ("efficientnet_b7", "densenet201")

TORCHINFO = """
import torchinfo
import torchvision

model = torchvision.models.resnet50()
print(torchinfo.summary(model, (1, 3, 224, 224), depth=4, verbose=0))
"""


class Run(NamedTuple):
    """One whole process: user and system time, wall time, peak memory."""

    cpu: float
    wall: float
    megabytes: float


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which the first run keeps all bytecode, whatever the shell says of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def run(command: list[str], folder: Path) -> Run:
    """Run a program to its end, its output thrown away."""
    start = time.perf_counter()
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, cwd=folder, env=environment(folder)
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed:\n{(folder / 'errors').read_text(encoding='utf-8')}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(usage.ru_utime + usage.ru_stime, wall, kilobytes / 1000)


def in_turns(commands: dict[str, list[str]], rounds: int, folder: Path) -> dict[str, list[Run]]:
    """Run all programs `rounds` times in turns, after one round that fills the caches."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            result = run(command, folder)
            if turn:
                runs[name].append(result)
    return runs


def median(runs: list[Run]) -> Run:
    """Return the median of each figure."""
    return Run(*(statistics.median(figures) for figures in zip(*runs, strict=True)))


def programs(folder: Path) -> dict[str, list[str]]:
    """Return the commands; the network is a file, as a user has it."""
    import convcli

    (folder / "bare.py").write_text(BARE, encoding="utf-8")
    shutil.copy(Path(convcli.__file__).parent / "networks" / "resnet.yaml", folder)
    ours = [sys.executable, "-c", CONVCLI]
    profile = [*ours, "profile", "resnet.yaml", "--variant", "resnet50"]
    return {
        "an interpreter": [sys.executable, "-c", "pass"],
        "bare Typer": [sys.executable, "bare.py", "one", "name", "--times", "2"],
        "import convcli": [sys.executable, "-c", "import convcli"],
        "convcli shape": [*ours, "shape", *["conv", "64", "k7", "s2", "p3", "-i", "3x224x224"]],
        "convcli profile --format json": [*profile, "--format", "json"],
        "convcli profile, the table": profile,
        **{name: [*ours, "profile", name, "--format", "json"] for name in LARGE},
    }


def verdict(what: str, value: float, limit: float, *, at_least: bool = False) -> bool:
    """Print how a figure stands to its limit."""
    good = value >= limit if at_least else value <= limit
    bound = "at least" if at_least else "at most"
    print(f"{'good' if good else 'BAD '}  {what}: {value:.2f}, {bound} {limit:g}")
    return good


def against_bare(found: dict[str, Run]) -> list[bool]:
    """Judge the two commands against the bare program, and the import against 40 ms."""
    bare = found["bare Typer"]
    verdicts = [
        verdict(f"{name}, CPU against bare Typer", found[name].cpu / bare.cpu, LIMIT_RATIO)
        for name in ("convcli shape", "convcli profile --format json")
    ]
    verdicts += [
        verdict(f"{name}, CPU against bare Typer", found[name].cpu / bare.cpu, LIMIT_RATIO_LARGE) for name in LARGE
    ]
    heaviest = max(run.megabytes for name, run in found.items() if name.startswith(("convcli", *LARGE)))
    alone = 1000 * (found["import convcli"].cpu - found["an interpreter"].cpu)
    return [
        *verdicts,
        verdict("peak memory of convcli, MB", heaviest, LIMIT_MEMORY),
        verdict("import convcli, ms of CPU without the interpreter", alone, 40),
    ]


def against_torchinfo(folder: Path, ours: list[str], rounds: int) -> list[bool]:
    """Judge the same table against torchinfo's."""
    if not (find_spec("torchinfo") and find_spec("torchvision")):
        print("\ntorchinfo or torchvision is not installed: no comparison")
        return []
    fits = (
        subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True, check=False).returncode == 0
    )
    theirs = [sys.executable, "-c", TORCHINFO if fits else FITTING + TORCHINFO]
    commands = {"convcli profile, the table": ours, "torchinfo": theirs}
    found = {name: median(runs) for name, runs in in_turns(commands, rounds, folder).items()}
    show(found, "torchinfo")
    mine, other = found["convcli profile, the table"], found["torchinfo"]
    return [
        verdict("torchinfo's wall time in convcli's", other.wall / mine.wall, LIMIT_FASTER, at_least=True),
        verdict("torchinfo's memory in convcli's", other.megabytes / mine.megabytes, 10, at_least=True),
    ]


def show(found: dict[str, Run], unit: str) -> None:
    """Print medians, and CPU as a ratio to one of the programs."""
    print(f"\n{'':32}{'CPU ms':>8}{'ratio':>8}{'wall ms':>9}{'MB':>7}")
    for name, (cpu, wall, megabytes) in found.items():
        print(f"{name:32}{1000 * cpu:8.1f}{cpu / found[unit].cpu:8.2f}{1000 * wall:9.1f}{megabytes:7.1f}")
    print()


def main() -> None:
    """Measure, print, judge."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {rounds} runs in turns")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = programs(folder)
        found = {name: median(runs) for name, runs in in_turns(commands, rounds, folder).items()}
        show(found, "bare Typer")
        good = against_bare(found)
        good += against_torchinfo(folder, commands["convcli profile, the table"], max(3, rounds // 5))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
