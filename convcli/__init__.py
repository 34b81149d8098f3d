"""Sizes, parameters, FLOPs and receptive fields of convolutional networks, from their text, at once."""

import convcli.ops  # noqa: F401  the package of operators is bound before the function of its name
from convcli.api import (
    build,
    check,
    check_init,
    convert,
    explain,
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
from convcli.comparing import diff
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.network_schema import schema
from convcli.rendered import Report
from convcli.report import LayerReport

__version__ = "0.1.0"

__all__ = [
    "ConvcliError",
    "Diagnostic",
    "LayerReport",
    "Report",
    "build",
    "check",
    "check_init",
    "convert",
    "diff",
    "explain",
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
