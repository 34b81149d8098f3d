"""A command that is ended from outside leaves no process and no file behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SLOW = "input: [3, 64, 64]\nlayers:\n" + "  - Conv2d(3, 3, 3, padding=1)\n" * 20_000


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux's ps")

COMMANDS = ["check . -j 2 -o json=r.json", "check . -j 1 -o r.sarif", "lock . -j 2", "check . --init -j 2"]
ONE, ALL = os.kill, os.killpg


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("number", "send", "code"),
    [(signal.SIGTERM, ONE, 143), (signal.SIGTERM, ALL, 143), (signal.SIGINT, ALL, 130), (signal.SIGKILL, ONE, -9)],
)
def test_nothing_is_left_behind(tmp_path: Path, command: str, number: int, send, code: int) -> None:
    for at in range(8):
        (tmp_path / f"net{at}.yaml").write_text(SLOW)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    working = subprocess.Popen(
        [sys.executable, "-m", "convcli", *command.split()], cwd=tmp_path, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    many = 1 + 2 * ("-j 2" in command)
    begun = "-o" in command
    wait(lambda: len(members(working.pid)) == many and (not begun or list(tmp_path.glob(".convcli*"))))
    time.sleep(0.2)  # the last worker gets to its work
    send(working.pid, number)
    out, errors = working.communicate(timeout=30)  # a worker that lived on would hold the pipes open
    assert (working.returncode, out, errors) == (code, "", "")
    wait(lambda: not members(working.pid))
    if number != signal.SIGKILL:
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def wait(done) -> None:
    """Wait until something is so, at most twenty seconds."""
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def members(session: int) -> list[int]:
    """Return the processes of a session that run."""
    listed = subprocess.run(["ps", "-s", str(session), "-o", "pid=,stat="], capture_output=True, text=True, check=False)
    found = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, state in found if not state.startswith("Z") and int(pid) != os.getpid()]
