"""Resolving a whole network: its inputs, its list of layers, its outputs."""

import sys
from typing import Any

from convcli.argument import Slot
from convcli.blocks import Item, Items, Merge, Network, Words
from convcli.diagnostics import ConvcliError, Diagnostic, Related, suggestion
from convcli.graph import Graph, Result
from convcli.human import show_shape
from convcli.layer import syntax
from convcli.ops.catalogue import find, operator
from convcli.ops.short import SHORT_WORDS
from convcli.quantity import UNKNOWN, Shape
from convcli.record import Record
from convcli.resolve.boundary import Boundary, Given
from convcli.resolve.values import BROKEN, LAYERS, Entry, HidingEntry, ListLayer, Numbering, Scope, Spot, Tensor
from convcli.resolve.variables import settle_variables
from convcli.source import Phrase

RECURSION = 6000
"""Python frames that 64 levels of blocks, each with 64 levels of expression, may need."""


class Resolution(Record):
    """A network's graph, up to the first mistake if there is one, and all mistakes."""

    graph: Graph
    findings: tuple[Diagnostic, ...]


class Resolver(Boundary):
    """Works through lists of layers."""

    def run(self, body: Items, scope: Scope) -> Any:
        """Let the current tensor flow through a list; return what comes out."""
        names = {item.name: item for item in reversed(body.items) if item.name}
        before = self.item_names
        if len(body.items) > self.max_layers:
            self.too_many(body.span)
        for item in body.items:
            self.item_names = names
            self.step(item.span)
            try:
                self.item(item, scope)
            except ConvcliError as error:
                self.give_up(error)
                scope.x = BROKEN
                if item.name:
                    node = scope.numbering.nodes + item.name
                    scope.entries[item.name] = Entry(BROKEN, None, "", node)
                    self.tensors.setdefault(node, BROKEN)
        self.item_names = before
        return scope.x

    def item(self, item: Item, scope: Scope) -> None:
        """Work through one item, and note what its name stands for."""
        numbering = scope.numbering
        if item.name in scope.entries:
            known = self.item_names.get(item.name) if item.name else None
            first = (Related(known.name_span(), "first here"),) if known else ()
            message = f"the name `{item.name}` stands twice in this list"
            raise ConvcliError([Diagnostic("CV116", message, item.name_span(), related=first)])
        count, takes = numbering.count, self.takes
        spot = scope.spot if item.name is None else Spot(numbering, item.name)
        value, flows = self.item_value(item, scope, spot)
        if item.name is None:
            if numbering.count == count + 1:
                self.tensors[f"{numbering.nodes}{count}"] = value
        else:
            if self.takes > takes and flows:
                numbering.count = count + 1
            node = numbering.nodes + item.name
            self.tensors[node] = value
            self.enter(scope, item, Entry(value, spot.layer, numbering.modules + item.name, node))
        if flows:
            scope.x = value

    def enter(self, scope: Scope, item: Item, entry: Entry) -> None:
        """Note what an item's name stands for from here on; `act: act` only gives an argument's layer its name."""
        name: Any = item.name
        if name in scope.arguments:
            same = isinstance(item.body, Words) and getattr(item.body.tree, "name", None) == name
            entry = entry if same else HidingEntry(entry, item.name_span())
        scope.entries[name] = entry

    def item_value(self, item: Item, scope: Scope, spot: Spot) -> tuple[Any, bool]:
        """Return an item's tensor, and whether it is what flows on: a bare parameter lets `x` pass."""
        if isinstance(item.body, Words):
            self.phrase = item.body.phrase
            tree = item.body.tree
            value = self.evaluate(tree, scope, spot, tail=True)
            passes = isinstance(value, LAYERS) and getattr(getattr(value, "cls", None), "arity", (1, 1))[1] == 0
            return self.flow(value, scope, spot, tree.at), not passes
        layer = ListLayer(item.body, scope, self.phrase)
        return self.apply(layer, [self.current(scope, (0, 0))], spot), True

    def merge(self, body: Merge, scope: Scope, numbering: Numbering) -> list[Tensor]:
        """Work through branches that all start from the current tensor."""
        x, results = scope.x, []
        for place, branch in enumerate(body.branches):
            spot = Spot(numbering, branch.name or str(place))
            scope.x = x
            try:
                takes = self.takes
                value, _ = self.item_value(branch, scope, spot)
                results.append(self.tensor(value, (0, 0)))
                if branch.name and numbering is scope.numbering and self.takes > takes:
                    numbering.count += 1
            except ConvcliError as error:
                self.give_up(error)
                results.append(BROKEN)
            node = f"{numbering.nodes}{branch.name or place}"
            self.tensors[node] = results[-1]
            if branch.name and numbering is scope.numbering:  # a merge without a name: its branches stand in the list
                self.enter(scope, branch, Entry(results[-1], spot.layer, numbering.modules + branch.name, node))
        scope.x = x
        return results

    def join(self, body: Merge, branches: list[Tensor], node: str) -> Any:
        """Let the branches of a merge meet in its function."""
        cls = operator(body.function)
        if not branches:  # the reader has complained
            return BROKEN
        self.phrase = Phrase(body.span.source.text, body.span.source, 0)
        tree = syntax.Invalid((body.span.start, body.span.end))
        prefix, _, name = node.rpartition(".")
        spot = Spot(Numbering(f"{prefix}." if prefix else "", ""), name)
        slots = [Slot(place) for place in range(len(branches))]
        if body.function in ("cat", "stack"):
            return self.call_function(cls, [tuple(slots)], {"dim": 1}, branches, spot, tree, tail=True)
        value: Tensor = branches[0]
        self.names.add(node)  # the last that meets has it, none on the way
        for place, branch in enumerate(branches[1:], 1):
            last = place == len(branches) - 1
            if last:
                self.names.discard(node)
            value = self.call_function(cls, slots[:2], {}, [value, branch], spot, tree, tail=last)
        return value

    advising = False

    def advise(self, found: Diagnostic, tensors: list[Tensor]) -> Diagnostic:
        """Add to a complaint about sizes that disagree where each branch comes from."""
        if self.advising or found.code != "CV228" or len(tensors) < 2:
            return found
        from convcli.resolve.advice import advise

        return advise(self, found, tensors)

    def first_operator_says(self, sizes: Shape) -> bool:
        """Decide by the operator that reads the input first whether `sizes` have a batch."""
        first = _Probe(self.network, self.variables, self.max_layers).first_operator()
        ranks = first.ranks if first is not None else ()
        if not ranks or len(ranks) > 2:
            return len(sizes) >= 4
        fitting = sorted({max(ranks), *(rank - 1 for rank in ranks)})
        if len(sizes) not in fitting:
            numbers = " or ".join(map(str, fitting))
            message = (
                f"{first.name} takes an input of {numbers} numbers, the largest with the batch, found {len(sizes)}"
            )
            raise ConvcliError([Diagnostic("CV203", message, help=f"found `-i {show_shape(sizes)}`")])
        return len(sizes) == int(max(ranks))

    def work_through(self, given: Given) -> Scope:
        """Work through the network."""
        first = self.start(given)
        scope = Scope(Numbering("", ""), None, {}, first)
        for index, made in enumerate(self.inputs):
            if self.network.inputs or made.name != "input":
                scope.entries[made.name] = Entry(Tensor((-1 - index, 0), made.shape), None, "", made.name)
        self.run(self.network.body, scope)
        return scope


