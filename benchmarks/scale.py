"""How cost grows with a network: files of 10,000 and 100,000 layers to JSON, in CPU seconds.

    python benchmarks/scale.py [ROUNDS]

Four kinds of file: a chain whose lines repeat, the same with a name for each layer, one in which no
two layers are equal, which no cache helps, and one of sums, of which each needs a name that is not
in use. The limit of seconds is for the first two. What receptive fields and memory add is seen
beside runs in which both are replaced by nothing; its limit is for layers with names.
Each run is a process of its own, the sizes in turns; the fastest of each is compared, since a
neighbour on the machine can only add.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from startup import Run, run, verdict

SIZES = (10_000, 100_000)
LIMIT_GROWTH = 11
"""Ten times the layers cost at most this many times as much."""
LIMIT_SECONDS = 4
"""CPU for 100,000 layers, from the file to JSON; the goal is half of it."""

LIMIT_ADDED = 1.3
"""With receptive fields and memory the largest file costs at most this many times as much as without."""

CONVCLI = "from convcli.__main__ import program; program()"
WITHOUT = """
import convcli.analyse
from convcli.memory.measure import Memory
from convcli.report import Peak, Training

def unmeasured(graph, *_):
    unknown = (None,) * len(graph.nodes)
    return Memory(unknown, unknown, 0, Peak(None, ()), Training("sgd", None, 0, 0, 0, "forward", None, ()))

convcli.analyse.measure = unmeasured
convcli.analyse._fields = lambda graph, **_: ([None] * len(graph.nodes), ())
"""
HEAD = "input: [16, 64, 64]\nlayers:\n"
OPTIONS = ["--max-size", str(2**30), "--max-layers", str(2**30), "--format", "json"]


def plain(layers: int) -> Iterator[str]:
    """Give the lines of a chain of convolution, norm and ReLU."""
    lines = ("  - Conv2d(16, 16, 3, padding=1)\n", "  - BatchNorm2d(16)\n", "  - ReLU()\n")
    return (lines[at % 3] for at in range(layers))


def named(layers: int) -> Iterator[str]:
    """Give the same lines with a name each, as a program would write them."""
    return (line.replace("- ", f"- layer{at}: ") for at, line in enumerate(plain(layers)))


def different(layers: int) -> Iterator[str]:
    """Give the lines of a chain in which no two convolutions and no two norms are equal."""
    channels = 16
    for at in range(layers):
        if at % 3 == 0:
            before, channels = channels, 1 + at * 7_919 % 100_003
            yield f"  - c{at}: Conv2d({before}, {channels}, 3, padding=1)\n"
        else:
            yield f"  - n{at}: BatchNorm2d({channels})\n" if at % 3 == 1 else f"  - r{at}: ReLU()\n"


def sums(layers: int) -> Iterator[str]:
    """Give the lines of a chain in which every other item is a sum without a name."""
    return ("  - x + input\n" if at % 2 else "  - ReLU()\n" for at in range(layers))


KINDS = {"a plain chain": plain, "one of named layers": named, "no two layers equal": different, "sums": sums}


BARE = ", without receptive fields and memory"


def measure(rounds: int, folder: Path) -> dict[tuple[str, int], Run]:
    """Return the fastest run of each file; the largest ones also without receptive fields and memory."""
    found: dict[tuple[str, int], Run] = {}
    for turn in range(rounds):
        for kind, lines in KINDS.items():
            for size in SIZES:
                path = folder / f"{kind.replace(' ', '-')}-{size}.yaml"
                if not turn:
                    path.write_text(HEAD + "".join(lines(size)), encoding="utf-8")
                codes = {kind: CONVCLI, kind + BARE: WITHOUT + CONVCLI} if size == max(SIZES) else {kind: CONVCLI}
                for name, code in codes.items():
                    one = run([sys.executable, "-c", code, "profile", path.name, *OPTIONS], folder)
                    found[name, size] = min(one, found.get((name, size), one))
    return found


def profile_once(folder: Path) -> None:
    """Print where the time of the largest file goes."""
    path = max(folder.glob("*named*.yaml"), key=lambda file: file.stat().st_size)
    start = f"import sys; sys.argv = {['convcli', 'profile', path.name, *OPTIONS]!r}"
    code = f"{start}; from convcli.__main__ import main; main()"
    command = [sys.executable, "-m", "cProfile", "-s", "tottime", "/dev/stdin"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, cwd=folder, check=False)
    lines = done.stdout.splitlines()
    start = next((at for at, line in enumerate(lines) if "tottime" in line), 0)
    print("\n".join(lines[start : start + 25]))


def main() -> None:
    """Measure, print, judge; `--where` also prints a profile."""
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    rounds = numbers[0] if numbers else 5
    print(f"Python {sys.version.split()[0]}, fastest of {rounds} runs in turns\n")
    good = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = measure(rounds, folder)
        for (kind, size), one in found.items():
            a_layer = one.cpu / size * 1e6
            print(f"{kind:58}{size:>9,} layers{one.cpu:8.2f} s CPU{a_layer:8.1f} us a layer{one.megabytes:8.0f} MB")
        print()
        small, large = SIZES
        for kind, lines in KINDS.items():
            growth = found[kind, large].cpu / found[kind, small].cpu
            good.append(verdict(f"{kind}, ten times the layers", growth, LIMIT_GROWTH))
            if lines in (plain, named):
                good.append(verdict(f"{kind}, CPU seconds for {large:,}", found[kind, large].cpu, LIMIT_SECONDS))
            added = found[kind, large].cpu / found[kind + BARE, large].cpu
            if lines is named:
                good.append(verdict(f"{kind}, with receptive fields and memory", added, LIMIT_ADDED))
            else:
                print(f"      {kind}, with receptive fields and memory: {added:.2f}")
        if "--where" in sys.argv:
            profile_once(folder)
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
