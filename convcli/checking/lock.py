"""The lock: what networks add up to, kept in a file beside them, so that a change of a number is seen."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from convcli.budgets.judge import shown
from convcli.budgets.metrics import METRICS
from convcli.checked import Check, Verdict
from convcli.checking.files import real
from convcli.checking.replace import replace_text
from convcli.diagnostics import ERROR, ConvcliError, Diagnostic, Related
from convcli.document import Mapping, Scalar
from convcli.human import show_shape
from convcli.readers import SUFFIXES
from convcli.readers.files import read_text, relative
from convcli.readers.toml import read_toml
from convcli.record import Record
from convcli.report import Totals
from convcli.source import Source, Span

HEAD = "# What each network adds up to. Written by `convcli lock`; `convcli check --locked` compares.\n"
NUMBERS = (
    "layers", "params", "trainable", "buffers", "macs", "flops", "other_ops",
    "weights_bytes", "inference_peak_bytes", "saved_for_backward_bytes", "training_bytes",
)  # fmt: skip

Entry = dict[str, str]
"""What is kept of a network: texts by name, numbers in groups of three."""


class Locked(Record):
    """An entry of a lock file and where it stands."""

    entry: Entry
    span: Span


def entry_of(verdict: Verdict, totals: Totals) -> Entry:
    """Return what is kept of a network."""
    field = METRICS["receptive_field"]
    found = {
        "inputs": ", ".join(show_shape(made.shape) for made in verdict.inputs),
        "outputs": ", ".join(show_shape(made.shape) for made in verdict.outputs),
        "receptive_field": shown(field, verdict.receptive_field.value),
    }
    for name in NUMBERS:
        value = f"{getattr(totals, name):_}"
        found[name] = f">= {value}" if name in totals.unknown else value
    return found


def key_of(verdict: Verdict, folder: Path) -> str:
    """Return the name of a network in the lock: its file as seen from the lock, and its variant."""
    path = Path(os.path.relpath(real(verdict.path), real(folder))).as_posix()
    return path if verdict.variant is None else f"{path}#{verdict.variant}"


class LockUpdate(Record):
    """What became of a lock file: its path, and the names of the networks that are new, have moved, or are gone."""

    path: str
    networks: int
    added: tuple[str, ...]
    moved: tuple[str, ...]
    removed: tuple[str, ...]


def write_lock(check: Check, paths: Sequence[str], lock: Path) -> LockUpdate:
    """Write the lock anew for `paths`; other entries stay.

    Raises:
        ConvcliError: a file is broken, or the lock that is there is none; nothing is written then.
    """
    broken = [found for one in check.verdicts if one.totals is None for found in one.findings if found.level == ERROR]
    if check.wrong or broken:
        raise ConvcliError([*check.wrong, *broken])
    before, folder = read_lock(lock), lock.parent
    now = {key: locked.entry for key, locked in before.items() if not _covers(paths, _file_of(key, folder)[0])}
    now |= {key_of(one, folder): entry_of(one, one.totals) for one in check.verdicts if one.totals is not None}
    _refuse_odd_names(now)
    replace_text(lock, lock_text(now))
    moved = tuple(key for key in now if key in before and before[key].entry != now[key])
    added, removed = (tuple(sorted(one.keys() - other.keys())) for one, other in ((now, before), (before, now)))
    return LockUpdate(relative(lock), len(now), added, moved, removed)


def _refuse_odd_names(keys: Iterable[str]) -> None:
    odd = [key.encode("utf-8", "backslashreplace").decode() for key in keys if not _is_text(key)]
    if odd:
        help = "rename it, or put it under `exclude` in the configuration"
        raise ConvcliError(
            [Diagnostic("CV009", f"the name of {key} is no UTF-8, and a lock is", help=help) for key in odd]
        )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_lock(path: Path) -> dict[str, Locked]:
    """Read a lock file; empty where there is none.

    Raises:
        ConvcliError: it is no lock file.
    """
    if not path.exists():
        return {}
    help = f"delete {relative(path)}, then `convcli lock`"
    try:
        root = read_toml(Source(relative(path), read_text(path).text))
    except ConvcliError as error:
        raise ConvcliError([one._replace(help=one.help or help) for one in error.diagnostics]) from None
    found = {}
    for key, node in root.items:
        values = node.items if isinstance(node, Mapping) else ()
        if not values or any(not isinstance(value, Scalar) for _, value in values):
            raise ConvcliError([Diagnostic("CV417", "this is no entry of a lock file", key.span, help=help)])
        texts = {name.text: _grouped(value.text) for name, value in values if isinstance(value, Scalar)}
        found[key.text] = Locked(texts, key.span)
    return found


def _grouped(text: str) -> str:
    return f"{int(text):_}" if text.isascii() and text.isdecimal() and len(text) < 40 else text


def lock_text(entries: dict[str, Entry]) -> str:
    """Return a lock file, in the order of names."""
    parts = [HEAD]
    for key in sorted(entries):
        lines = [f"{name} = {_value(text)}\n" for name, text in entries[key].items()]
        parts.append(f"[{_quoted(key)}]\n{''.join(lines)}")
    return "\n".join(parts)


def _value(text: str) -> str:
    return text if text.replace("_", "").isdecimal() else _quoted(text)


def _quoted(text: str) -> str:
    inner = "".join(
        f"\\u{ord(sign):04x}" if ord(sign) < 32 or sign == "\x7f" else f"\\{sign}" if sign in '"\\' else sign
        for sign in text
    )
    return f'"{inner}"'


def held(
    verdicts: Sequence[Verdict], paths: Sequence[str], lock: Path, variants: Sequence[str] | None = None
) -> list[Verdict]:
    """Hold networks against a lock: return the verdicts with what has moved, and what the lock has beside them.

    With `variants` only those were judged. What a broken file has, nobody knows.

    Raises:
        ConvcliError: it is no lock file.
    """
    locked, folder = read_lock(lock), lock.parent
    known = {key_of(verdict, folder) for verdict in verdicts}
    names = {real(verdict.path): verdict.path for verdict in verdicts}
    broken = {real(verdict.path) for verdict in verdicts if verdict.totals is None}
    gone = []
    for key in (key for key in locked if key not in known):
        file, variant = _file_of(key, folder)
        judged = real(file) not in broken and (variants is None or variant in variants)
        if judged and _covers(paths, file):
            path = names.get(real(file)) or relative(file)
            gone.append(Verdict.unresolved(path, file.stem, variant, (_gone(key, locked[key], paths),)))
    new = {verdict.path for verdict in verdicts if verdict.variant is None and key_of(verdict, folder) not in locked}
    return [
        *(
            verdict if verdict.variant and verdict.path in new  # said of the file as it stands
            else _held(verdict, locked.get(key_of(verdict, folder)), lock)
            for verdict in verdicts
        ),
        *gone,
    ]  # fmt: skip


def _held(verdict: Verdict, locked: Locked | None, lock: Path) -> Verdict:
    if verdict.totals is None:  # that it is broken is said already
        return verdict
    if locked is None:
        found = Diagnostic("CV405", f"{verdict.title()} is not in {relative(lock)}", help=_again(verdict.path))
    else:
        moved = _moved(locked.entry, entry_of(verdict, verdict.totals))
        if not moved:
            return verdict
        message = f"{verdict.title()} has moved, and the lock has not"
        related = tuple(Related(None, text) for text in moved)
        found = Diagnostic("CV404", message, locked.span, help=_again(verdict.path), related=related)
    return verdict._replace(findings=(*verdict.findings, found))


def _gone(key: str, locked: Locked, paths: Sequence[str]) -> Diagnostic:
    return Diagnostic("CV406", f"the lock has `{key}`, which is no more", locked.span, help=_again(*paths))


def _again(*paths: str) -> str:
    from shlex import join

    return f"if that is meant, `convcli lock {join(paths)}`"


def _moved(before: Entry, now: Entry) -> list[str]:
    """Say what is not as it was."""
    return [
        f"{name} {before.get(name, 'unknown').replace('_', ',')} -> {text.replace('_', ',')}"
        for name, text in now.items()
        if before.get(name) != text
    ]


def _covers(paths: Sequence[str], file: Path) -> bool:
    """Say whether a file was asked for, or lies below a folder that was."""
    path = real(file)
    return not {real(name) for name in paths}.isdisjoint((path, *path.parents))


def _file_of(key: str, folder: Path) -> tuple[Path, str | None]:
    """Return the file and the variant that an entry is of; a `#` may stand in either."""
    parts = [(key, None), *((key[:at], key[at + 1 :]) for at, sign in enumerate(key) if sign == "#")]
    there = (one for one in parts if (folder / one[0]).is_file())
    named = (one for one in parts if one[0].lower().endswith(SUFFIXES))
    file, variant = next(there, None) or next(named, None) or parts[-1]
    return folder / file, variant