class _Found(Exception):
    """Ends a probe."""


class _Probe(Resolver):
    """Resolves a network of unknown input only as far as the first operator that reads it."""

    def first_operator(self) -> Any:
        try:
            self.work_through(Given())
        except (_Found, ConvcliError) as found:
            return found.args[0] if isinstance(found, _Found) else None
        return None

    def apply_operator(self, layer: Any, tensors: list[Tensor], spot: Spot) -> Any:
        if layer.cls.arity[1] and tensors and tensors[0].result[0] < 0:
            raise _Found(layer.cls)
        return super().apply_operator(layer, tensors, spot)

    def apply_short(self, layer: Any, tensors: list[Tensor], spot: Spot) -> Any:
        word = layer.tree.word if isinstance(layer.tree, syntax.Short) else layer.tree.name
        if "{n}" in SHORT_WORDS[word].operator and tensors[0].result[0] < 0:
            raise _Found(None)  # it takes as many dimensions as there are
        return super().apply_short(layer, tensors, spot)

    def call_function(
        self, cls: Any, positional: Any, keywords: Any, tensors: Any, spot: Any, tree: Any, *, tail: bool
    ) -> Any:
        if tensors and tensors[0].result[0] < 0:
            raise _Found(cls)
        return super().call_function(cls, positional, keywords, tensors, spot, tree, tail=tail)


