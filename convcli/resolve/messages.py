"""From an operator's refusal to a diagnostic: where it is, what flows in, and what to type instead."""

from typing import Any

from convcli.argument import WrongValue
from convcli.diagnostics import Diagnostic, Refusal
from convcli.graph import Node
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.layer.write import write
from convcli.op import Operator
from convcli.resolve.failing import flattens_first
from convcli.resolve.state import State
from convcli.resolve.values import LAYERS, TENSOR_LIKE, Tensor
from convcli.resolve.written import Written, argument_of, call_of, has_fraction, whole_number, with_argument
from convcli.source import Phrase

_SPREADING = ("flatten", "Flatten", "reshape", "view")


def explain_refusal(
    state: State, refusal: Refusal, cls: type[Operator], tree: Expression, phrase: Phrase, tensors: list[Tensor]
) -> Diagnostic:
    """Place a refusal in its file: at the argument that is at fault, or at a layer whose input is."""
    call, help = call_of(cls, tree), refusal.help
    written = argument_of(cls, call, refusal.argument) if call and refusal.argument else None
    if refusal.code == "CV202" and refusal.argument and isinstance(call, syntax.Call):
        help = _unflattened(state, refusal, cls, call, tensors) or (
            _rewritten(refusal, cls, call) + _how_it_comes_about(state, refusal, tensors)
        )
    elif written is not None:
        value = written.value if isinstance(written, syntax.Keyword) else written
        help = _hidden(state, refusal, value) or _in_place_of(refusal, cls, call, value) or help
    elif refusal.code == "CV202" and isinstance(tree, syntax.Call) and call is None:
        help = help or "a layer that is applied again keeps its weights; for other channels write a new one"
    at = tree.at if written is None or (refusal.code == "CV202" and tensors) else written.at
    return Diagnostic(refusal.code, refusal.message, phrase.span(*at), where_from(state, tensors), help)


def _hidden(state: State, refusal: Refusal, value: Expression) -> str:
    """Say why a variable is no number any more."""
    if not isinstance(value, syntax.Name) or value.name not in state.variables or not isinstance(refusal.found, Tensor):
        return ""
    return f"here `{value.name}` is the layer of this name, which hides the variable; give it another name"


def _in_place_of(refusal: Refusal, cls: type[Operator], call: "Written | None", value: Expression) -> str:
    """Return what to type instead of a value that no argument can have."""
    found = refusal.found
    if isinstance(found, LAYERS):
        first = isinstance(call, syntax.Call) and call.arguments[:1] == (value,)
        row = f"{write(value)} | {cls.name}(...)" if first else f"{cls.name}(...) | {write(value)}"
        return f"join layers with a bar: `{row}`" if cls.module else ""
    if isinstance(found, TENSOR_LIKE):
        alone = isinstance(call, syntax.Call) and len(call.arguments) + len(call.keywords) == 1
        return f"apply a layer to a tensor with `{cls.name}({'...' * (not alone)})({write(value)})`"
    return whole_number(value) if has_fraction(found) and _whole_would_do(found, cls, refusal.argument or "") else ""


def _whole_would_do(found: object, cls: type[Operator], name: str) -> bool:
    """Say whether an argument takes whole numbers in place of the fractions that were found."""
    try:
        return name in cls.arguments and bool(cls.arguments[name].kind.accept(_whole(found), cls.axes))
    except (WrongValue, OverflowError):  # no integer is infinite
        return False


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_whole, value))
    return int(value) if isinstance(value, float) else value


def where_from(state: State, tensors: list[Tensor]) -> str:
    """Say what flows in and which layer it comes from."""
    parts = []
    for tensor in tensors:
        shape = state.shape(tensor)
        if shape is not None:
            parts.append(f"{show_shape(shape)}, {_producer(state, tensor)}")
    if not parts:
        return ""
    return f"the input here is {parts[0]}" if len(parts) == 1 else f"the inputs here are {' and '.join(parts)}"


def _producer(state: State, tensor: Tensor) -> str:
    index = tensor.result[0]
    if index < 0:
        return f"the network's `{state.inputs[-1 - index].name}`"
    node = state.nodes[index]
    line = f" (line {node.span.line})" if node.span and "\n" in node.span.source.text else ""
    return f"from `{node.name}`{line}"


def _rewritten(refusal: Refusal, cls: type[Operator], call: syntax.Call) -> str:
    """Write the call with the number that would fit, or with `_`."""
    name, several = refusal.argument or "", isinstance(refusal.instead, tuple)
    sizes = tuple(map(syntax.Constant, refusal.instead)) if isinstance(refusal.instead, tuple) else ()
    fitting = with_argument(cls, call, name, syntax.List(sizes) if several else syntax.Constant(refusal.instead))  # type: ignore[arg-type]
    open_ = with_argument(cls, call, name, syntax.Name("_"))
    if fitting is None or open_ is None:
        return ""
    if several:  # `_` is the last axis alone
        return f"write `{write(fitting)}`"
    written = argument_of(cls, call, name)
    if isinstance(written.value if isinstance(written, syntax.Keyword) else written, syntax.Constant):
        return f"write `{write(fitting)}`, or `{write(open_)}` to infer it"
    return f"write `{write(open_)}` to infer it"


def _unflattened(state: State, refusal: Refusal, cls: type[Operator], call: syntax.Call, tensors: list[Tensor]) -> str:
    """Say what is missing where a `Linear` for the channels meets a tensor that still has its height and width."""
    shape = state.shape(tensors[0]) if tensors else None
    if shape is None or refusal.accepts is None or not flattens_first(refusal, cls, shape):
        return ""
    node = shape[1] * shape[2] * shape[3]
    figures = f"{shape[1]} * {shape[2]} * {shape[3]} = {node}"
    if refusal.accepts[-1] != shape[1]:
        return f"`Linear` reads the last axis; write `- Flatten()` before it: {figures}"
    fitting = with_argument(cls, call, "in_features", syntax.Constant(node))
    instead = f" and `{write(fitting)}`" if fitting else ""
    return (
        f"`Linear` reads the last axis; write `- Flatten()` before it{instead}, {figures},\n"
        f"or `AdaptiveAvgPool2d(1)` and `Flatten()`, and leave `{write(call)}`"
    )


def _how_it_comes_about(state: State, refusal: Refusal, tensors: list[Tensor]) -> str:
    """Show the product behind the number of features of a flattened tensor: 64 * 7 * 7 = 3136."""
    if not tensors or tensors[0].result[0] < 0:
        return ""
    node: Node = state.nodes[tensors[0].result[0]]
    while node.op.name.startswith(("Dropout", "Identity")) and node.inputs[0][0] >= 0:
        node = state.nodes[node.inputs[0][0]]
    shape = node.input_shapes[0] if node.input_shapes else None
    if node.op.name not in _SPREADING or shape is None or len(shape) < 3:
        return ""
    product = " * ".join(map(str, shape[1:]))
    return f"; {product} = {refusal.instead}, from the {show_shape(shape)} that `{node.name}` flattens"
