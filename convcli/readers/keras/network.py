"""A Keras model to a network in words: chains, graphs, and models inside of models."""

from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from convcli.blocks import InputWords, Item, Items, Network, Stated
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.complaints import Complaints
from convcli.readers.keras.dialect import channels_first
from convcli.readers.keras.layer import Layer
from convcli.readers.keras.nodes import Tensor, calls, outputs, said
from convcli.readers.keras.sequences import inner
from convcli.readers.keras.writing import Writing
from convcli.readers.places_json import Object, read_json
from convcli.readers.trees import CURRENT, Names, Writer, applied, call, fitted
from convcli.record import Record
from convcli.source import Source, Span

MODELS = ("Sequential", "Functional", "Model")
MOST_LEVELS = 20
MOST_LAYERS = 100_000


def read_keras(source: Source, name: str) -> Network:
    """Read a model; mistakes in single layers are in the network's `findings`.

    Raises:
        ConvcliError: it is no JSON, or no model of Keras.
    """
    return _Reader(source).network(name)


def read_archive(path: Path, limit: int | None = None) -> Network:
    """Read the configuration in a `.keras` archive; weights are not touched."""
    from convcli.readers.archive import read_members
    from convcli.readers.files import MAX_SIZE, decode

    (data,) = read_members(path, ("/config.json",), limit or MAX_SIZE, ".keras")
    return read_keras(decode(str(path), data, limit or MAX_SIZE), path.stem)


class _Call(Record):
    """One call of a layer, and what it takes."""

    layer: Layer
    at: int
    takes: list[Tensor]


class _Model:
    """One model while it is read: what its tensors are called; `given` are the tensors that flow into an inner one."""

    def __init__(self, given: list[Expression] | None = None) -> None:
        self.names: dict[Tensor, Expression] = {}
        self.taken = Names()
        self.items: list[Item] = []
        self.given = given
        self.said: dict[str, list[Any]] = {}


