"""What the rules have against bundled networks, line by line, and exactly how each rule says it.

`snapshots/rules.txt` has every warning of every bundled network at its own size; what stands there
has been looked at, one by one, and docs/rules.md says what to think of it. `warnings/NAME.yaml` has a
network for each rule, `warnings/NAME.out` what `convcli profile` writes to standard error. After a
wanted change, CONVCLI_REWRITE=1 writes all of them anew.
"""

import os
import sys
from pathlib import Path

import pytest
from ruling import switch_on

import convcli
from convcli.__main__ import main
from convcli.readers.bundled import bundled_names
from convcli.rules.catalogue import RULES

FOLDER = Path(__file__).parent / "warnings"
SNAPSHOT = Path(__file__).parent / "snapshots" / "rules.txt"
FILES = sorted(FOLDER.glob("*.yaml"))
REWRITE = bool(os.environ.get("CONVCLI_REWRITE"))


def line(name: str) -> str:
    """Return all that is said of a network, a line for each warning."""
    findings = convcli.profile(name).findings
    return "".join(
        f"{name}: {one.code} {one.message}" + f" (+{one.repeats})" * (one.repeats > 0) + "\n" for one in findings
    )


def test_nothing_else_is_said_of_bundled_networks() -> None:
    text = "".join(map(line, bundled_names()))
    if REWRITE:
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == text


def test_every_rule_has_a_network_that_trips_it() -> None:
    assert {path.stem for path in FILES} == {rule.slug for rule in RULES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_warning_is_said_in_these_words(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    switch_on(monkeypatch, path.stem)
    monkeypatch.chdir(FOLDER)
    monkeypatch.setattr(sys, "argv", ["convcli", "profile", path.name])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    if REWRITE:
        path.with_suffix(".out").write_text(said, encoding="utf-8")
    assert path.with_suffix(".out").read_text(encoding="utf-8") == said
    assert ended.value.code == 0
    assert {rule.slug for rule in RULES if f"[{rule.code}]" in said} == {path.stem}
