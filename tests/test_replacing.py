"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from convcli.replacing import write_whole


def test_a_new_text_has_the_mode_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write_whole(path, "new\n")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new\n", 0o640)
    assert [*tmp_path.iterdir()] == [path]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    path, usual = tmp_path / "kept.json", tmp_path / "usual"
    usual.touch()
    write_whole(path, "new")
    assert path.stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_what_fails_leaves_the_old_text_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "kept.json"
    path.write_text("old", encoding="utf-8")

    def fail(self: Path, *_: object, **__: object) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert [one.read_text(encoding="utf-8") for one in tmp_path.iterdir()] == ["old"]