class _Reader(Writing):
    """Writes the layers of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.writer = Writer(source)
        self.complaints = Complaints(source)
        self.inputs: list[InputWords] = []
        self.stated: list[Stated] = []
        self.made = 0
        self.channels_first = channels_first(source.text)

    def network(self, name: str) -> Network:
        top = read_json(self.source)
        if not isinstance(top, Object) or top.get("class_name") not in MODELS:
            found = top.get("class_name") if isinstance(top, Object) else None
            message = f"a Keras model is one of {', '.join(MODELS)}, found {str(found)[:40]}"
            raise ConvcliError([Diagnostic("CV081", message, Span(self.source, 0, 1))])
        model = _Model()
        found = self.model(top, model, 0)
        whole = Span(self.source, 0, len(self.source.text))
        results = tuple(map(self.writer.words, found))
        return Network(
            name, self.source.name, "keras", Items(tuple(model.items), whole), tuple(self.inputs), results,
            findings=tuple(self.complaints.findings), stated={"": self.stated[0]} if len(self.stated) == 1 else {},
        )  # fmt: skip

    def model(self, record: Object, model: _Model, level: int) -> list[Expression]:
        """Write the layers of a model; return its outputs, none where the last layer is the output."""
        config: Any = record.get("config")
        found = config.get("layers") if isinstance(config, Object) else config
        if not isinstance(found, list) or level > MOST_LEVELS:
            what = "models are nested too deeply" if level > MOST_LEVELS else "a model has a list of `layers`"
            raise ConvcliError([Diagnostic("CV081", what, Span(self.source, *record.at))])
        layers = [one for one in found if isinstance(one, Object)]
        self.made += len(layers)
        if self.made > MOST_LAYERS:
            message = f"the file has more than {MOST_LAYERS:,} layers"
            raise ConvcliError([Diagnostic("CV120", message, Span(self.source, *record.at))])
        model.said = said(layers)
        if record.get("class_name") == "Sequential" or not isinstance(config, Object):
            self.chain(layers, model, level)
            return []
        self.graph(layers, model, level)
        wanted = outputs(config.get("output_layers"))
        return [self.tensor(one, model, config.place("output_layers")) for one in wanted]

    # ---- chains and graphs

    def chain(self, layers: list[Object], model: _Model, level: int) -> None:
        """Write layers one after the other."""
        for at, record in enumerate(layers):
            layer = self.layer(record)
            if at == 0 and level == 0:
                self.sizes(layer, "input")
            if layer.kind != "InputLayer":
                self.add(layer, [CURRENT], model, level, layer.name)

    def graph(self, layers: list[Object], model: _Model, level: int) -> None:
        """Write layers with what flows into each, as soon as that is there."""
        waiting = [
            _Call(self.layer(record), at, one) for record in layers for at, one in enumerate(calls(record) or [[]])
        ]
        readers: dict[Tensor, list[int]] = {}
        missing = []
        for place, one_call in enumerate(waiting):
            needs = {one._replace(result=0) for one in one_call.takes}
            missing.append(len(needs))
            for need in needs:
                readers.setdefault(need, []).append(place)
        ready = [place for place, count in enumerate(missing) if count == 0]
        first: dict[str, str] = {}
        done: set[int] = set()
        while ready:
            place = heappop(ready)
            done.add(place)
            made = self.node(waiting[place], model, level, first)
            for reader in readers.pop(made, ()):
                missing[reader] -= 1
                if missing[reader] == 0:
                    heappush(ready, reader)
        if len(done) < len(waiting):
            known = {waiting[place].layer.name for place in done}
            self.stuck([call for place, call in enumerate(waiting) if place not in done], known)

    def stuck(self, waiting: list["_Call"], known: set[str]) -> None:
        """Complain of what can never run: it takes what nobody makes, or what is made of it."""
        names = {call.layer.name for call in waiting}
        for layer, _, takes in waiting:
            missing = [one.layer for one in takes if one.layer not in names and one.layer not in known]
            if missing:
                help = suggestion(missing[0], known)
                message = f"`{layer.name[:60]}` takes what `{missing[0][:60]}` makes, and there is no such layer"
                self.complaints.complain("CV082", message, layer.record.place("inbound_nodes"), help)
                return
        layer = waiting[0].layer
        message = f"`{layer.name[:60]}` takes what is made of it"
        self.complaints.complain("CV082", message, layer.record.place("inbound_nodes"))

    def node(self, call: "_Call", model: _Model, level: int, first: dict[str, str]) -> Tensor:
        """Write one call of a layer; all but the first share its weights. Return what it makes."""
        layer, at, takes = call
        own = str(layer.record.get("name") or layer.name)
        made = Tensor(own, at, 0)
        if layer.kind == "InputLayer" or not takes:
            name = model.taken.new(own)
            name = self.sizes(layer, name) if level == 0 else self.enter(name, model, layer)
            model.names[made] = syntax.Name(name, layer.at)
            return made
        tensors = [self.tensor(one, model, layer.record.place("inbound_nodes")) for one in takes]
        if own in first:
            name = model.taken.new(own)
            model.items.append(self.writer.item(name, applied(syntax.Name(first[own], layer.at), *tensors)))
        else:
            name = first[own] = self.add(layer, tensors, model, level, own)
        model.names.setdefault(made, syntax.Name(name, layer.at))
        return made

    def enter(self, name: str, model: _Model, layer: Layer) -> str:
        """Give what flows into an inner model a name: its inputs take the tensors in their order."""
        given = model.given or [CURRENT]
        tree = given.pop(0) if len(given) > 1 else given[0]
        model.items.append(self.writer.item(name, tree._replace(at=layer.at)))
        return name

    def tensor(self, found: Tensor, model: _Model, at: At) -> Expression:
        """Return a tensor by its name."""
        known = model.names.get(found)
        if known is not None:
            return known._replace(at=at)
        several = model.names.get(found._replace(result=0))
        if several is not None:
            return syntax.Index(several, (syntax.Constant(found.result, at),), at)
        if not self.complaints.findings:
            self.complaints.complain("CV082", f"there is no layer `{found.layer[:60]}` that makes this", at)
        return syntax.Invalid(at)

    # ---- layers

    def layer(self, record: Object) -> Layer:
        """Return a layer of the file."""
        return Layer(record, self.complaints, channels_first=self.channels_first)

    def sizes(self, layer: Layer, name: str) -> str:
        """Note the size of an input, if it is known; return what the input is called."""
        found = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
        place = layer.config.place("batch_shape" if "batch_shape" in layer.config else "batch_input_shape")
        dims = layer.dims(found[1:]) if isinstance(found, list) else []
        if len(dims) > 1 and type(dims[0]) is int:
            self.stated.append(Stated(dims[0], len(dims) - 1, Span(self.source, *place)))
        if not dims or not all(type(one) is int for one in dims):
            return name if self.inputs else "input"  # its size is asked for
        words = tuple(self.writer.words(syntax.Constant(one, place)) for one in dims)
        self.inputs.append(InputWords(name, words, Span(self.source, *place)))
        return name

    def add(self, layer: Layer, tensors: list[Expression], model: _Model, level: int, own: str) -> str:
        """Add a layer under its name; return what it is called here."""
        name = model.taken.new(own)
        if layer.kind in MODELS:
            self.inner(layer, tensors, model, level, name)
        elif layer.kind == "TimeDistributed":
            self.at_each_step(layer, tensors[0], model, level, name)
        else:
            model.items.append(self.writer.item(name, self.written(layer, tensors, model.said.get(own))))
            self.complaints.warn(layer.slips())
        return name

    def inner(self, layer: Layer, tensors: list[Expression], model: _Model, level: int, name: str) -> None:
        """Add a model that stands in another one, as a scope."""
        inside = _Model(list(tensors))
        results = self.model(layer.record, inside, level + 1)
        if results:
            inside.items.append(self.writer.item(None, results[0]))
        if len(tensors) == 1:
            model.items.append(self.writer.item(None, tensors[0]))
        model.items.append(self.writer.scope(name, inside.items, layer.at))
        outer = syntax.Name(name, layer.at)
        for at, result in enumerate(results[1:], 1):
            tree = syntax.Attribute(outer, str(getattr(result, "name", "")), layer.at)
            model.names[Tensor(layer.name, 0, at)] = tree

    def at_each_step(self, layer: Layer, tensor: Expression, model: _Model, level: int, name: str) -> None:
        """Add a layer that works on each step of a sequence: as many steps as there are make a batch."""
        part, inside = inner(layer), _Model()
        steps: list[int] = []

        def apart(x: Shape) -> Expression:
            steps[:] = x[:1] + x[2:3] if len(x) > 2 else [1, 1]
            order = [0, 2, 1, *range(3, len(x))]
            moved = call("permute", layer.at, CURRENT, order)
            return call("reshape", layer.at, moved, [x[0] * x[2], x[1], *x[3:]])

        def together(x: Shape) -> Expression:
            whole = call("reshape", layer.at, CURRENT, [*steps, *x[1:]])
            return call("permute", layer.at, whole, [0, 2, 1, *range(3, len(x) + 1)])

        inside.items.append(self.writer.item(None, fitted(apart, layer.at)))
        if part is not layer:
            self.add(part, [CURRENT], inside, level + 1, part.name)
        inside.items.append(self.writer.item(None, fitted(together, layer.at)))
        model.items.append(self.writer.item(None, tensor))
        model.items.append(self.writer.scope(name, inside.items, layer.at))
