"""What `convcli check` costs: folders of network files the size of ResNet-50, beside `convcli profile` of one.

    python benchmarks/check.py [ROUNDS]

Each run is a process of its own, all in turns; the fastest of each is compared. A start is
`convcli --version`, so that what is left of `profile` is its work on a file.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from startup import Run, run, verdict

SIZES = (1, 10, 100, 1_000)
LIMIT_A_FILE = 1
"""CPU for a file among many, at most this many times that of `profile` without its start."""
LIMIT_ONE = 1.25
"""CPU for a single file, at most this many times that of `profile`."""
LIMIT_MEMORY = 1.6
"""The peak memory of a thousand files, in that of ten."""

CONVCLI = "from convcli.__main__ import program; program()"


def network(classes: int) -> str:
    """Return ResNet-50 with a number of classes, and a budget."""
    text = (Path(__file__).parent.parent / "convcli" / "networks" / "resnet.yaml").read_text("utf-8")
    head, _, rest = text.partition("\nvariants:")
    head = head.replace("bottleneck: False", "bottleneck: True").replace("depths: [2, 2, 2, 2]", "depths: [3, 4, 6, 3]")
    blocks = rest[rest.index("\nblocks:") :].partition("\ncheck:")[0]
    return f"{head.replace('num_classes: 1000', f'num_classes: {classes}')}{blocks}\ncheck: {{params: <= 26M}}\n"


def measure(rounds: int, folder: Path) -> dict[str, Run]:
    """Return the fastest run of each."""
    for size in SIZES:
        (folder / str(size)).mkdir()
        for number in range(size):
            (folder / str(size) / f"{number:04}.yaml").write_text(network(1000 - number % 500), encoding="utf-8")
    commands = {"start": ["--version"], "profile": ["profile", "1/0000.yaml"]}
    commands |= {f"check, {size:,} files": ["check", str(size), "-j", "1"] for size in SIZES}
    found: dict[str, Run] = {}
    for _ in range(rounds):
        for name, arguments in commands.items():
            one = run([sys.executable, "-c", CONVCLI, *arguments], folder)
            found[name] = min(one, found.get(name, one))
    return found


def main() -> None:
    """Measure, print, judge."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else 3
    print(f"Python {sys.version.split()[0]}, fastest of {rounds} runs in turns\n")
    with tempfile.TemporaryDirectory() as name:
        found = measure(rounds, Path(name))
    for what, one in found.items():
        print(f"{what:20}{one.cpu * 1e3:10.1f} ms CPU{one.megabytes:8.0f} MB")
    start, profile = found["start"].cpu, found["profile"].cpu
    few, many = found["check, 10 files"], found[f"check, {SIZES[-1]:,} files"]
    a_file = (many.cpu - start) / SIZES[-1]
    print()
    good = [
        verdict("a file among a thousand, in profile's work", a_file / (profile - start), LIMIT_A_FILE),
        verdict("a single file, in profile", found["check, 1 files"].cpu / profile, LIMIT_ONE),
        verdict("peak memory of a thousand files, in that of ten", many.megabytes / few.megabytes, LIMIT_MEMORY),
    ]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
