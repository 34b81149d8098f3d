"""How a network goes on behind a layer that does not fit what flows in.

It goes on as it will once the layer is repaired the way its message says, so that every further
complaint still stands then: with a number of channels or features that fits, a convolution has its
own output, a normalisation the shape of its input. Where that is not known, nothing is.
"""

from typing import Any

from convcli.diagnostics import Diagnostic, Refusal
from convcli.human import show_shape
from convcli.op import Answer, Operator
from convcli.quantity import Shape, product
from convcli.resolve.state import State
from convcli.resolve.values import BROKEN, OpLayer, Tensor


def go_on(
    state: State, refusal: Refusal, layer: OpLayer, op: Operator, tensors: list[Tensor], place: tuple[str, str]
) -> Any:
    """Return what the layer will give; `place` are the names of its node and of its module.

    Raises:
        Refusal: it would still not take its input.
    """
    shapes = tuple(shape for shape in map(state.shape, tensors) if shape is not None)
    if refusal.argument is None or refusal.accepts is None or len(shapes) < len(tensors):
        return BROKEN
    node, module = place
    fitting, call = repaired(op, refusal), state.modules[module][1]
    if call == 1 and fitting is not None:  # further calls share the weights that it will have
        state.modules[module], state.repaired[module] = (fitting, 1), fitting
    flat = flattens_first(refusal, type(op), shapes[0])
    if fitting is None or flat:
        answer = _by_its_text(op, refusal, shapes, flat=flat)
        return state.add(state.free(node), module, call, op, tensors, layer.tree, answer) if answer else BROKEN
    return state.add(state.free(node), module, call, fitting, tensors, layer.tree)


def resume(resolver: Any, layer: OpLayer, tensors: list[Tensor], place: tuple[str, str]) -> Any:
    """Return what a layer gives whose input is not known: a convolution written in figures its own channels."""
    written = layer.op is not None and id(layer.tree) in resolver.constant_layers
    if not written or "out_channels" not in layer.cls.arguments or len(tensors) > 1:
        return BROKEN
    node, module = place
    return resolver.add(resolver.free(node), module, 1, layer.op, tensors, layer.tree)


def repaired(op: Operator, refusal: Refusal) -> Operator | None:
    """Return the operator with the number that its refusal asks for; None where it cannot have that."""
    try:
        return _repaired(op, refusal)
    except Refusal:  # groups, or heads, that do not divide it
        return None


def _repaired(op: Operator, refusal: Refusal) -> Operator | None:
    if refusal.argument is None or refusal.instead is None:
        return None
    return type(op).of(**{**op.values, refusal.argument: refusal.instead})


def flattens_first(refusal: Refusal, cls: type[Operator], shape: Shape) -> bool:
    """Say whether what is missing is a `Flatten` before a `Linear`, and not another number."""
    if cls.name != "Linear" or len(shape) != 4 or refusal.accepts is None:
        return False
    return refusal.accepts[-1] in (shape[1], product(shape[1:]))


def _by_its_text(op: Operator, refusal: Refusal, shapes: tuple[Shape, ...], *, flat: bool) -> Answer | None:
    """Return what the layer gives an input that fits; what it only hands on is the input that there is."""
    fitting = refusal.accepts or ()
    if flat:
        fitting = (shapes[0][0], fitting[-1])
    if len(shapes) > 1:
        return None
    made = op.answer((fitting,), ("float32",))
    return made._replace(outputs=tuple(shapes[0] if one is fitting else one for one in made.outputs))


def advised(resolver: Any, found: Diagnostic, refusal: Refusal, op: Operator, tensors: list[Tensor]) -> Diagnostic:
    """Add to the complaint about an input that does not fit what else would have to change, or could."""
    shape = resolver.shape(tensors[0]) if tensors else None
    if refusal.code != "CV202" or refusal.accepts is None or shape is None:
        return found
    try:
        _repaired(op, refusal)
    except Refusal as further:
        help = f"with {refusal.argument}={refusal.instead}, `{further.argument}` has to change as well: {further.help}"
        found = found._replace(help=help)
    if flattens_first(refusal, type(op), shape) or len(tensors) > 1:
        return found
    other = _other_input(resolver, refusal.accepts, op, -1 - tensors[0].result[0])
    return found._replace(help=f"{found.help};\nif the layer is right, {other}") if other else found


def _other_input(resolver: Any, accepts: Shape, op: Operator, index: int) -> str:
    """Say how to write the input that a layer expects, where it reads the network's input itself."""
    if index < 0 or op.batch_axis():
        return ""
    name, given = resolver.inputs[index].name, resolver.given.sizes
    sizes = accepts[1:] if index in resolver.own_batch else accepts
    if name in given:
        return f"write `-i {name}={show_shape(sizes)}`"
    if index == 0 and "" in given:
        return f"write `-i {show_shape(sizes)}`"
    written = resolver.network.format == "yaml" and len(resolver.network.inputs) == 1
    return f"write `{name}: {list(sizes)}`" if written else ""
