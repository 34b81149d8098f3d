"""From our number to another tool's, for people: each rule that makes a difference, and the layers where it does."""

from collections.abc import Iterator

from convcli import human
from convcli.report import Report, Uncertain, Versus
from convcli.styled import DIM, NUMBER
from convcli.writers.simple_table import CUT, WRAP, Block, Column, Heading, Page, Paragraph, Table

SHOWN = 3
"""How many layers are named where not all are."""

_COLUMNS = (
    Column("", right=True, role=NUMBER), Column("rule", WRAP, least=32), Column("layers", CUT, role=DIM, least=12),
)  # fmt: skip


def versus_page(report: Report, versus: Versus, *, all_layers: bool = False) -> Page:
    """Return the page of a reconciliation; `all_layers` names every layer."""
    unit = "2 * MACs" if versus.unit == "FLOP" else "MACs"
    ours = f"{unit}: multiply-adds without bias, batch {report.batch}"
    theirs = f"{versus.convention} {versus.version}: {versus.says}, batch {report.batch}"
    rows = (
        (_total(versus.ours, versus.ours_known), ours, ""),
        *((_signed(one.value), one.rule, _layers(one.layers, all_layers)) for one in versus.differences),
        (_total(versus.theirs, versus.theirs_known), theirs, ""),
    )
    return (
        Heading(f"{report.name}, from our count to that of {versus.convention}"),
        Table(_COLUMNS, rows, head=False),
        *_remarks(f"It is not known what {versus.convention} counts for", versus.unseen),
        *_remarks(f"{versus.convention} counts nothing for", versus.silent),
    )


def _total(value: int, known: bool) -> str:
    return human.exact(value) if known else f">= {human.exact(value)}"


def _signed(value: object) -> str:
    return f"{value:+,}" if isinstance(value, int) else f"+{value}" if not str(value).startswith("-") else str(value)


def _layers(layers: tuple[str, ...], all_layers: bool) -> str:
    if not layers:
        return ""
    count = "1 layer" if len(layers) == 1 else f"{len(layers):,} layers"
    shown = layers if all_layers else layers[:SHOWN]
    return f"{count}: {', '.join(shown)}{', ...' if len(shown) < len(layers) else ''}"


def _remarks(head: str, found: tuple[Uncertain, ...]) -> Iterator[Block]:
    """Give a paragraph for each reason, with the operators to which it applies."""
    reasons: dict[str, list[str]] = {}
    for op, why, layers in found:
        reasons.setdefault(why, []).append(f"{op} ({len(layers):,})")
    for why, ops in reasons.items():
        yield Paragraph(f"{head} {', '.join(ops)}: {why}.")
