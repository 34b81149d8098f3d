"""A Keras model to a network in words: chains, graphs, and models inside of models."""

from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from convcli.blocks import InputWords, Item, Items, Network, Words
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.quantity import Shape
from convcli.readers.complaints import Complaints
from convcli.readers.keras.layer import Layer
from convcli.readers.keras.layers import activation
from convcli.readers.keras.nodes import Tensor, calls, outputs
from convcli.readers.keras.table import MAKERS, MERGES, merged
from convcli.readers.places_json import Object, read_json
from convcli.readers.trees import CURRENT, Writer, applied, chain, fitted, safe_name
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
    """One model while it is read: what its tensors are called."""

    def __init__(self) -> None:
        self.names: dict[Tensor, str] = {}
        self.taken: set[str] = set()
        self.items: list[Item] = []


class _Reader:
    """Writes the layers of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.writer = Writer(source)
        self.complaints = Complaints(source)
        self.inputs: list[InputWords] = []
        self.made = 0
        self.channels_first = '"channels_first"' in source.text

    def network(self, name: str) -> Network:
        top = read_json(self.source)
        if not isinstance(top, Object) or top.get("class_name") not in MODELS:
            found = top.get("class_name") if isinstance(top, Object) else None
            message = f"a Keras model is one of {', '.join(MODELS)}, found {str(found)[:40]}"
            raise ConvcliError([Diagnostic("CV081", message, Span(self.source, 0, 1))])
        model = _Model()
        found = self.model(top, model, 0)
        whole = Span(self.source, 0, len(self.source.text))
        results = tuple(Words(tree, self.writer.phrase) for tree in found)
        return Network(
            name, self.source.name, "keras", Items(tuple(model.items), whole), tuple(self.inputs), results,
            findings=tuple(self.complaints.findings),
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
        for place, call in enumerate(waiting):
            needs = {one._replace(result=0) for one in call.takes}
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
            name = safe_name(own, model.taken)
            model.taken.add(name)
            model.names[made] = self.sizes(layer, name) if level == 0 else self.enter(name, model, layer.at)
            return made
        tensors = [self.tensor(one, model, layer.record.place("inbound_nodes")) for one in takes]
        if own in first:
            name = safe_name(own, model.taken)
            model.taken.add(name)
            model.items.append(self.writer.item(name, applied(syntax.Name(first[own], layer.at), *tensors)))
        else:
            name = first[own] = self.add(layer, tensors, model, level, own)
        model.names[made] = name
        return made

    def enter(self, name: str, model: _Model, at: At) -> str:
        """Give what flows into an inner model a name."""
        model.items.append(self.writer.item(name, CURRENT._replace(at=at)))
        return name

    def tensor(self, found: Tensor, model: _Model, at: At) -> Expression:
        """Return a tensor by its name."""
        name = model.names.get(found._replace(result=0))
        if name is not None:
            return syntax.Name(name, at)
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
        if not dims or not all(type(one) is int for one in dims):
            return name if self.inputs else "input"  # its size is asked for
        words = tuple(self.writer.words(syntax.Constant(one, place)) for one in dims)
        self.inputs.append(InputWords(name, words, Span(self.source, *place)))
        return name

    def add(self, layer: Layer, tensors: list[Expression], model: _Model, level: int, own: str) -> str:
        """Add a layer under its name; return what it is called here."""
        name = safe_name(own, model.taken)
        model.taken.add(name)
        if layer.kind in MODELS:
            self.inner(layer, tensors, model, level, name)
            return name
        model.items.append(self.writer.item(name, self.written(layer, tensors)))
        return name

    def inner(self, layer: Layer, tensors: list[Expression], model: _Model, level: int, name: str) -> None:
        """Add a model that stands in another one, as a scope."""
        if len(tensors) != 1:
            message = "a model inside of another one with several inputs is not known"
            self.complaints.complain("CV083", message, layer.at)
        inside = _Model()
        results = self.model(layer.record, inside, level + 1)
        if results:
            inside.items.append(self.writer.item(None, results[0]))
        model.items.append(self.writer.item(None, tensors[0]))
        model.items.append(self.writer.scope(name, inside.items, layer.at))

    def written(self, layer: Layer, tensors: list[Expression]) -> Expression:
        """Return a layer that is applied to its tensors, with its activation behind it."""
        joined = merged(layer, tensors)
        if joined is not None:
            return joined
        if layer.kind not in MAKERS:
            help = suggestion(layer.kind, (*MAKERS, *MERGES))
            message = f"there is no layer `{layer.kind[:40]}` here that is known"
            self.complaints.complain("CV083", message, layer.at, help)
            return syntax.Invalid(layer.at)
        act = activation(layer) if layer.kind != "Activation" else None
        own = fitted(lambda x: self.on(layer, x, tensors[0]), layer.at, tensors[0])
        return own if act is None else chain(own, act)

    def on(self, layer: Layer, x: Shape, tensor: Expression) -> Any:
        """Return a layer at the shape that it gets, applied to what it takes.

        Raises:
            ConvcliError: one of its arguments is wrong.
        """
        before = len(self.complaints.findings)
        made = MAKERS[layer.kind](layer, x)
        wrong = self.complaints.findings[before:]
        if wrong:
            del self.complaints.findings[before:]
            raise ConvcliError(wrong)
        if isinstance(made, syntax.Chain):
            return chain(tensor, *made.items)
        if isinstance(made, syntax.Call) and made.arguments[:1] == (CURRENT,):  # a function
            return made._replace(arguments=(tensor, *made.arguments[1:]))
        return applied(made, tensor) if isinstance(made, syntax.Call) else made
