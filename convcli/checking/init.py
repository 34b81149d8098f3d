"""`convcli check --init`: budgets from the present numbers, written into files that have none."""

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from convcli.budgets.metrics import METRICS
from convcli.budgets.quantities import BYTES, NoQuantity, parse_percent
from convcli.budgets.verdict import Check, Verdict
from convcli.checking.replace import refuse_read_only, replace_text
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.files import BYTE_ORDER_MARK, MAX_SIZE, read_text
from convcli.readers.network_file import read_network
from convcli.record import Record
from convcli.report import Totals
from convcli.source import Source

BOUNDED = ("params", "macs", "memory.inference")
"""The metrics that get a budget, beside the output."""
_TOTALS = {"params": "params", "macs": "macs", "memory.inference": "inference_peak_bytes"}
DIGITS = 3


class Written(Record):
    """What became of a file: the budgets that were written, or why none were."""

    path: str
    budgets: tuple[str, ...]
    why: str


def parse_slack(text: str) -> Fraction:
    """Read a slack in percent.

    Raises:
        ConvcliError: it is none.
    """
    try:
        return parse_percent(text)
    except NoQuantity as wrong:
        raise ConvcliError([Diagnostic("CV411", f"`--slack`: {wrong}")]) from None


def write_budgets(check: Check, slack: Fraction, max_size: int = MAX_SIZE) -> list[Written]:
    """Add budgets to each file of a check that has none of its own.

    Raises:
        ConvcliError: something is wrong with a path, or a file cannot be written; none is written then.
    """
    if check.wrong:
        raise ConvcliError(check.wrong)
    files: dict[str, list[Verdict]] = {}
    for verdict in check.verdicts:
        files.setdefault(verdict.path, []).append(verdict)
    planned = [_planned(Path(path), verdicts, slack, max_size) for path, verdicts in files.items()]
    for written, _ in planned:
        if written.budgets:
            refuse_read_only(Path(written.path))
    for written, text in planned:
        if written.budgets:
            replace_text(Path(written.path), text)
    return [written for written, _ in planned]


def _planned(path: Path, verdicts: Sequence[Verdict], slack: Fraction, max_size: int) -> tuple[Written, str]:
    """Return what is to become of a file, and its new text."""
    if any(verdict.file for verdict in verdicts):
        return Written(verdicts[0].path, (), "a Python model has no `check:`: put it into the configuration"), ""
    if any(verdict.totals is None for verdict in verdicts):
        return Written(str(path), (), "it does not resolve"), ""
    source = read_text(path, max_size)
    if read_network(source, path).check is not None:
        return Written(str(path), (), "it has a `check:`"), ""
    budgets = _budgets(verdicts, slack)
    text = source.text + _added(source.text, budgets, slack)
    try:
        good = read_network(Source(source.name, text), path).check is not None
    except ConvcliError:
        good = False
    if not good:
        return Written(str(path), (), "nothing can be added at its end"), ""
    with path.open("rb") as file:
        mark = BYTE_ORDER_MARK if file.read(3) == BYTE_ORDER_MARK.encode() else ""
    return Written(str(path), budgets, ""), mark + text


def _added(text: str, budgets: Sequence[str], slack: Fraction) -> str:
    """Return what goes behind a text, an empty line between them, with the text's own ends of lines."""
    found = re.search(r"\r\n?|\n", text)
    end = found.group() if found else "\n"
    lines = [f"check:  # what the network has, and {float(100 * slack):g} %", *(f"  {budget}" for budget in budgets)]
    between = "" if text.endswith(2 * end) else end if text.endswith(end) else 2 * end
    return between + "".join(line + end for line in lines)


def _budgets(verdicts: Sequence[Verdict], slack: Fraction) -> tuple[str, ...]:
    """Return the lines of a `check:` that a file and all its variants keep."""
    found = []
    outputs = {tuple(made.shape and made.shape[1:] for made in verdict.outputs) for verdict in verdicts}
    if len(outputs) == 1:
        (shapes,) = outputs
        sizes = [list(shape) for shape in shapes if shape is not None and None not in shape]
        if len(sizes) == len(shapes):
            found.append(f"output: {sizes[0] if len(sizes) == 1 else sizes}")
    totals = [verdict.totals for verdict in verdicts if verdict.totals is not None]
    for name in BOUNDED:
        if all(_TOTALS[name] not in one.unknown for one in totals):
            most = max(_value(one, name) for one in totals)
            found.append(f"{name}: {{max: {rounded_up(most * (1 + slack), METRICS[name].kind)}}}")
    return tuple(found)


def _value(totals: Totals, name: str) -> int:
    value: int = getattr(totals, _TOTALS[name])
    return value


def rounded_up(value: Fraction, kind: str) -> str:
    """Write a quantity with three digits that is no smaller."""
    base, signs = (1024, ("B", "KiB", "MiB", "GiB", "TiB")) if kind == BYTES else (1000, ("", "k", "M", "G", "T"))
    step = 0
    while value >= base ** (step + 1) and step < len(signs) - 1:
        step += 1
    scaled, digits = value / base**step, 0
    while scaled and scaled * 10 ** (digits + 1) < 10**DIGITS and step:
        digits += 1
    whole = -(-scaled * 10**digits // 1)
    text = f"{whole // 10**digits}" + (f".{whole % 10**digits:0{digits}d}" if digits else "")
    return f"{text}{' ' if kind == BYTES else ''}{signs[step]}"
