"""From an operator's refusal to a diagnostic: where it is, what flows in, and what to type instead."""

from convcli.diagnostics import Diagnostic, Refusal
from convcli.graph import Node
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.layer.write import write
from convcli.op import Operator
from convcli.resolve.state import State
from convcli.resolve.values import Tensor
from convcli.source import Phrase

_SPREADING = ("flatten", "Flatten", "reshape", "view")


def explain_refusal(
    state: State, refusal: Refusal, cls: type[Operator], tree: Expression, phrase: Phrase, tensors: list[Tensor]
) -> Diagnostic:
    """Place a refusal in its file."""
    call = _call(tree)
    help = refusal.help
    if refusal.code == "CV202" and refusal.argument and call:
        help = _unflattened(state, refusal, cls, call, tensors) or (
            _rewritten(refusal, cls, call) + _how_it_comes_about(state, refusal, tensors)
        )
    at = _argument_at(refusal, cls, call) if call and not tensors else None
    span = phrase.span(*(at or tree.at))
    return Diagnostic(refusal.code, refusal.message, span, where_from(state, tensors), help)


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


def _call(tree: Expression) -> syntax.Call | None:
    while isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Call):
        tree = tree.function
    return tree if isinstance(tree, syntax.Call) else None


def _argument_at(refusal: Refusal, cls: type[Operator], call: syntax.Call) -> syntax.At | None:
    name = refusal.argument
    if name is None:
        return None
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.at
    position = int(name) if name.isdigit() else _position(cls, name, call)
    return call.arguments[position].at if position is not None and position < len(call.arguments) else None


def _position(cls: type[Operator], name: str, call: syntax.Call) -> int | None:
    names = list(cls.arguments)
    if isinstance(call.function, syntax.Name) and call.function.name.startswith("Lazy"):
        names = [own for own, declared in cls.arguments.items() if not declared.inferred]
    return names.index(name) if name in names else None


def _rewritten(refusal: Refusal, cls: type[Operator], call: syntax.Call) -> str:
    """Write the call with the number that would fit, or with `_`."""
    fitting = _replace(call, cls, refusal.argument or "", syntax.Constant(refusal.instead))  # type: ignore[arg-type]
    open_ = _replace(call, cls, refusal.argument or "", syntax.Name("_"))
    if fitting is None or open_ is None:
        return ""
    written, constant = fitting
    if constant:
        return f"write `{write(written)}`, or `{write(open_[0])}` to infer it"
    return f"write `{write(open_[0])}` to infer it"


def _replace(call: syntax.Call, cls: type[Operator], name: str, value: Expression) -> tuple[syntax.Call, bool] | None:
    position = _position(cls, name, call)
    if position is not None and position < len(call.arguments):
        old = call.arguments[position]
        arguments = (*call.arguments[:position], value, *call.arguments[position + 1 :])
        return call._replace(arguments=arguments), isinstance(old, syntax.Constant)
    for at, keyword in enumerate(call.keywords):
        if keyword.name == name:
            keywords = (*call.keywords[:at], keyword._replace(value=value), *call.keywords[at + 1 :])
            return call._replace(keywords=keywords), isinstance(keyword.value, syntax.Constant)
    return None


def _unflattened(state: State, refusal: Refusal, cls: type[Operator], call: syntax.Call, tensors: list[Tensor]) -> str:
    """Say what is missing where a `Linear` for the channels meets a tensor that still has its height and width."""
    shape = state.shape(tensors[0]) if tensors else None
    if cls.name != "Linear" or shape is None or len(shape) != 4 or refusal.accepts is None:
        return ""
    channels = refusal.accepts[-1]
    node = shape[1] * shape[2] * shape[3]
    figures = f"{shape[1]} * {shape[2]} * {shape[3]} = {node}"
    if channels != shape[1]:
        return f"`Linear` reads the last axis; write `- Flatten()` before it: {figures}" if channels == node else ""
    fitting = _replace(call, cls, "in_features", syntax.Constant(node))
    instead = f" and `{write(fitting[0])}`" if fitting else ""
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
