"""Asks `convcli` about all hostile files of a format, one after the other in one process; a program for the tests.

A line of JSON for each case says how it ended, what was written, and what it took. A case that would not end is
ended with its process, and the last line has its name.

    python child.py FORMAT FOLDER [CASE...]
"""

import gc
import io
import json
import os
import resource
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.dont_write_bytecode = True

from hostile.cases import cases, dialect  # noqa: E402  it lies beside this file
from hostile.dialect import Dialect  # noqa: E402

SECONDS = 5
"""CPU seconds, and a few more of waiting, after which a case is a runaway."""
ADDRESS_SPACE = 600 * 2**20
SHOWN = 30_000


def peak(*, reset: bool) -> int:
    """Return the most bytes that were resident since the last reset, or since the start where there is none."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        line = next(one for one in Path("/proc/self/status").read_text().split("\n") if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024


def stream(errors: str) -> io.TextIOWrapper:
    """Return what a stream of the program writes to."""
    return io.TextIOWrapper(io.BytesIO(), "utf-8", errors, write_through=True)


def asked(arguments: list[str]) -> dict[str, Any]:
    """Ask `convcli`, as a process of its own would."""
    from convcli.__main__ import main

    before = sys.argv, sys.stdout, sys.stderr
    out, errors = stream("strict"), stream("backslashreplace")
    sys.argv, sys.stdout, sys.stderr = ["convcli", *arguments], out, errors
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(4 * SECONDS)
    raised = ""
    peak(reset=True)
    start = time.process_time()
    try:
        code: Any = main()
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001  it would be a traceback
        code, raised = 1, f"Traceback: {error!r}"
    took = time.process_time() - start
    resident = peak(reset=False)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.alarm(0)
    sys.argv, sys.stdout, sys.stderr = before
    written = [one.buffer.getvalue().decode() for one in (out, errors)]
    return {
        "code": code, "seconds": took, "resident": resident, "whole": written[0], "out": written[0][:SHOWN],
        "errors": (written[1] + raised)[:SHOWN], "size": sum(map(len, written)),
    }  # fmt: skip


def is_strict(text: str) -> bool:
    """Say whether a report is JSON as everybody reads it."""

    def refuse(_: str) -> NoReturn:
        raise ValueError

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict)
    except ValueError:
        return False


def answered(one: Dialect, made: Any, folder: Path) -> dict[str, Any]:
    """Put a file into a folder of its own and ask about it; say what else lies there afterwards."""
    home = folder / "home"
    home.mkdir()
    path = home / one.file
    if callable(made):
        made(path)
    else:
        path.write_bytes(one.write(made))
    os.chdir(home)
    gc.collect()
    found = asked(one.arguments())
    found["strict"] = found["code"] != 0 or is_strict(asked([*one.arguments(), "--format", "json"])["whole"])
    del found["whole"]
    os.chdir(folder)
    lies = {str(other.relative_to(folder)) for other in folder.rglob("*") if "__pycache__" not in other.parts}
    found["left"] = sorted(lies - {"home", f"home/{one.file}"})
    shutil.rmtree(home)
    return found


def say(row: dict[str, Any]) -> None:
    """Write a line at once: the next case may end the process."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


def main() -> NoReturn:
    """Run the cases of a format; with names only those."""
    name, folder, *wanted = sys.argv[1:]
    one = dialect(name)
    if one.bare:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    found = {"good": one.good, **cases(one)}
    first = True
    for case in wanted or found:
        if first:  # what is imported later is no matter of a case
            answered(one, one.good(), Path(folder))
            gc.collect()
            gc.freeze()
            first = False
        say({"case": case})
        say({"case": case, **answered(one, found[case](), Path(folder))})
    os._exit(0)


if __name__ == "__main__":
    main()
