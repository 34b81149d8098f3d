"""Runs take turns: who measures is not measured by another one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convcli.running import turn as turns
from convcli.running.turn import turn

pytest.importorskip("fcntl")

HOLDS = """
import sys, time
from pathlib import Path
from convcli.running.turn import turn
with turn(lambda *_: None, Path(sys.argv[1])):
    print("has it", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(lock: Path, seconds: float) -> "subprocess.Popen[str]":
    """Let another process have its turn."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(lock), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "has it\n"
    return process


def test_a_run_waits_for_another_one_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    other = holder(tmp_path / "lock", 1.0)
    begun = time.monotonic()
    with turn(lambda _, doing: said.append(doing), tmp_path / "lock"):
        assert time.monotonic() - begun > turns.AGAIN
    assert set(said) == {"waiting for another run on this machine"}
    other.wait()


def test_a_run_that_was_killed_is_waited_for_no_longer(tmp_path: Path) -> None:
    other = holder(tmp_path / "lock", 60)
    other.kill()
    other.wait()
    said: list[str] = []
    with turn(lambda _, doing: said.append(doing), tmp_path / "lock"):
        assert said == []


def test_it_is_not_waited_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST", 0.1)
    other = holder(tmp_path / "lock", 60)
    with turn(lambda *_: None, tmp_path / "lock"):
        assert other.poll() is None
    other.kill()
    other.wait()


def test_without_a_place_for_a_lock_there_is_none(tmp_path: Path) -> None:
    with turn(lambda *_: pytest.fail("it waited"), tmp_path / "no" / "such" / "folder"):
        pass


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system follows links")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with turn(lambda *_: None, tmp_path / "lock"):
        pass
    assert not (tmp_path / "victim").exists()
