"""What a model's file sees while it is imported, and what is said where it is no module."""

import subprocess
import sys
from pathlib import Path

import pytest

import convcli
from convcli.diagnostics import ConvcliError

pytest.importorskip("torch")

PROGRAM = """
import argparse
import sys
from torch import nn

SEEN = list(sys.argv)
parser = argparse.ArgumentParser()
parser.add_argument({argument})
width = getattr(parser.parse_args(), "width", 4)
MODEL = nn.Conv2d(3, width, len(SEEN))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_sees_no_command_line_but_its_own_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["convcli", "profile", "-i", "3x8x8"]
    monkeypatch.setattr(sys, "argv", words)
    (folder / "program.py").write_text(PROGRAM.format(argument='"--width", type=int, default=5'))
    assert convcli.profile("program.py:MODEL", input=(1, 3, 8, 8)).totals.params == 20
    assert sys.argv is words


def test_a_file_that_wants_a_command_line_is_told_what_to_do(folder: Path) -> None:
    before = sys.argv
    (folder / "program.py").write_text(PROGRAM.format(argument='"data"'))
    with pytest.raises(ConvcliError) as error:
        convcli.profile("program.py:MODEL", input=(1, 3, 8, 8))
    assert "if __name__ == '__main__':" in error.value.diagnostics[0].help
    assert sys.argv is before


def test_a_file_of_a_package_is_named_as_a_module(folder: Path) -> None:
    (folder / "kit").mkdir()
    (folder / "kit" / "net.py").write_text("from .parts import Net")
    with pytest.raises(ConvcliError) as error:
        convcli.profile("kit/net.py:Net", input=(1, 3, 8, 8))
    assert "`kit.net:Net`, from the folder above `kit`" in error.value.diagnostics[0].help


def test_torch_says_nothing_of_numpy_where_there_is_none(folder: Path) -> None:
    (folder / "numpy.py").write_text("raise ModuleNotFoundError('no numpy', name='numpy')")
    code = "import sys; sys.path.insert(0, '.')\nfrom convcli.bench.torch_or_not import find_torch\nfind_torch()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert done.stderr == ""
