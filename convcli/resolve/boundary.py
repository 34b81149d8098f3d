"""What flows into a network and out of it: sizes with their batch, and the tensors it gives."""

from typing import Any

from convcli.blocks import Words
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Input, Result
from convcli.human import show_shape
from convcli.layer.syntax import Expression
from convcli.quantity import LARGEST, UNKNOWN, Shape
from convcli.record import Record
from convcli.resolve.expression import Evaluating
from convcli.resolve.state import MAX_LAYERS
from convcli.resolve.values import BROKEN, Numbering, Scope, Tensor


class Given(Record):
    """What the question adds to a network's text.

    `sizes` are the inputs as given with `-i`; `batch` is None where none was given; `batched` says
    whether `sizes` have a batch, None where their number of dimensions tells.
    """

    sizes: dict[str, Shape] = {}
    batch: int | None = None
    batched: bool | None = None
    variant: str | None = None
    settings: tuple[tuple[str, Words], ...] = ()
    max_layers: int = MAX_LAYERS


class Boundary(Evaluating):
    """Makes a network's inputs and finds its outputs."""

    given = Given()

    def start(self, given: Given) -> Tensor:
        """Make the network's inputs; return the first."""
        self.given = given
        written = self.written_inputs()
        names = list(written) or [name or "input" for name in given.sizes] or ["input"]
        sizes = {name: given.sizes.get(name, given.sizes.get("") if name == names[0] else None) for name in names}
        batched = {name: self.is_batched(size, written.get(name), given) for name, size in sizes.items() if size}
        for index, name in enumerate(names):
            size = sizes[name] or written.get(name)
            if size is not None and not batched.get(name):
                self.own_batch.add(index)
                size = (given.batch or 1, *size)
            self.inputs.append(Input(name, size, "float32"))
        return Tensor((-1, 0), self.inputs[0].shape)

    def written_inputs(self) -> dict[str, Shape]:
        """Return the inputs that the file states, without batch."""
        scope = Scope(Numbering("", ""), None, {}, None)
        inputs = {}
        for declared in self.network.inputs:
            sizes: list[int] = []
            for words in declared.sizes:
                self.phrase = words.phrase
                value = self.evaluate(words.tree, scope, scope.spot)
                several = value if isinstance(value, list) else (value,)  # a variable may hold all of them
                sizes.extend(self.written_size(size, words.tree) for size in several)
            inputs[declared.name] = tuple(sizes)
        return inputs

    def written_size(self, size: Any, tree: Expression) -> int:
        """Return a size as the file states it; what could not be read has been complained of."""
        if size is BROKEN or size is UNKNOWN:
            return UNKNOWN
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= LARGEST:
            self.refuse_number("CV112", "a size is a positive integer", size, tree)
        return size

    def is_batched(self, sizes: Shape, written: Shape | None, given: Given) -> bool:
        """Say whether the sizes of an input, as given with `-i`, have a batch."""
        batched = given.batched
        if batched is None and written is not None:
            if len(sizes) not in (len(written), len(written) + 1):
                message = f"`-i {show_shape(sizes)}` for an input that has {len(written)} numbers in the file"
                meant = show_shape((written[0], *sizes) if len(sizes) == len(written) - 1 else written)
                help = f"write `-i {meant}`; a batch may stand in front"
                raise ConvcliError([Diagnostic("CV002", message, help=help)])
            batched = len(sizes) == len(written) + 1
        if batched is None:
            batched = self.first_operator_says(sizes)
        if batched and given.batch is not None:
            message = "`--batch` beside an input that has a batch already"
            raise ConvcliError([Diagnostic("CV002", message, help="leave one of them out")])
        return batched

    def first_operator_says(self, sizes: Shape) -> bool:
        """Decide by the operator that reads the input first whether `sizes` have a batch (see `Resolver`)."""
        raise NotImplementedError

    def work_through(self, given: Given) -> Scope:
        """Work through the network (see `Resolver`)."""
        raise NotImplementedError

    def outputs(self, scope: Scope) -> tuple[Result, ...]:
        """Return the tensors that the network gives."""
        values = []
        for words in self.network.outputs:
            self.phrase = words.phrase
            try:
                value = self.evaluate(words.tree, scope, scope.spot)
                if value is not None:  # as an item of a list, it is no layer
                    values.append(self.tensor(value, words.tree.at))
            except ConvcliError as error:
                self.complain(error)
        if not values and not self.findings.errors():
            values.append(self.tensor(scope.x, (0, 0)))
        return tuple(value.result for value in values)
