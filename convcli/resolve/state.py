"""What is known while a network is worked through: its nodes so far, its modules, its mistakes."""

from collections.abc import Container
from itertools import takewhile
from typing import Any, NoReturn

from convcli.blocks import Block, Network
from convcli.diagnostics import ConvcliError, Diagnostic, Findings, Refusal
from convcli.graph import Input, Node, Result
from convcli.layer.syntax import At, Expression
from convcli.op import Answer, Operator
from convcli.quantity import LARGEST, Shape
from convcli.resolve.library import own_place, own_words
from convcli.resolve.values import BROKEN, Several, Tensor
from convcli.source import Phrase, Span

MAX_LAYERS = 100_000
STEPS_A_LAYER = 20
FREE_STEPS = 20_000
"""How much may be asked for, lists, blocks, repetitions, for each layer that comes of it."""

MOST_FINDINGS = 100
"""Resolving stops at this many mistakes."""

MAX_BLOCK_DEPTH = 64


class TooMuch(ConvcliError):
    """A limit is passed: there is no use in going on."""


class State:
    """The growing graph, and everything that has to be looked up on the way."""

    def __init__(self, network: Network, variables: dict[str, Any], max_layers: int) -> None:
        self.network = network
        self.variables = variables
        self.blocks: dict[str, Block] = {block.name: block for block in network.blocks}
        self.max_layers = max_layers
        # blocks may be missing because a file that `uses` names could not be read, which is complained of
        self.incomplete = any(found.code in ("CV001", "CV108", "CV109") for found in network.findings)
        self.findings = Findings()
        self.inputs: list[Input] = []
        self.fixed_inputs: set[int] = set()
        self.own_batch: set[int] = set()
        self.nodes: list[Node] = []
        self.kinds: dict[str, str] = {}
        self.failed_at: int | None = None
        self.failed: Span | None = None
        self.names: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.modules: dict[str, tuple[Operator, int]] = {}
        self.repaired: dict[str, Operator] = {}
        self.tensors: dict[str, Any] = {}
        self.weights: dict[int, tuple[list[Any], int]] = {}
        self.answers: dict[Any, Answer] = {}
        self.inferred: dict[Any, tuple[dict[str, Any], Operator]] = {}
        self.via: tuple[Span, ...] = ()
        self.phrase: Phrase = Phrase("", network.body.span.source, 0)
        self.steps = 0
        self.takes = 0

    # ---- complaints

    def refuse(self, code: str, message: str, at: At, help: str = "", label: str = "") -> NoReturn:
        """Raise a diagnostic at a place in the current phrase."""
        raise ConvcliError([Diagnostic(code, message, self.phrase.span(*at), label, help)])

    def refuse_number(self, code: str, expected: str, found: object, tree: Expression) -> NoReturn:
        """Refuse a value where a whole number is expected; of a fraction, say how it becomes one."""
        from convcli.resolve.written import whole_number  # only mistakes need it

        help = whole_number(tree) if isinstance(found, float) else ""
        self.refuse(code, f"{expected}, found {found!r}", tree.at, help)

    def complain(self, error: ConvcliError) -> None:
        """Keep an error's diagnostics, and remember how far the network was good."""
        at = None
        for diagnostic in error.diagnostics:
            found = diagnostic if diagnostic.via else diagnostic._replace(via=self.via)
            found = found if self.network.library is None else own_words(found, self.network.library)
            self.findings.add(found)
            at = at or found.span
        if len(self.findings) > MOST_FINDINGS and type(error) is ConvcliError:
            raise TooMuch([])
        self.ends(at)

    def ends(self, at: Span | None) -> None:
        """Note that the graph is good up to here, unless it ends further up, and where the text is that ends it."""
        if self.failed_at is None:
            self.failed_at, self.failed = len(self.nodes), at

    def step(self, at: Span | None) -> None:
        """Count a piece of work, so that no file can ask for more than its limit of layers."""
        self.steps += 1
        if self.steps > FREE_STEPS + len(self.nodes) * STEPS_A_LAYER:
            self.too_many(at)

    def too_many(self, at: Span | None) -> NoReturn:
        """Refuse a network that unfolds to more layers than the limit."""
        message = f"the network unfolds to more than {self.max_layers:,} layers"
        raise TooMuch([Diagnostic("CV120", message, at, help="raise the limit with --max-layers", via=self.via)])

    # ---- nodes

    def shape(self, tensor: Tensor) -> Shape | None:
        """Return a tensor's shape; that of an input may have been settled after it was handed out."""
        node = tensor.result[0]
        return tensor.shape if node >= 0 or tensor is BROKEN else self.inputs[-1 - node].shape

    def dtype(self, tensor: Tensor) -> str:
        """Return the type of a tensor's numbers."""
        node = tensor.result[0]
        return tensor.dtype if node >= 0 or tensor is BROKEN else self.inputs[-1 - node].dtype

    def free(self, node: str) -> str:
        """Return a node's name, with a number behind it where another node has it."""
        return node if node not in self.names else self.unique("", node, ())

    def unique(self, prefix: str, word: str, taken: Container[str]) -> str:
        """Return a node name that is not in use: `add`, `add_1`, ..."""
        number = self.numbers.get(prefix + word, 0)  # all before it are in use
        own = f"{word}_{number}" if number else word
        while prefix + own in self.names or own in taken:
            number += 1
            own = f"{word}_{number}"
        self.numbers[prefix + word] = number
        return prefix + own

    def rename(self, start: int, old: str, new: str) -> None:
        """Name the nodes and tensors that came last, from node `start` on, below `new` instead of `old`."""
        for at in range(start, len(self.nodes)):
            node = self.nodes[at]
            if node.name.startswith(old):
                self.nodes[at] = node._replace(name=new + node.name[len(old) :])
                self.names.discard(node.name)
                self.names.add(self.nodes[at].name)
        tables: tuple[dict[str, Any], ...] = (self.tensors, self.kinds)
        for named in tables:
            for name in list(takewhile(lambda name: name.startswith(old), reversed(named))):
                named[new + name[len(old) :]] = named.pop(name)

    def add(
        self, name: str, module: str | None, call: int, op: Operator, tensors: list[Tensor], tree: Expression | None,
        answer: Answer | None = None,
    ) -> Any:  # fmt: skip
        """Append a node, and return its tensor, or its tensors where it has several.

        `answer` is what the operator does to the inputs, where it does not say so itself.

        Raises:
            Refusal: the operator does not take these inputs.
        """
        shapes = tuple(self.shape(tensor) for tensor in tensors)
        if answer is None:
            answer = self.answer(op, shapes, tuple(self.dtype(tensor) for tensor in tensors))
        span = self.phrase.span(*tree.at) if tree is not None else None
        if len(self.nodes) >= self.max_layers:
            self.too_many(span)
        via = self.via
        if self.network.library is not None:
            span, via = own_place(span, via, self.network.library)
        index = len(self.nodes)
        inputs: tuple[Result, ...] = tuple(tensor.result for tensor in tensors)
        self.names.add(name)
        # past `Record`'s own constructor: this is done for every layer, and takes a third of the time
        self.nodes.append(tuple.__new__(Node, (name, module, call, op, inputs, shapes, answer, span, via)))
        if answer is None:
            return Tensor((index, 0), None)
        if len(answer.outputs) == 1 and not op.several:
            return Tensor((index, 0), answer.outputs[0], answer.dtypes[0])
        made = zip(answer.outputs, answer.dtypes, strict=True)
        return group(op, [Tensor((index, k), shape, dtype) for k, (shape, dtype) in enumerate(made)])

    def answer(self, op: Operator, shapes: tuple[Shape | None, ...], dtypes: tuple[str, ...]) -> Answer | None:
        """Return what an operator does to inputs; None where it cannot be known without a size."""
        key = (op, shapes, dtypes)
        known = self.answers.get(key)
        if known is None:
            fitting = shapes_without_sizes(op, shapes)
            if fitting is None:
                return None
            check_types(op, dtypes)
            known = self.answers[key] = op.answer(fitting, dtypes)
            if any(size > LARGEST for shape in known.outputs for size in shape):
                raise Refusal("CV233", f"{op.name}: an output size larger than 2^63 - 1, which torch refuses")
        return known


