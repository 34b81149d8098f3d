"""The work of action.yml: check networks, compare those that a pull request changes with its base, sum it up.

It needs git and an installed convcli beside the Python that runs it, and nothing else. What it is asked
stands in environment variables, those of GitHub among them, so that no text becomes part of a command line:

    CONVCLI_PATHS='configs' GITHUB_BASE_REF=main python integrations/github.py

What a file is called and what it says may come from a stranger: it is written escaped, or not at all.
"""

import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from github_base import Base, NoBase, find_base, git

SUMMARY_ROOM = 1024 * 1024
"""Bytes that a step may write into the job's summary."""
COMMENT_ROOM = 65_000
"""Characters of a comment, of which GitHub takes 65,536: the rest is for who comments."""
MOST = 200
"""Comparisons of one run."""

SAME, DIFFERS = 0, 1
WRONG_QUESTION = 2

NETWORK = re.compile(rb"^[\"']?layers[\"']?[ \t]*:", re.MULTILINE)
USES = re.compile(rb"^[\"']?uses[\"']?[ \t]*:", re.MULTILINE)


class Pair(NamedTuple):
    """A network to compare: its path in the base and now, from the repository's root, and the variant."""

    before: str
    after: str
    variant: str | None = None


class Compared(NamedTuple):
    """What came of a comparison: SAME, DIFFERS or WRONG_QUESTION, and the Markdown of it, or what is wrong."""

    pair: Pair
    code: int
    text: str


def main() -> int:
    """Check and compare; the exit code is that of the check."""
    folder = Path(tempfile.mkdtemp(prefix="convcli-", dir=os.environ.get("RUNNER_TEMP")))
    sarif, wants_diff = setting("SARIF_FILE"), flag("DIFF", "true")
    code = check(folder, sarif)
    blocks = list(changes(folder / "check.json")) if wants_diff else []
    written = folder / "check.md"
    verdict = written.read_text("utf-8") if written.is_file() else "### convcli gave no verdict\n"
    summary = folder / "summary.md"
    summary.write_text(comment(verdict, blocks), "utf-8")
    summarize(blocks)
    output("good", "true" if code == 0 else "false")
    output("summary-file", str(summary))
    output("sarif-file", os.path.abspath(sarif) if sarif and Path(sarif).is_file() else "")
    return code


def setting(name: str, default: str = "") -> str:
    """Return what the action was asked under a name."""
    return os.environ.get(f"CONVCLI_{name}", "").strip() or default


def flag(name: str, default: str) -> bool:
    """Return a setting that is `true` or `false`: what is neither is no silent "no"."""
    value = setting(name, default)
    if value not in ("true", "false"):
        fail(f"{name.lower()}: expected true or false, found `{value}`")
    return value == "true"


def words(name: str) -> list[str]:
    """Return options as a shell would split them; nothing else of a shell is understood."""
    try:
        return shlex.split(setting(name))
    except ValueError as error:
        fail(f"{name.lower()}: {error}")


def paths() -> list[str]:
    """Return the paths that were asked for, one of each line."""
    return [line.strip() for line in setting("PATHS", ".").splitlines() if line.strip()]


def program() -> str:
    """Return the convcli that is installed with this Python."""
    found = shutil.which("convcli", path=str(Path(sys.executable).parent)) or shutil.which("convcli")
    return found or fail("convcli is not installed")


def fail(message: str) -> NoReturn:
    """End with a complaint about what was asked."""
    say("error", message)
    sys.exit(WRONG_QUESTION)


def say(level: str, message: str) -> None:
    """Write a line that GitHub shows with the job, and others read as it is."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        print(f"::{level} title=convcli::{plain(message).replace('%', '%25')}", flush=True)
    else:
        print(f"{level}: {plain(message)}", flush=True)


def check(folder: Path, sarif: str) -> int:
    """Run `convcli check`, which annotates lines and writes the job's summary; return its exit code."""
    outputs = {"json": folder / "check.json", "markdown": folder / "check.md", **({"sarif": sarif} if sarif else {})}
    command = [program(), "check", *(f"--output={format}={path}" for format, path in outputs.items())]
    command += ["--config", setting("CONFIG")] if setting("CONFIG") else []
    command += ["--locked"] if flag("LOCKED", "false") else []
    return subprocess.run([*command, *words("ARGS"), "--", *paths()], check=False).returncode


# ---- what has changed


def changes(answer: Path) -> Iterator[str]:
    """Give the Markdown of what differs from the base: a heading, each network that differs, what is left to say."""
    try:
        base = find_base(setting("BASE"), os.environ.get("GITHUB_BASE_REF", ""))
        if base is None:
            return
        pairs = list(changed(base, json.loads(answer.read_text("utf-8")) if answer.is_file() else {}))
    except (NoBase, OSError) as error:
        say("warning", f"no comparison with the base: {error}")
        yield f"No comparison with the base: {code_of(str(error))}\n"
        return
    done = [compare(base, pair) for pair in pairs[:MOST]]
    for one in done:
        print(f"convcli diff: {plain(title(one.pair))}: {('same', 'differs', 'cannot be compared')[one.code]}")
    yield f"### Compared with {code_of(base.name)}\n" if done else f"No network differs from {code_of(base.name)}.\n"
    yield from (one.text for one in done if one.code == DIFFERS)
    if same := [one for one in done if one.code == SAME]:
        yield f"The same as before: {', '.join(code_of(title(one.pair)) for one in same)}\n"
    yield from (f"{code_of(title(one.pair))} cannot be compared: {one.text}\n" for one in done if one.code > DIFFERS)
    if pairs[MOST:]:
        yield f"{len(pairs) - MOST:,} more networks were not compared.\n"


