"""Finding the configuration: `convcli.toml`, or `[tool.convcli]` in `pyproject.toml`, in this folder or above it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convcli.budgets.configuration import Configuration, Section, read_configuration
from convcli.budgets.record import Budget
from convcli.checking.files import Patterns
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping
from convcli.readers.files import read_text, relative
from convcli.source import Source

OWN, SHARED, LOCK = "convcli.toml", "pyproject.toml", "convcli.lock"


class Configured:
    """A configuration and the folder that its patterns begin at."""

    def __init__(self, configuration: Configuration, folder: Path) -> None:
        self.configuration, self.folder = configuration, folder
        self.patterns = [
            Patterns([one.text for one in section.patterns], folder) for section in configuration.sections
        ]  # fmt: skip

    def lock(self) -> Path:
        """Return where the lock is."""
        return self.folder / LOCK

    def sections(self, path: Path) -> list[Section]:
        """Return what holds for a file, the more special behind the more general."""
        pairs = zip(self.configuration.sections, self.patterns, strict=True)
        return [section for section, patterns in pairs if not section.patterns or patterns.match(path)]

    def how(self, path: Path) -> dict[str, Any]:
        """Return the options of `profile` for a file."""
        return {name: value for section in self.sections(path) for name, value in section.how}

    def budgets(self, path: Path) -> list[Budget]:
        """Return the budgets for a file."""
        return [budget for section in self.sections(path) for budget in section.budgets]

    def levels(self, path: Path) -> dict[str, str]:
        """Return the levels of rules for a file, by code."""
        return {code: level for section in self.sections(path) for code, level in section.levels}


def find_configuration(named: str | None) -> Configured:
    """Read the configuration that is named, or the nearest one.

    Raises:
        ConvcliError: something is wrong with it.
    """
    try:
        here = Path.cwd()
    except OSError:
        raise ConvcliError([Diagnostic("CV001", "the folder that this was started in is no more")]) from None
    if named is not None:
        found = _read(Path(named))
        return found or Configured(Configuration(), Path(named).parent)
    for folder in (here, *here.parents):
        for name in (OWN, SHARED):
            path = folder / name
            found = _read(path) if _is_there(path) else None
            if found is not None:
                return found
        if (folder / ".git").exists():
            break
    return Configured(Configuration(), here)


def _is_there(path: Path) -> bool:
    """Say whether a file may have a configuration, without reading it as TOML."""
    try:
        return path.is_file() and (path.name == OWN or "convcli" in path.read_text("utf-8", "replace"))
    except OSError as error:
        raise ConvcliError([Diagnostic("CV001", f"{relative(path)} cannot be read: {error.strerror}")]) from None


def _read(path: Path) -> Configured | None:
    """Read a configuration; None where a `pyproject.toml` has none."""
    source = Source(relative(path), read_text(path).text)
    from convcli.readers.toml import read_toml  # many folders have no configuration

    findings: list[Diagnostic] = []
    root = read_toml(source)
    if path.name == SHARED:
        for name in ("tool", "convcli"):
            inner = next(((key, value) for key, value in root.items if key.text == name), None)
            if inner is None:
                return None
            if not isinstance(inner[1], Mapping):
                raise ConvcliError([Diagnostic("CV412", f"`{name}` is a table", inner[0].span)])
            root = inner[1]
    configuration = read_configuration(root, findings)
    findings += _matching_nothing(configuration.sections, path.parent)
    if findings:
        raise ConvcliError(findings)
    return Configured(configuration, path.parent)


def _matching_nothing(sections: Sequence[Section], folder: Path) -> list[Diagnostic]:
    """Complain of patterns that no file fits: what was meant to be judged is not."""
    found = []
    for section in sections:
        for pattern in section.patterns:
            text = "*" if pattern.text and set(pattern.text.split("/")) <= {".", ""} else pattern.text
            try:
                any_file = next(iter(folder.glob(text)), None)
            except (ValueError, NotImplementedError, OSError):
                any_file = None
            if any_file is None:
                help = f"patterns begin at the folder of this file: `{folder}`"
                found.append(Diagnostic("CV416", f"no file fits `{pattern.text}`", pattern.span, help=help))
    return found