def resolve(network: Network, given: Given = Given()) -> Resolution:
    """Turn a network in words into a graph.

    Mistakes of the layers are collected in the result's `findings`; the graph then ends before
    the first of them.

    Raises:
        ConvcliError: the question itself is wrong: an unknown variable, variant or input.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION))
    try:
        return _resolve(network, given)
    except RecursionError:
        raise ConvcliError([Diagnostic("CV103", "the network is nested too deeply")]) from None
    finally:
        sys.setrecursionlimit(limit)


def input_shapes(network: Network, given: Given = Given()) -> tuple[Shape, ...]:
    """Return the sizes of a network's inputs, with their batch in front, without working its layers out.

    Raises:
        ConvcliError: the question itself is wrong, or a size is no number.
    """
    variables, _ = settle_variables(network, given.variant, given.settings)
    resolver = Resolver(network, variables, given.max_layers)
    resolver.start(given)
    return tuple(made.shape for made in resolver.inputs if made.shape is not None)


def _resolve(network: Network, given: Given) -> Resolution:
    try:
        variables, broken_variables = settle_variables(network, given.variant, given.settings)
    except ConvcliError as error:
        raise ConvcliError([*network.findings, *error.diagnostics]) from None
    check_inputs(network, given)
    resolver = Resolver(network, variables, given.max_layers)
    for found in (*network.findings, *broken_variables, *shadowing_blocks(network)):
        resolver.findings.add(found)
    if broken_variables:
        resolver.failed_at = 0
    outputs: tuple[Result, ...] = ()
    try:
        scope = resolver.work_through(given)
        if not resolver.findings.errors():
            outputs = resolver.outputs(scope)
    except ConvcliError as error:
        resolver.ends(next((found.span for found in error.diagnostics), None))
        for found in error.diagnostics:
            resolver.findings.add(found)
    findings = resolver.findings.in_order()
    broken = any(found.level == "error" for found in findings)
    nodes = resolver.nodes[: resolver.failed_at] if broken else resolver.nodes
    batch = _batch(resolver, given)
    graph = Graph(
        network.name, network.source, network.format, given.variant or network.chosen, batch,
        tuple(resolver.inputs), tuple(nodes), () if broken else outputs, resolver.kinds, resolver.failed,
    )  # fmt: skip
    return Resolution(graph, findings)


def _batch(resolver: Resolver, given: Given) -> int:
    """Return the batch: the first number of the first input, or where the layer that reads it has its batch."""
    shape = resolver.inputs[0].shape if resolver.inputs else None
    if not shape:
        return given.batch or 1
    reader = next((node.op for node in resolver.nodes if (-1, 0) in node.inputs), None)
    ranks = reader.ranks if reader is not None and reader.module else ()
    axis = reader.batch_axis() if reader is not None and ranks and len(shape) == max(ranks) else 0
    return 1 if shape[axis] is UNKNOWN else shape[axis]


def shadowing_blocks(network: Network) -> list[Diagnostic]:
    """Refuse blocks that are called like an operator: a reader would take one for the other."""
    return [
        Diagnostic(
            "CV115", f"`{block.name}` is an operator of torch.nn", block.span, help="give the block another name"
        )
        for block in network.blocks
        if find(block.name) is not None
    ]


def check_inputs(network: Network, given: Given) -> None:
    """Refuse sizes for inputs that the network does not have."""
    known = [declared.name for declared in network.inputs]
    for name in given.sizes:
        if name and known and name not in known:
            help = suggestion(name, known) or f"its inputs are: {', '.join(known)}"
            raise ConvcliError([Diagnostic("CV003", f"the network has no input `{name}`", help=help)])
