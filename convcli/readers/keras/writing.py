"""One call of a Keras layer in words, with its activation, and what is not known of it."""

from collections.abc import Callable
from typing import Any

from convcli.diagnostics import ConvcliError, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.quantity import UNKNOWN, Shape
from convcli.readers.complaints import Complaints
from convcli.readers.keras.layer import Layer
from convcli.readers.keras.layers import activation
from convcli.readers.keras.products import JOINS, ours
from convcli.readers.keras.sequences import GATES
from convcli.readers.keras.table import MAKERS, MERGES, merged
from convcli.readers.trees import CURRENT, applied, call, chain, fitted, unknown

FUNCTIONS = ("Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
"""Layers that somebody's own function stands in."""
OWN_ACTIVATION = ("Activation", *GATES, "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
"""Layers whose activation is no layer behind them."""
SIGNS = {
    "add": "add",
    "subtract": "sub",
    "sub": "sub",
    "multiply": "mul",
    "mul": "mul",
    "divide": "div",
    "truediv": "div",
}
"""Functions of TensorFlow between two tensors."""


class Writing:
    """Writes layers, and gathers what is wrong with them."""

    complaints: Complaints

    def written(self, layer: Layer, tensors: list[Expression], shape: list[Any] | None) -> Expression:
        """Return a layer that is applied to its tensors, with its activation behind it.

        `shape` is what it gives as far as the file says that, with the batch, as Keras has it.
        """
        joined = merged(layer, tensors)
        if joined is not None:
            return joined
        if layer.kind in JOINS:
            return fitted(lambda *x: self.good(JOINS[layer.kind], layer, *x), layer.at, *tensors)
        if layer.kind not in MAKERS:
            return self.strange(layer, tensors, shape)
        act = activation(layer) if layer.kind not in OWN_ACTIVATION else None
        own = fitted(lambda x: self.on(layer, x, tensors[0]), layer.at, tensors[0])
        return own if act is None else chain(own, act)

    def strange(self, layer: Layer, tensors: list[Expression], shape: list[Any] | None) -> Expression:
        """Return a layer that is not known: a sign between tensors, or what the file says that it gives."""
        sign = SIGNS.get(str(layer.config.get("function", "")).rpartition(".")[2])
        if sign is not None and len(tensors) == 2:
            return call(sign, layer.at, *tensors)
        written = layer.config.get("output_shape")
        given = written if isinstance(written, list) else shape[1:] if shape else None
        if given and all(type(one) is int and one > 0 for one in given):
            weights: dict[str, Shape] = {} if layer.kind in FUNCTIONS else {"weight": (UNKNOWN,)}
            sizes = tuple(given)
            return fitted(lambda *x: unknown(layer.kind, ours(layer, (x[0][0], *sizes)), weights), layer.at, *tensors)
        what = "is a function of somebody's own" if layer.kind in FUNCTIONS else "is no layer that is known here"
        meant = suggestion(layer.kind, (*MAKERS, *MERGES, *JOINS))
        say = 'say what it gives, without the batch, in its `config`: `"output_shape": [32, 32, 8]`'
        help = f"{meant} else {say}" if meant else say
        self.complaints.complain("CV083", f"`{layer.kind[:40]}` {what}", layer.at, help)
        return syntax.Invalid(layer.at)

    def good(self, make: Callable[..., Any], layer: Layer, *shapes: Shape) -> Any:
        """Return what is made of a layer.

        Raises:
            ConvcliError: one of its arguments is wrong.
        """
        before = len(self.complaints.findings)
        made = make(layer, *shapes)
        wrong = self.complaints.findings[before:]
        if wrong:
            del self.complaints.findings[before:]
            raise ConvcliError(wrong)
        return made

    def on(self, layer: Layer, x: Shape, tensor: Expression) -> Any:
        """Return a layer at the shape that it gets, applied to what it takes."""
        made = self.good(MAKERS[layer.kind], layer, x)
        if isinstance(made, syntax.Chain):
            return chain(tensor, *made.items)
        if isinstance(made, syntax.Call) and made.arguments[:1] == (CURRENT,):  # a function
            return made._replace(arguments=(tensor, *made.arguments[1:]))
        return applied(made, tensor) if isinstance(made, syntax.Call) else made
