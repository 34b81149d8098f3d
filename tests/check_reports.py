"""Reads back what a check has written, format by format: each finding's file, line and code."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from typer.testing import CliRunner

from convcli.cli.group import app

Place = tuple[str, int, str]


def check(*arguments: str) -> tuple[int, str]:
    """Run a check; return its exit code, and what it printed."""
    done = CliRunner().invoke(app, ["check", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def marked(folder: Path) -> list[Place]:
    """Return the lines below a folder that say in a comment which codes are expected there."""
    return sorted(
        (path.relative_to(folder).as_posix(), at, code)
        for path in folder.rglob("*.*ml")
        for at, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for code in re.findall(r"# .*?\b(CV\d+)", line)
    )


def from_table(text: str) -> Iterator[Place]:
    for code, path, line in re.findall(r"^(?:error|warning)\[(CV\d+)\].*\n +--> (.+):(\d+):\d+$", text, re.MULTILINE):
        yield path, int(line), code


def from_markdown(text: str) -> Iterator[Place]:
    for path, line, code in re.findall(r"^\| `(.+):(\d+)` \| \w+\\\[(CV\d+)\]", text, re.MULTILINE):
        yield path, int(line), code


def from_json(text: str) -> Iterator[Place]:
    for network in json.loads(text)["networks"]:
        for one in network["findings"]:
            yield one["source"]["file"], one["source"]["line"], one["code"]


def from_sarif(text: str) -> Iterator[Place]:
    for one in json.loads(text)["runs"][0]["results"]:
        place = one["locations"][0]["physicalLocation"]
        yield unquote(place["artifactLocation"]["uri"]), place["region"]["startLine"], one["ruleId"]


def from_junit(text: str) -> Iterator[Place]:
    for case in ET.fromstring(text.encode()).iter("testcase"):
        for one in case:
            for path, line, code in re.findall(r"^(.+):(\d+):\d+: \w+\[(CV\d+)\]", one.text or "", re.MULTILINE):
                yield path, int(line), code


def commands(text: str) -> list[dict[str, str]]:
    """Return the workflow commands in a log, taken apart as GitHub's runner does, and unescaped."""
    found = []
    for line in text.splitlines():
        assert "##[" not in line or line.startswith("::")
        if match := re.fullmatch(r"::(\w+) (.*?)::(.*)", line):
            fields = dict(part.split("=", 1) for part in match[2].split(","))
            data = {"level": match[1], **fields, "message": match[3]}
            found.append({name: _unescaped(value) for name, value in data.items()})
        else:
            assert not line.lstrip().startswith("::"), line
    return found


def _unescaped(text: str) -> str:
    for sign, code in ((":", "%3A"), (",", "%2C"), ("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
        text = text.replace(code, sign)
    return text


def from_github(text: str) -> Iterator[Place]:
    for one in commands(text):
        yield one["file"], int(one["line"]), one["title"].removeprefix("convcli ")


def from_gitlab(text: str) -> Iterator[Place]:
    for one in json.loads(text):
        code = one["description"].partition(":")[0]
        yield one["location"]["path"], one["location"]["lines"]["begin"], code


READERS: dict[str, Callable[[str], Iterator[Place]]] = {
    "table": from_table, "markdown": from_markdown, "json": from_json, "sarif": from_sarif,
    "junit": from_junit, "github": from_github, "gitlab": from_gitlab,
}  # fmt: skip
"""By format, who reads back the places; CSV has none, only what was judged."""


def results(text: str) -> list[dict[str, Any]]:
    """Return the results of a SARIF log."""
    return json.loads(text)["runs"][0]["results"]
