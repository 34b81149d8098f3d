"""A network resolved again at other sizes, or at sizes that grow (see `growing`): its shapes alone, no costs."""

from functools import cache
from typing import Any

from convcli.blocks import Network
from convcli.diagnostics import ConvcliError
from convcli.growing import Growing, Interval
from convcli.input_sizes.walk import Failed, Outputs
from convcli.layer import syntax
from convcli.op import Answer, Operator
from convcli.quantity import Shape
from convcli.resolve.boundary import Boundary, Given
from convcli.resolve.state import check_types
from convcli.resolve.values import OpLayer, Scope, Spot, Tensor


class Trial(Boundary):
    """Resolves a network at other sizes; the first mistake ends it. Use `trial_of`, which adds the rest."""

    advising = True

    def __init__(self, network: Network, variables: dict[str, Any], given: Given, places: tuple[int, ...]) -> None:
        super().__init__(network, variables, given.max_layers)
        self.made = Outputs(places)
        sizes: list[Any] = [size for shape in given.sizes.values() for size in shape]
        self.of = next((size.of for size in sizes if type(size) is Growing), Interval(0, 0))
        self.of.touched = self.measures = False
        try:
            self.outputs(self.work_through(given))
        except ConvcliError:
            raise Failed from None
        self.measures = self.measures or self.of.touched

    def follows(self) -> bool:
        """Say whether the graph is the same for all sizes: nothing but the shapes depends on them."""
        return not self.measures and not any(_grows(value) for node in self.nodes for value in node.op.values.values())

    def complain(self, error: ConvcliError) -> None:
        raise Failed

    def explain(self, *_: Any) -> Any:
        raise Failed

    def infer(self, layer: OpLayer, tensors: list[Tensor]) -> Operator:
        """Read arguments from the inputs; a table of what was read could not hold numbers that grow."""
        return self.inferred_from(tuple(self.shape(tensor) for tensor in tensors), layer)

    def answer(self, op: Operator, shapes: tuple[Shape | None, ...], dtypes: tuple[str, ...]) -> Answer | None:
        """Return the shapes and types of the results; costs are not needed."""
        touched = self.of.touched
        check_types(op, dtypes)
        made = self.made.of(op, shapes)  # type: ignore[arg-type]  # the inputs of a trial have their sizes
        self.of.touched = touched
        return Answer(made, op.dtypes(dtypes, len(made)), 0, 0)

    def size(self, tree: syntax.Call, scope: Scope, spot: Spot) -> Any:
        """Note where the text asks for a size; the number of channels is no size."""
        value = super().size(tree, scope, spot)
        channels = len(tree.arguments) == 2 and getattr(tree.arguments[1], "value", None) == 1
        self.measures = self.measures or not channels
        return value


def trial_of(resolver: type[Any], *network_and_sizes: Any) -> Trial:
    """Resolve a network at other sizes, as a class of resolver does it; the arguments are those of `Trial`.

    Raises:
        Failed: it does not take them.
    """
    made: Trial = _class_of(resolver)(*network_and_sizes)  # type: ignore[arg-type]  # a class has a hash
    return made


@cache
def _class_of(resolver: type[Any]) -> type[Any]:
    return type("Trial", (Trial, resolver), {})  # not written out, since resolvers give advice by trials


def _grows(value: Any) -> bool:
    return type(value) is Growing or (isinstance(value, tuple | list) and any(map(_grows, value)))