def group(op: Operator, tensors: list[Tensor]) -> Several:
    """Arrange an operator's results as torch returns them: an LSTM's are `(output, (h_n, c_n))`."""
    return Several(Several(item) if isinstance(item, tuple | list) and not isinstance(item, Tensor) else item
                   for item in op.group(tuple(tensors)))  # fmt: skip


def shapes_without_sizes(op: Operator, shapes: tuple[Shape | None, ...]) -> tuple[Shape, ...] | None:
    """Replace a shape of which nothing is known by what the operator's own arguments say of it."""
    if None not in shapes:
        return shapes  # type: ignore[return-value]
    if len(shapes) != 1 or not op.module:
        return None
    if op.ranks:
        return op.template(max(op.ranks))
    inferred = any(declared.inferred and declared.default is not None for declared in op.arguments.values())
    return op.template(2) if inferred else None


def check_types(op: Operator, dtypes: tuple[str, ...]) -> None:
    """Refuse integers where an operator computes with floating point, and the other way round."""
    for dtype in dtypes[:1]:
        if op.takes == "floating point" and dtype == "int64":
            raise Refusal("CV231", f"{op.name} takes floating point numbers, found {dtype}")
        if op.takes == "integer" and dtype != "int64":
            raise Refusal("CV231", f"{op.name} takes integers, found {dtype}")
