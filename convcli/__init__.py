"""Sizes, parameters, FLOPs and receptive fields of convolutional networks, from their text, at once."""

from convcli.api import profile, shape
from convcli.catalogue_api import explain, models, ops
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report
from convcli.report import LayerReport

__version__ = "0.1.0"

__all__ = ["ConvcliError", "Diagnostic", "LayerReport", "Report", "explain", "models", "ops", "profile", "shape"]
