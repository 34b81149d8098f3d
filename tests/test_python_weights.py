"""What is no network: files of weights, TorchScript, bytes of any kind; and archives with a range of batches."""

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

runner = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Loud:
    """Would leave a file behind if anybody unpickled it."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("unpickled",)


MODEL = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())


def saved(kind: str, path: Path) -> None:
    if kind == "script":
        torch.jit.save(torch.jit.trace(MODEL.eval(), torch.zeros(1, 3, 8, 8)), path)
    elif kind == "large":
        torch.save({"a": torch.randn(800, 800)}, path)
    else:
        torch.save({"loud": Loud(), **MODEL.state_dict()}, path, _use_new_zipfile_serialization=kind == "zip")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("zip", "has weights, and no network"), ("pickle", "has weights, and no network"),
        ("large", "has weights, and no network"), ("script", "is TorchScript"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["net.pth", "net.pt", "net.ckpt"])
def test_weights_are_told_and_never_loaded(kind: str, words: str, name: str) -> None:
    saved(kind, Path(name))
    result = runner.invoke(app, ["profile", name])
    assert result.exit_code == 2
    assert f"{name} {words}" in result.stderr
    assert "`net.py:Net`" in result.stderr
    assert "torch.export.save" in result.stderr
    assert not any(sign == "\ufffd" or (sign < " " and sign != "\n") for sign in result.output)
    assert not Path("unpickled").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x08\x0a\x12\x07pytorch\xff", "are read from a file"), (b"PK\x03\x04\x00\xff", "zip archive"),
        (b"\x89HDF\r\n\x1a\n\xff", "HDF5"), (b"\xff\xfel\x00a\x00", "UTF-16"),
        (b'\x10\x00\x00\x00\x00\x00\x00\x00{"a":1}\xff', "weights"), (bytes(range(256)) * 20_000, "is no text"),
    ],
)  # fmt: skip
def test_no_bytes_are_shown(data: bytes, words: str) -> None:
    piped = runner.invoke(app, ["profile", "-"], input=data)
    Path("net.yaml").write_bytes(data)
    named = runner.invoke(app, ["profile", "net.yaml"])
    for result in (piped, named):
        assert (result.exit_code, words in result.stderr, "\ufffd" in result.output) == (2, True, False)


def test_a_text_in_another_encoding_still_shows_its_line() -> None:
    Path("net.yaml").write_bytes("layers: [ReLU()]  # größer\n".encode("latin-1"))
    result = runner.invoke(app, ["profile", "net.yaml"])
    assert "layers: [ReLU()]" in result.stderr


def exported(name: str, batch: int, **limits: int) -> None:
    shapes = {"input": {0: torch.export.Dim("batch", **limits)}} if limits else None
    model = torch.export.export(MODEL.eval(), (torch.zeros(batch, 3, 8, 8),), dynamic_shapes=shapes)
    torch.export.save(model, name)


def test_a_range_of_batches_begins_at_its_smallest() -> None:
    exported("net.pt2", 4, min=3, max=8)
    assert convcli.profile("net.pt2").inputs[0].shape == (3, 3, 8, 8)
    assert convcli.profile("net.pt2", batch=5).inputs[0].shape == (5, 3, 8, 8)
    assert convcli.profile("net.pt2", "3x8x8").inputs[0].shape == (3, 3, 8, 8)
    for batch in (2, 9):
        with pytest.raises(ConvcliError) as error:
            convcli.profile("net.pt2", (batch, 3, 8, 8))
        (found,) = error.value.diagnostics
        assert (found.code, f"found {batch}" in found.message) == ("CV066", True)
        assert "(3 to 8)x3x8x8" in found.help
    assert convcli.verify("net.pt2").good


def test_one_batch_that_was_exported_is_the_one_that_is_verified() -> None:
    exported("net.pt2", 1)
    assert convcli.verify("net.pt2").good