def changed(base: Base, answer: dict[str, Any]) -> Iterator[Pair]:
    """Give the networks that a change may have changed: their files, and those that use other files."""
    here = {below(base.root, one["path"]): one["why"] for one in answer.get("skipped", [])}
    variants: dict[str, list[str | None]] = {}
    for one in answer.get("networks", []):
        variants.setdefault(below(base.root, one["path"]), []).append(one["variant"])
    renamed = files_changed(base)
    for before, after in renamed.items():
        if after in variants:
            yield from (Pair(before, after, variant) for variant in variants[after])
        elif here.get(after) != "excluded" and asked_for(base.root, before) and NETWORK.search(base.read(before)):
            yield Pair(before, before if after in ("", before) or after not in here else after)
    if not renamed:
        return
    for path in sorted(variants.keys() - renamed.values()):
        if (base.root / path).is_file() and USES.search((base.root / path).read_bytes()):
            yield from (Pair(path, path, variant) for variant in variants[path])


def files_changed(base: Base) -> dict[str, str]:
    """Return the YAML files that differ from the base: the path there and the path now, empty if it is gone."""
    told = git(
        "diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", "--no-textconv", base.commit,
        "--", ":(top,icase)*.yaml", ":(top,icase)*.yml",
    )  # fmt: skip
    fields = iter(told.decode("utf-8", "surrogateescape").split("\0")[:-1])
    found = {}
    for status in fields:
        before = next(fields)
        found[before] = next(fields) if status[0] in "RC" else "" if status[0] == "D" else before
    return found


def below(root: Path, path: str) -> str:
    """Return a path of this folder as seen from the repository's root."""
    return Path(os.path.relpath(path, root)).as_posix()


def asked_for(root: Path, path: str) -> bool:
    """Say whether a file lies where networks were asked for."""
    return any(Path(root / path).is_relative_to(os.path.abspath(name)) for name in paths())


def compare(base: Base, pair: Pair) -> Compared:
    """Compare a network with its base."""
    before = f"{base.short}:{pair.before}"
    command = [program(), "diff", "--format=markdown", "--exit-code"]
    command += [f"--variant={pair.variant}"] if pair.variant else []
    after = os.path.relpath(base.root / pair.after)
    done = subprocess.run(
        [*command, *words("DIFF_ARGS"), "--", before, after], capture_output=True, check=False,
        env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode in (SAME, DIFFERS):
        text = done.stdout.decode("utf-8", "replace")
        folded = f"<details><summary>{code_of(title(pair))}</summary>\n\n{text}\n</details>\n"
        return Compared(pair, done.returncode, folded if pair.variant else text)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    errors = [line for line in lines if line.startswith("error")] or lines[-1:]
    return Compared(pair, WRONG_QUESTION, "; ".join(code_of(line) for line in errors[:3]))


def title(pair: Pair) -> str:
    """Return the name of a network."""
    return pair.after if pair.variant is None else f"{pair.after} ({pair.variant})"


# ---- what is written


def plain(text: str) -> str:
    """Return a text in one line, in which GitHub finds no command."""
    line = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return line.replace("##[", "## [")


def code_of(text: str) -> str:
    """Return a text as Markdown that shows it and does nothing."""
    return f"<code>{html.escape(plain(text)).replace('|', '&#124;').replace('`', '&#96;')}</code>"


def comment(verdict: str, blocks: list[str]) -> str:
    """Return all of it, short enough for a comment: of a long verdict only its first line."""
    if len(verdict) > COMMENT_ROOM // 2:
        verdict = f"{verdict.splitlines()[0]}\n\nThe findings are too many for a comment: the job's summary has them.\n"
    return "\n".join([verdict, *fitting(blocks, COMMENT_ROOM - len(verdict))])


def fitting(blocks: list[str], room: int) -> Iterator[str]:
    """Give the blocks for which there is room, and say how many there are besides."""
    left = 0
    for block in blocks:
        size = len(block.encode("utf-8", "replace")) + 1
        if size + 100 <= room:  # what says how many are left fits too
            room -= size
            yield block
        else:
            left += 1
    if left:
        yield f"And {left:,} more, for which there is no room here.\n"


def summarize(blocks: list[str]) -> None:
    """Append the changes to the job's summary, behind what the check has written; without one, print them."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        print("\n".join(blocks), flush=True)
        return
    with Path(path).open("a", encoding="utf-8", errors="replace") as out:
        out.write("".join(f"\n{block}" for block in fitting(blocks, SUMMARY_ROOM - out.tell())))


def output(name: str, value: str) -> None:
    """Set an output of the step; a value of several lines stays one."""
    path = os.environ.get("GITHUB_OUTPUT")
    if path:
        end = f"end-{uuid.uuid4()}"
        with Path(path).open("a", encoding="utf-8") as out:
            out.write(f"{name}<<{end}\n{value}\n{end}\n")


if __name__ == "__main__":
    sys.exit(main())
