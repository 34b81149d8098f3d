"""What the shell proposes, asked as the shells' own scripts ask."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from convcli.__main__ import program; program()"


@pytest.fixture
def propose(tmp_path: Path):
    """Return what is proposed for a line that ends where the cursor stands."""
    (tmp_path / "net.yaml").write_text(
        "input: [3, 8, 8]\nvars: {wide: 8}\nvariants: {big: {wide: 16}}\nlayers: [ReLU]\n"
    )
    (tmp_path / "models" / "deep").mkdir(parents=True)
    (tmp_path / "models" / "a.yml").touch()
    (tmp_path / "models" / "notes.txt").touch()
    (tmp_path / "exported.pt2").touch()
    (tmp_path / "mine.py").write_text("class Net: pass\ndef small(): pass\n_x = 1\nnet = Net()\nraise SystemExit\n")
    (tmp_path / "wrong.py").write_text("class Net(:")

    def run(line: str) -> list[str]:
        words = line.split(" ")
        asked = {"_CONVCLI_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **asked}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    return run


@pytest.mark.parametrize(
    ("line", "proposed"),
    [
        ("convcli pro", ["profile"]),
        ("convcli solve s", ["size"]),
        ("convcli solve size net.yaml --input-name in", ["input"]),
        ("convcli profile resnet1", ["resnet18", "resnet101", "resnet152"]),
        ("convcli profile ne", ["net.yaml"]),
        ("convcli profile exp", ["exported.pt2"]),
        ("convcli profile mi", ["mine.py"]),
        ("convcli profile mine.py:", ["mine.py:Net", "mine.py:small", "mine.py:net"]),
        ("convcli profile mine.py:N", ["mine.py:Net"]),
        ("convcli profile wrong.py:", []),
        ("convcli profile models/", ["models/a.yml", "models/deep/"]),
        ("convcli profile no/such/folder/", []),
        ("convcli profile --dep", ["--depth"]),
        ("convcli profile net.yaml --variant ", ["big"]),
        ("convcli profile net.yaml --batch 2 --set w", ["wide="]),
        ("convcli profile no.yaml --variant ", []),
        ("convcli profile net.yaml --columns name,ma", ["name,macs"]),
        ("convcli profile net.yaml --columns +flo", ["+flops", "+flop_s"]),
        ("convcli profile net.yaml --sort para", ["params"]),
        ("convcli profile net.yaml --format j", ["json"]),
        ("convcli check net.yaml --format s", ["sarif"]),
        ("convcli check net.yaml --format g", ["github", "gitlab"]),
        ("convcli check net.yaml -o j", ["json=", "junit="]),
        ("convcli shape conv --dtype b", ["bfloat16"]),
        ("convcli shape conv --convention ma", ["macs"]),
        ("convcli profile net.yaml --versus pt", ["ptflops", "ptflops-aten"]),
        ("convcli profile net.yaml --versus ma", []),
        ("convcli models alex", ["alexnet"]),
        ("convcli ops ConvTranspose", ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]),
        ("convcli inspect net.yaml --init kaiming_", ["kaiming_normal", "kaiming_uniform"]),
        ("convcli inspect net.yaml --fold ", ["1", "3"]),
        ("convcli explain CV00", [f"CV00{number}" for number in range(1, 10)]),
    ],
)  # fmt: skip
def test_what_is_proposed(propose, line: str, proposed: list[str]) -> None:
    assert propose(line) == proposed


def test_a_network_may_be_a_bundled_one_or_a_file(propose) -> None:
    assert {"alexnet", "resnet50", "models/", "net.yaml"} <= set(propose("convcli profile "))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    env = {**os.environ, "_CONVCLI_COMPLETE": f"source_{shell}"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"complete_{shell}" in done.stdout
