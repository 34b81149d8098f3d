"""`REV:path`: network files out of git, as they stand in a revision; nothing is checked out, no filter or hook runs."""

import os
import posixpath
import re
import shlex
from typing import NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.files import MAX_SIZE, decode, too_large
from convcli.record import Record
from convcli.source import Source

SECONDS = 30
"""How long git may take; it answers in milliseconds."""


class Blob(Record):
    """A file in a tree of git: the revision as it was written, the tree's name, and the path from its root."""

    __slots__ = ()

    revision: str
    tree: str
    path: str

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return posixpath.splitext(posixpath.basename(self.path))[0]

    def beside(self, name: str) -> "Blob | None":
        """Return the file that a path leads to from this one's folder, None where it leads out of the repository."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), name))
        return None if path.startswith(("../", "/")) or path == ".." else self._replace(path=path)

    def shown(self) -> str:
        """Write the file as git would be asked for it."""
        return f"{self.revision}:{self.path}"

    def entry(self) -> tuple[str, int] | None:
        """Return the name of the file's content and its size in bytes, None where the revision has no such file.

        Raises:
            ConvcliError: it is no file.
        """
        told = git("cat-file", "--batch-check", "--follow-symlinks", input=f"{self.tree}:{self.path}\n")
        what = told.decode(errors="replace").split("\n", 1)[0].split(" ")
        if what[-1] == "missing" or what[0] in ("dangling", "notdir"):
            return None
        if len(what) != 3 or what[1] != "blob":
            kind = "a folder" if what[1:2] == ["tree"] else "no file of this repository"
            refuse("CV001", f"{self.shown()} is {kind}, not a file")
        return what[0], int(what[2])

    def read(self, limit: int = MAX_SIZE) -> Source | None:
        """Read the file as UTF-8 text, None where the revision has no such file.

        Raises:
            ConvcliError: it is no file, too large, or no UTF-8.
        """
        found = self.entry()
        if found is None:
            return None
        name, size = found
        if size > limit:
            too_large(self.shown(), size, limit)
        source = decode(self.shown(), git("cat-file", "blob", name), limit)
        source.beside = self.read_beside
        return source

    def read_beside(self, name: str) -> Source | None:
        """Read a file of the same folder and revision, None where there is none.

        Raises:
            ConvcliError: as for this one.
        """
        target = self.beside(name)
        return None if target is None else target.read()


def find_blob(revision: str, path: str) -> Blob:
    """Return a file in a revision, whether it exists or not; a path begins at the repository's root.

    Where there is no such file, a path from the working directory is understood too.

    Raises:
        ConvcliError: there is no repository, or no such revision.
    """
    if revision.startswith("-"):
        refuse("CV030", f"`{revision}` is no revision: none begins with `-`", "name a commit, a branch or a tag")
    if not (revision + path).isprintable():
        refuse("CV030", f"`{revision}:{path}` has signs that no revision and no path has")
    folder = working_folder()
    found = git("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}", missing=True)
    if not found:
        refuse("CV030", f"git knows no revision `{revision}`", _where_it_may_be(revision))
    blob = Blob(revision, found.decode().strip(), "")
    here = blob._replace(path=f"{folder}_").beside(path)
    at_root = None if path.startswith(("./", "../")) else blob.beside(path)
    if at_root is not None and (here in (None, at_root) or at_root.entry() is not None):
        return at_root
    if here is None:
        refuse("CV001", f"`{path}` leads out of the repository")
    return here


def files_below(revision: str, folder: str) -> list[str]:
    """Return the files in a folder of a revision, its folders with a slash; `folder` is empty or ends in one.

    Raises:
        ConvcliError: there is no repository, or no such revision.
    """
    told = git("ls-tree", "-z", "--full-tree", find_blob(revision, "_").tree, "--", *([folder] if folder else []))
    entries = (entry.partition("\t") for entry in told.decode(errors="replace").split("\0") if entry)
    return [f"{path}/" if " tree " in kind else path for kind, _, path in entries]


def working_folder() -> str:
    """Return the way from the repository's root to the working directory: nothing, or a path that ends in a slash."""
    return git("rev-parse", "--show-prefix").decode(errors="replace").rstrip("\n")


def git(*arguments: str, input: str | None = None, missing: bool = False) -> bytes:
    """Ask git; with `missing`, an answer of nothing is one.

    Nothing is asked of a terminal, fetched, or written; filters, hooks and monitors are not run.

    Raises:
        ConvcliError: there is no git, no repository, or git refuses.
    """
    import subprocess

    command = ["git", "--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never"]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        # no shell; what a user wrote stands behind `--verify` or `--`, or is a line of input
        done = subprocess.run(  # noqa: S603
            [*command, *arguments],
            input=(input or "").encode(),
            env=quiet,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        refuse("CV031", "git is not installed, or not on the PATH", "give two files instead")
    except (OSError, subprocess.TimeoutExpired) as error:
        refuse("CV031", f"git gave no answer: {error}")
    if done.returncode == 0 or (missing and not done.stderr):
        return done.stdout
    said = done.stderr.decode(errors="replace")
    if "not a git repository" in said:
        refuse("CV031", "there is no git repository here", "run it in the repository, or give two files")
    if "dubious ownership" in said:
        help = "if that is meant, `git config --global --add safe.directory FOLDER` with the repository's folder"
        refuse("CV031", "git reads no repository of another user", help)
    help = f"`git {shlex.join(arguments)}` says why" if not input else "`git fsck` says whether the repository is whole"
    refuse("CV031", f"git gives no answer, exit code {done.returncode}", help)


def _where_it_may_be(revision: str) -> str:
    """Return what to type where git does not know a revision."""
    listed = "`git log --oneline` and `git branch --all` list what there is"
    if git("rev-parse", "--is-shallow-repository").strip() != b"true":
        return f"{listed}; `git fetch --all` brings what others have"
    name = re.split(r"[~^]", revision, maxsplit=1)[0].removeprefix("origin/")
    fetched = f"; `git fetch --depth=1 origin {shlex.quote(name)}` brings a branch, tag or commit alone" if name else ""
    return f"this clone is shallow, so it lacks older commits: `git fetch --unshallow` brings them{fetched}"


def refuse(code: str, message: str, help: str = "") -> NoReturn:
    """Raise a diagnostic without a place."""
    raise ConvcliError([Diagnostic(code, message, help=help)])
