"""torch.export's `.pt2` archives, read without torch: a zip with the graph as JSON, every shape in it.

Nothing is unpickled and no weight is read. The schema has a version: one that was never seen is refused.
"""

import json
import re
from pathlib import Path
from typing import Any, NoReturn

from convcli.aten.call import AT, Call, Ref, Traced, Weight
from convcli.aten.graph import graph_from
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Input
from convcli.human import show_shape
from convcli.quantity import UNKNOWN, Shape, is_known
from convcli.readers.archive import damaged, read_members
from convcli.readers.exported_sizes import settled_by, size, symbol
from convcli.readers.files import relative
from convcli.resolve.boundary import Given
from convcli.settled import Settled, whole_shapes

VERSIONS = (8,)
"""The major versions of the schema that have been seen: that of torch 2.13."""
GRAPH, WEIGHTS = "/models/model.json", "/data/weights/model_weights_config.json"
LIMIT = 24 * 1024 * 1024
TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float32", 7: "float32", 8: "float32",
    9: "complex64", 10: "complex64", 11: "complex128", 12: "bool", 13: "float32",
}  # fmt: skip
"""What the schema's numbers for types stand for; all floating point numbers are of the type that is asked about."""
WRONG = (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError)
"""What a graph that is built otherwise than the schema says makes of reading it."""


def read_exported(path: Path, limit: int | None = None) -> Settled:
    """Read an archive.

    Raises:
        ConvcliError: it cannot be read, is no such archive, or has a version that is not known.
    """
    data = read_members(path, (GRAPH, WEIGHTS), limit or LIMIT)
    try:
        top, weights = map(json.loads, data)
        version = top["schema_version"]["major"]
        known = version in VERSIONS
    except WRONG:
        damaged(path, "its graph is no JSON as torch.export writes it")
    if not known:
        seen = " and ".join(map(str, VERSIONS))
        message = f"{path} has version {version!r:.40} of torch.export's schema; known is {seen}"
        raise ConvcliError([Diagnostic("CV065", message, help="export it again, or with another version of torch")])
    try:
        return _Exported(path, top, weights).settled()
    except WRONG:
        damaged(path, "its graph is not as torch.export writes it")


