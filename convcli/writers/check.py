"""What came of a check: for people, as Markdown, and as CSV."""

import io
from typing import Any

from convcli import human
from convcli.budgets.judge import shown
from convcli.budgets.metrics import metric_of
from convcli.budgets.verdict import BROKEN, GOOD, OVER, WARNED, Check, Verdict
from convcli.diagnostics import Diagnostic
from convcli.styled import DIM, ERROR, NAME, PLAIN, TITLE, WARNING, Line, printable
from convcli.styled import GOOD as GREEN
from convcli.writers.diagnostics import diagnostic_lines
from convcli.writers.findings import each_finding
from convcli.writers.simple_table import CUT, Column, Heading, Page, Paragraph, Table, page_markdown, table_lines

FEW = 10
"""Networks that Markdown shows without folding them."""

SIGNS = {GOOD: ("✓", GREEN), WARNED: ("!", WARNING), OVER: ("✗", ERROR), BROKEN: ("✗", ERROR)}
WORDS = {GOOD: "good", WARNED: "warnings", OVER: "fails", BROKEN: "broken"}
COUNTED = {**WORDS, WARNED: "with warnings", OVER: "failing"}
_COLUMNS = (
    Column("file", CUT, role=NAME, least=24), Column("verdict"), Column("params", right=True),
    Column("MACs", right=True), Column("output", CUT, least=12), Column("budgets", right=True),
)  # fmt: skip


def all_findings(check: Check) -> list[Diagnostic]:
    """Return everything that was found, of all networks, in order."""
    return [found for _, found in each_finding(check)]


def check_lines(check: Check, width: int | None, *, verbose: bool) -> list[Line]:
    """Return the findings, a line for each network, and the verdict."""
    lines = diagnostic_lines(tuple(all_findings(check)), most=None)
    if check.verdicts:
        rows = tuple(_row(verdict) for verdict in check.verdicts)
        head, *table = table_lines(Table(_COLUMNS, rows), width and width - 2)
        lines.append([("  ", PLAIN), *head])
        for verdict, line in zip(check.verdicts, table, strict=True):
            sign, role = SIGNS[verdict.status]
            lines.append([(f"{sign} ", role), *line])
        lines.append([])
    lines += [[(f"skipped {one.path}: {one.why}", DIM)] for one in check.skipped if verbose or one.named]
    if check.wrong and not check.verdicts:
        return lines
    return [*lines, [(summary(check), TITLE if check.good else ERROR)]]


def summary(check: Check) -> str:
    """Say in one line what came of it."""
    counts = {status: sum(verdict.status == status for verdict in check.verdicts) for status in SIGNS}
    parts = [f"{count:,} {COUNTED[status]}" for status, count in counts.items() if count]
    text = human.counted(len(check.verdicts), "network") + " checked" + (f": {', '.join(parts)}" if parts else "")
    if check.skipped:
        text += f"; {human.counted(len(check.skipped), 'file')} skipped"
    return text


def _row(verdict: Verdict) -> tuple[str, ...]:
    totals, judged = verdict.totals, verdict.judgements
    budgets = f"{sum(one.good for one in judged)} of {len(judged)}" if judged else ""
    if totals is None:
        return verdict.title(), WORDS[verdict.status], "", "", "", budgets
    sizes = [
        ("" if name not in totals.unknown else ">= ") + human.short(getattr(totals, name))
        for name in ("params", "macs")
    ]
    output = ", ".join(human.show_shape(made.shape) for made in verdict.outputs)
    return verdict.title(), WORDS[verdict.status], *sizes, output, budgets


def check_markdown(check: Check, most: int | None = None) -> str:
    """Return the verdict as Markdown for a pull request: what is wrong first, the table folded where it is long.

    Of findings and of networks no more than `most` are shown, and the others counted.
    """
    page: list[Any] = [Heading(summary(check), 3)]
    findings = [*check.wrong, *all_findings(check)]
    if findings:
        columns = (Column("where"), Column("what"), Column("help"))
        rows = tuple((_place(one), f"{one.level}[{one.code}] {one.message}", one.help) for one in findings[:most])
        page += [Table(columns, rows), *_more(len(findings), most)]
    if not check.verdicts:
        return page_markdown(tuple(page))
    table = Table(_COLUMNS, tuple(_row(verdict) for verdict in check.verdicts[:most]))
    networks: Page = (table, *_more(len(check.verdicts), most))
    if len(check.verdicts) <= FEW:
        return page_markdown((*page, *networks))
    return (
        f"{page_markdown(tuple(page))}\n<details><summary>All networks</summary>\n\n"
        f"{page_markdown(networks)}\n</details>\n"
    )


def _more(whole: int, most: int | None) -> tuple[Paragraph, ...]:
    left = 0 if most is None else whole - most
    return (Paragraph(f"and {left:,} more, which do not fit here"),) if left > 0 else ()


def _place(found: Diagnostic) -> str:
    if found.span is None:
        return ""
    name = printable(found.span.source.name).replace("`", "'")
    return f"`{name}:{found.span.line}`"


def check_csv(check: Check) -> str:
    """Return a line for each budget of each network; one without budgets has a line of its own."""
    import csv  # few ask for it

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "variant", "status", "budget", "limit", "level", "value", "known", "good"])
    for verdict in check.verdicts:
        start = [verdict.path, verdict.variant or "", verdict.status]
        for one in verdict.judgements:
            value = one.value.value
            if isinstance(value, tuple):
                value = shown(metric_of(one.budget.metric), value)
            writer.writerow(
                [*start, one.budget.name(), one.budget.limit(), one.budget.level, value, one.value.known, one.good]
            )
        if not verdict.judgements:
            writer.writerow([*start, "", "", "", "", "", ""])
    return out.getvalue()
