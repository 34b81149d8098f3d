"""Sizes, parameters, FLOPs and receptive fields of convolutional networks, from their text, at once."""

from typing import TYPE_CHECKING, Any

import convcli.ops  # noqa: F401  the package of operators is bound before the function of its name
from convcli.api import (
    build,
    ceilings,
    check,
    check_init,
    convert,
    explain,
    inspect,
    lock,
    models,
    ops,
    profile,
    rf,
    shape,
    solve_batch,
    solve_size,
    verify,
)
from convcli.comparing import diff, diff_times
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.network_schema import schema
from convcli.rendered import Report
from convcli.report import LayerReport

if TYPE_CHECKING:
    from convcli.timing.wanted import Run

__version__ = "0.1.0"

__all__ = [
    "ConvcliError",
    "Diagnostic",
    "LayerReport",
    "Report",
    "Run",
    "build",
    "ceilings",
    "check",
    "check_init",
    "convert",
    "diff",
    "diff_times",
    "explain",
    "inspect",
    "lock",
    "models",
    "ops",
    "profile",
    "rf",
    "schema",
    "shape",
    "solve_batch",
    "solve_size",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import what only runs need when it is asked for."""
    if name == "Run":
        from convcli.timing.wanted import Run

        return Run
    raise AttributeError(f"module 'convcli' has no attribute {name!r}")