class _Exported:
    """The graph of one archive."""

    def __init__(self, path: Path, top: Any, weights: Any) -> None:
        self.path = path
        self.kept = {path: _kept(path, one) for path, one in weights["config"].items()}
        self.graph = top["graph_module"]["graph"]
        self.signature = top["graph_module"]["signature"]
        self.ranges = top.get("range_constraints", {})
        self.values: dict[str, Any] = self.graph["tensor_values"]
        self.symbols: dict[str, int] = {}
        self.refs: dict[str, Ref] = {}
        self.count = 0
        self.numbers: dict[str, Any] = self.graph["sym_int_values"]
        self.user = [
            spec["user_input"]["arg"]["as_tensor"]["name"]
            for spec in self.signature["input_specs"]
            if "as_tensor" in spec.get("user_input", {}).get("arg", {})
        ]

    def settled(self) -> Settled:
        """Return the network, whose graph is made when its sizes are known."""
        inputs = tuple(Input(name, self.shape(name), self.ref(name).dtype) for name in self.user)
        self.refs.clear()
        source = relative(self.path)

        def make(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
            self.refs, self.symbols = {}, {}
            try:
                if len(self.graph["nodes"]) > given.max_layers:
                    message = f"{source} has more than {given.max_layers:,} layers"
                    raise ConvcliError([Diagnostic("CV120", message, help="raise the limit with --max-layers")])
                if given.batch is None:
                    given = given._replace(batch=self.smallest_batch(inputs, given))
                self.settle(inputs, whole_shapes(inputs, given))
                return graph_from(self.traced()), ()
            except WRONG:
                damaged(self.path, "its graph is not as torch.export writes it")

        return Settled(self.path.stem, source, "pt2", make, inputs, order=tuple(self.user))

    # ---- sizes

    def shape(self, name: str) -> Shape:
        """Return the shape of a tensor at the sizes that are settled."""
        found = tuple(size(one, self.symbols) for one in self.values[name]["sizes"])
        if any(one < 0 for one in found if one is not UNKNOWN):
            raise ValueError(name)
        return found

    def smallest_batch(self, inputs: tuple[Input, ...], given: Given) -> int | None:
        """Return the smallest batch that was exported where that is not 1; None where one is given too."""
        first = next((made for made in inputs if made.shape and made.shape[0] is UNKNOWN), None)
        if first is None or any(len(size) == len(first.shape or ()) for size in given.sizes.values()):
            return None
        one = self.values[first.name]["sizes"][0]
        low, _ = self.limits(one)
        smallest = size(one, {str(symbol(one)): low or 1})
        return smallest if is_known(smallest) and smallest > 1 else None

    def limits(self, one: Any) -> tuple[int | None, int | None]:
        """Return the range of a size's one symbol, None where it has no end."""
        limits = self.ranges.get(symbol(one) or "", {})
        return limits.get("min_val"), limits.get("max_val")

    def shown(self, made: Input) -> str:
        """Write the sizes that an input was exported for: `(2 to 8)x3x64x64`, `?` where any will do."""
        parts = []
        for one, own in zip(self.values[made.name]["sizes"], made.shape or (), strict=True):
            low, high = self.limits(one) if own is UNKNOWN else (None, None)
            bare = own is UNKNOWN and size(one, {str(symbol(one)): 7}) == 7
            limited = bare and (high is not None or (low or 0) > 1)
            parts.append(f"({low or 1} to {high})" if limited and high is not None else f"({low}+)" if limited
                         else show_shape((own,)))  # fmt: skip
        return "x".join(parts)

    def settle(self, inputs: tuple[Input, ...], shapes: tuple[Shape, ...]) -> None:
        """Find the values of all symbols from the shapes of the inputs.

        Raises:
            ConvcliError: the graph was exported for other sizes.
        """
        for made, shape in zip(inputs, shapes, strict=True):
            sizes = self.values[made.name]["sizes"]
            if len(sizes) != len(shape):
                self.refuse(made, shape, f"it has {len(sizes)} axes")
            for axis, (one, given) in enumerate(zip(sizes, shape, strict=True)):
                own = size(one, self.symbols)
                if own is UNKNOWN:
                    self.bind(made, shape, axis, one, given)
                elif own != given:
                    self.refuse(made, shape, f"its axis {axis} is {own}")

    def bind(self, made: Input, shape: Shape, axis: int, one: Any, given: int) -> None:
        """Give a symbol the value that makes a size what was given, within the range that was exported."""
        name, value = symbol(one), settled_by(one, given, self.symbols)
        low, high = self.limits(one)
        if name is None or value is None:
            self.refuse(made, shape, f"its axis {axis} takes no {given}")
        if (low is not None and value < low) or (high is not None and value > high):
            self.refuse(made, shape, f"its axis {axis} was exported for other sizes, found {given}")
        self.symbols[name] = value

    def refuse(self, made: Input, shape: Shape, why: str) -> NoReturn:
        """Refuse sizes that the graph does not hold for."""
        message = f"{relative(self.path)} was not exported for the input {made.name} {show_shape(shape)}: {why}"
        shown = self.shown(made)
        help = f"its sizes are {shown}{', where `?` may change' * ('?' in shown)}; for others export it again"
        raise ConvcliError([Diagnostic("CV066", message, help=help)])

    # ---- the graph

    def traced(self) -> Traced:
        """Return all calls."""
        inputs = tuple((name, self.ref(name)) for name in self.user)
        weights = self.weights()
        calls = []
        for node in self.graph["nodes"]:
            call = self.call(node)
            if call is not None:
                calls.append(call)
        specs = [spec["user_output"]["arg"] for spec in self.signature["output_specs"] if "user_output" in spec]
        outputs = tuple(self.refs[one["as_tensor"]["name"]] for one in specs if "as_tensor" in one)
        return Traced(self.path.stem, relative(self.path), "pt2", inputs, weights, tuple(calls), outputs)

    def weights(self) -> tuple[Weight, ...]:
        """Return parameters and buffers; what is kept in the same place of the archive is the same."""
        found: list[Weight] = []
        seen: dict[Any, Ref] = {}
        for spec in self.signature["input_specs"]:
            kind = "parameter" if "parameter" in spec else "buffer"
            if kind in spec:
                name, path = spec[kind]["arg"]["name"], _text(spec[kind][f"{kind}_name"])
                trains = bool(self.values[name].get("requires_grad"))
                place = self.kept.get(path, path)
                if place in seen:
                    self.refs[name] = seen[place]
                else:
                    seen[place] = self.ref(name)
                    found.append(Weight(path, seen[place], trains, kind == "buffer"))
            elif "tensor_constant" in spec:
                self.ref(spec["tensor_constant"]["arg"]["name"])
        return tuple(found)

    def ref(self, name: str) -> Ref:
        """Return a tensor that is made here, or is there beforehand."""
        kind = TYPES.get(self.values[name]["dtype"], "float32")
        self.count += 1
        ref = self.refs[name] = Ref(self.count, self.shape(name), kind)
        return ref

    def call(self, node: Any) -> Call | None:
        """Return a call; None where it gives no tensor."""
        target = node["target"].split(".")
        name = target[-2] if target[0] == "torch" and len(target) > 2 else target[-1]
        args = {one["name"] or f"arg{at}": self.argument(one["arg"]) for at, one in enumerate(node["inputs"])}
        made = [name for one in node["outputs"] for name in _names(one)]
        if not made:
            return None
        outputs = tuple(self.ref(one) for one in made)
        path, kind = _module(node.get("metadata", {}).get("nn_module_stack", ""))
        changed = node["inputs"][0]["arg"].get("as_tensor") if name.endswith("_") and node["inputs"] else None
        if changed:
            self.refs[changed["name"]] = outputs[0]
        bare = name.rstrip("_") if changed else name
        given = {key: value for key, value in args.items() if value is not None}
        typed = any("as_scalar_type" in one["arg"] for one in node["inputs"])  # by a number, which is no type
        library = target[-3] if target[0] == "torch" and len(target) > 3 else ""
        return Call(bare, given, outputs, path, kind, library="" if typed and library == AT else library)

    def argument(self, arg: Any) -> Any:
        """Return an argument as a plain value, with tensors by number."""
        ((kind, value),) = arg.items()
        if kind == "as_tensor":
            return self.refs[value["name"]]
        if kind in ("as_tensors", "as_nested_tensors"):
            return [self.refs[one["name"]] for one in value]
        if kind == "as_optional_tensors":
            return [self.refs[one["as_tensor"]["name"]] if "as_tensor" in one else None for one in value]
        if kind == "as_sym_int":
            return self.number(value)
        if kind == "as_sym_ints":
            return [self.number(one) for one in value]
        return None if kind == "as_none" else value

    def number(self, found: Any) -> int:
        """Return a whole number that may depend on sizes."""
        return size(self.numbers[found["as_name"]] if "as_name" in found else found, self.symbols)


def _kept(path: str, weight: Any) -> Any:
    """Return where in the archive a weight is: its file, and which part of it.

    A model without memory (torch's meta device) has one empty file for all its weights, so that each is its own.
    """
    meta = weight.get("tensor_meta", {})
    if meta.get("device", {}).get("type") == "meta":
        return path
    return weight["path_name"], repr([meta.get(part) for part in ("sizes", "strides", "storage_offset")])


def _text(value: Any) -> str:
    """Return what must be a text.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError
    return value


def _names(output: Any) -> list[str]:
    if "as_tensor" in output:
        return [output["as_tensor"]["name"]]
    return [one["name"] for one in output.get("as_tensors", ())]


def _module(stack: str) -> tuple[str, str]:
    """Return the path and the class of the innermost module: `L__self__,,Net;L__self__a,a,torch.nn.ReLU`."""
    parts = stack.rsplit(";", maxsplit=1)[-1].split(",")
    if len(parts) < 3:
        return "", ""
    path = re.sub(r"@\d+", "", ",".join(parts[1:-1]))
    path = re.sub(r"^L\['self'\]\.?", "", path)
    return path, parts[-1].rpartition(".")[2]
