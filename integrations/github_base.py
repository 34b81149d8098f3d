"""The commit that a pull request is compared with: where its branch left the base, fetched where a clone is shallow."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

DEEPER = (1, 100, 2000)
"""By how many commits a shallow clone is deepened, try by try, before all of its history is fetched."""
SECONDS = 300


class NoBase(Exception):
    """There is nothing to compare with, and why."""


class Base(NamedTuple):
    """A commit of the repository at `root`, by its full and its short name, and what it is called."""

    root: Path
    commit: str
    short: str
    name: str

    def read(self, path: str) -> bytes:
        """Return a file of the commit; empty where there is none."""
        try:
            return git("cat-file", "blob", f"{self.commit}:{path}")
        except NoBase:
            return b""


def find_base(asked: str, branch: str) -> Base | None:
    """Return the commit to compare with: of the revision that was asked for, or of the pull request's base branch.

    None where there is neither, as for a push.

    Raises:
        NoBase: it cannot be found.
    """
    name = asked or branch
    if not name:
        return None
    root = Path(os.fsdecode(git("rev-parse", "--show-toplevel")).rstrip("\n")).resolve()
    commit = _local(asked or f"refs/remotes/origin/{branch}") or _fetched(asked or f"refs/heads/{branch}")
    return Base(root, commit, git("rev-parse", "--short=10", commit).decode().strip(), name)


def _local(revision: str) -> str | None:
    """Return the commit that a revision and this one have in common, as far as this clone knows."""
    try:
        tip = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
        return git("merge-base", "HEAD", tip).decode().strip()
    except NoBase:
        return None


def _fetched(ref: str) -> str:
    """Fetch the base, and of both histories as much as it takes to find what they have in common.

    Raises:
        NoBase: it cannot be fetched, or they have nothing in common.
    """
    if ref.startswith("-"):
        raise NoBase(f"`{ref}` is no revision")
    head = git("rev-parse", "HEAD").decode().strip()
    fetch = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules")
    if _shallow():
        known = int(git("rev-list", "--count", "HEAD"))  # no history that is here may become shorter
        tries: list[tuple[str, ...]] = [(f"--depth={known + more}", "origin", ref, head) for more in DEEPER]
        tries.append(("--unshallow", "origin", ref, head))
    else:
        tries = [("origin", ref)]
    for arguments in tries:
        try:
            git(*fetch, *arguments)
        except NoBase as error:
            raise NoBase(f"{error}; `fetch-depth: 0` for actions/checkout fetches all there is") from None
        if commit := _local("FETCH_HEAD"):
            return commit
        if not _shallow():
            break
    raise NoBase(f"{ref} and this commit have no commit in common")


def _shallow() -> bool:
    return git("rev-parse", "--is-shallow-repository").decode().strip() == "true"


def git(*arguments: str) -> bytes:
    """Ask git; nothing is asked of a terminal.

    Raises:
        NoBase: it refuses.
    """
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, check=False, env=quiet, stdin=subprocess.DEVNULL, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBase(f"git gave no answer: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise NoBase(said or f"git {arguments[0]}: exit code {done.returncode}")
    return done.stdout
