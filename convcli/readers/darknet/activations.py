"""Darknet's activations."""

from typing import Any

from convcli.diagnostics import suggestion
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.readers.darknet.sections import Layer, Section
from convcli.readers.trees import call, fitted, unknown

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "leaky": ("LeakyReLU", {"negative_slope": 0.1}),
    "logistic": ("Sigmoid", {}),
    "relu": ("ReLU", {}),
    "relu6": ("ReLU6", {}),
    "mish": ("Mish", {}),
    "swish": ("SiLU", {}),
    "tanh": ("Tanh", {}),
    "elu": ("ELU", {}),
    "selu": ("SELU", {}),
    "gelu": ("GELU", {}),
    "hardtan": ("Hardtanh", {}),
}
OTHERS = (
    "ramp", "loggy", "relie", "plse", "stair", "lhtan", "revleaky", "hard_mish", "normalize_channels",
    "normalize_channels_softmax", "normalize_channels_softmax_maxval",
)  # fmt: skip
"""Activations that Darknet has and nobody else."""


def activation(section: Section, default: str) -> Expression | None:
    """Write a section's activation; None where it has none."""
    name, at = section.text("activation", default), section.place("activation")
    if name == "linear":
        return None
    if name in ACTIVATIONS:
        op, arguments = ACTIVATIONS[name]
        return call(op, at, **arguments)
    if name not in OTHERS:
        known = (*ACTIVATIONS, *OTHERS, "linear")
        help = suggestion(name, known, f"its activations are: {', '.join(known)}")
        section.reader.complain("CV083", f"Darknet has no activation `{name[:40]}`", at, help)
        return syntax.Invalid(at)
    return fitted(lambda x: unknown(name, x, macs=0, alike=True), at)


def parts(section: Section, layer: Expression, norm: Expression | None, act: Expression | None) -> Layer:
    """Return a layer with what follows it; a layer alone if nothing does."""
    named = {section.kind[:4]: layer, "bn": norm, "act": act}
    found = {name: one for name, one in named.items() if one is not None}
    return found if len(found) > 1 else layer
