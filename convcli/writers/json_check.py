"""What came of a check, for machines: `convcli/check/1`, written field by field."""

from typing import Any

from convcli import __version__
from convcli.budgets.judge import shown
from convcli.budgets.metrics import SHAPES, metric_of
from convcli.budgets.record import Judgement
from convcli.budgets.verdict import Check, Verdict
from convcli.writers.json_fields import encode
from convcli.writers.json_report import finding_dict

SCHEMA = "convcli/check/1"


def check_json(check: Check) -> str:
    """Return the report for machines, a line for each network."""
    files = ",\n    ".join(encode(_verdict(verdict)) for verdict in check.verdicts)
    parts = {
        "schema": encode(SCHEMA),
        "convcli": encode(__version__),
        "good": encode(check.good),
        "networks": f"[\n    {files}\n  ]" if files else "[]",
        "skipped": encode([{"path": path, "why": why} for path, why, _ in check.skipped]),
        "findings": encode([finding_dict(found) for found in check.wrong]),
    }
    return "{\n" + ",\n".join(f"  {encode(name)}: {text}" for name, text in parts.items()) + "\n}\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    totals = verdict.totals
    names = () if totals is None else ("layers", "params", "trainable", "buffers", "macs", "flops")
    return {
        "path": verdict.path,
        "name": verdict.name,
        "variant": verdict.variant,
        "status": verdict.status,
        "totals": totals and {name: None if name in totals.unknown else getattr(totals, name) for name in names},
        "outputs": [{"name": made.name, "shape": made.shape} for made in verdict.outputs],
        "budgets": [_judgement(one) for one in verdict.judgements],
        "findings": [finding_dict(found) for found in verdict.findings],
    }


def _judgement(one: Judgement) -> dict[str, Any]:
    metric = metric_of(one.budget.metric)
    return {
        "metric": one.budget.metric,
        "layers": one.budget.pattern,
        "limit": one.budget.limit(),
        "level": one.budget.level,
        "value": _plain(metric.kind, one.value.value) if one.value.known else None,
        "shown": shown(metric, one.value.value) if one.value.known else None,
        "good": one.good,
    }


def _plain(kind: str, value: Any) -> Any:
    """Return a value; a single output is its size."""
    return value[0] if kind == SHAPES and len(value) == 1 else value
