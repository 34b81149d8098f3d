"""torch.export's archives."""

import json
from collections.abc import Callable
from typing import Any

from hostile.dialect import CODE, Dialect, Links, Text, archive, harmless, json_nulls

GRAPH, WEIGHTS = "net/models/model.json", "net/data/weights/model_weights_config.json"
NAMES = b'{"config": {"stem.weight": {"path_name": "w0"}}}'


def tensor(*sizes: int | str) -> dict[str, Any]:
    """Return what the schema says of a tensor; a text is an expression."""
    made = [{"as_int": one} if isinstance(one, int) else {"as_expr": {"expr_str": one, "hint": None}} for one in sizes]
    return {"dtype": 7, "sizes": made, "requires_grad": True}


def arg(name: str, value: Any, kind: str = "as_tensor") -> dict[str, Any]:
    return {"name": name, "arg": {kind: {"name": value} if kind == "as_tensor" else value}, "kind": 1}


def call(target: str, name: str, *inputs: dict[str, Any], module: str = "") -> dict[str, Any]:
    made = {"target": f"torch.ops.aten.{target}", "inputs": list(inputs), "outputs": [{"as_tensor": {"name": name}}]}
    return {**made, "metadata": {"nn_module_stack": f"L__self__,,m.Net;L__self__a,{module},torch.nn.ReLU"}}


def graph(*nodes: dict[str, Any], last: str = "", size: Any = 8, **values: dict[str, Any]) -> dict[str, Any]:
    made = {one["outputs"][0]["as_tensor"]["name"]: tensor(1, 4, 4, 4) for one in nodes}
    known = {"p_w": tensor(4, 3, 3, 3), "x": tensor(1, 3, size, 9), **made, **values}
    signature = {
        "input_specs": [
            {"parameter": {"arg": {"name": "p_w"}, "parameter_name": "stem.weight"}},
            {"user_input": {"arg": {"as_tensor": {"name": "x"}}}},
        ],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": last or [*made][-1]}}}}] if made else [],
    }
    inner = {"nodes": list(nodes), "tensor_values": known, "sym_int_values": {}}
    return {
        "graph_module": {"graph": inner, "signature": signature},
        "schema_version": {"major": 8, "minor": 20},
        "range_constraints": {},
    }


def conv(out: str = "y", **more: Any) -> dict[str, Any]:
    own = [arg(name, value, "as_ints") for name, value in more.items()]
    return call("conv2d.default", out, arg("input", "x"), arg("weight", "p_w"), *own, module="stem")


class Exported(Dialect):
    """Calls of torch's operators as JSON in an archive."""

    name = "pt2"
    file = "net.pt2"
    limit = 24 * 2**20
    answered = {
        **harmless(
            "a byte order mark", "2^31", "0", "a product past 2^63", "sums that double", "channels that double",
            "a long name", "a name twice", "a name for a terminal", "a layer for a terminal",
            "half a character as a name", "a name of several lines",
            "a layer that there is not", "a path as a layer", "a size that is too large", "a pickle beside it",
        ),
        "UTF-16": "JSON may be written so",
        **dict.fromkeys(
            ("own: a stride of nothing", "own: a stride for a terminal", "own: a list of a million strides"),
            "a call that convcli does not understand is not counted, and what it makes stands in the file",
        ),
    }  # fmt: skip
    absent = {
        "a thousand million times": "a call is one call",
        "aliases that multiply": "JSON has no aliases",
        "a file elsewhere": "weights are named, and never opened",
    }

    def write(self, text: Text) -> bytes:
        if isinstance(text, bytes) and text[:2] in (b"PK", b"\x1f\x8b", b""):
            return text
        return archive({GRAPH: super().write(text), WEIGHTS: NAMES})

    def members(self) -> dict[str, bytes]:
        return {GRAPH: super().write(self.good()), WEIGHTS: NAMES}

    def good(self) -> Text:
        return json.dumps(graph(conv(stride=[2, 2])))

    def sized(self, size: str) -> Text:
        return json.dumps(graph(conv(), y=tensor(1, 4, 777, 4))).replace("777", size)

    def sizes(self, size: int) -> Text:
        return json.dumps(graph(conv(), y=tensor(1, 4, size, size), p_w=tensor(size, size, 3, 3)))

    def row(self, count: int) -> Text:
        return json.dumps(graph(conv())).replace('"nodes": [', '"nodes": [' + "{}," * count)

    def nested(self, levels: int, *, closed: bool) -> Text:
        return '{"schema_version": {"major": 8}, "graph_module": ' + "[" * levels + ("]" * levels + "}") * closed

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        nodes = []
        for name, takes in links:
            here = ["x" if one == "input" else one for one in takes]
            if len(here) < 2:
                nodes.append(call("relu.default", name, arg("self", here[0])))
            elif joined == "sum":
                nodes.append(call("add.Tensor", name, arg("self", here[0]), arg("other", here[1])))
            else:
                tensors = arg("tensors", [{"name": one} for one in here], "as_tensors")
                nodes.append(call("cat.default", name, tensors, arg("dim", 1, "as_int")))
        return json.dumps(graph(*nodes))

    def named(self, *names: str) -> Text:
        return json.dumps(graph(*(call("relu.default", f"y{at}", arg("self", "x"), module=name)
                                  for at, name in enumerate(names))))  # fmt: skip

    def unknown(self, kind: str) -> Text:
        return json.dumps(graph(call(f"{kind}.default", "y", arg("self", "x"))))

    def said(self, text: str) -> Text:
        return json.dumps(graph(conv(), y=tensor(1, 4, text, 4), last=text))

    def missing(self) -> Text:
        return json.dumps({"schema_version": {"major": 8}})

    def top(self) -> Text:
        return "[]"

    def nulls(self) -> Text:
        return json.dumps({**json_nulls(graph(conv())), "schema_version": {"major": 8}})

    def bait(self) -> Text:
        return json.dumps(graph(conv(), size="Symbol('" + "s" * 300_000))

    def own(self) -> dict[str, Callable[[], Text]]:
        def changed(**values: Any) -> str:
            return json.dumps(graph(conv(), **values))

        def spoiled(at: str, value: Any) -> str:
            made = graph(conv())
            made["graph_module"]["graph"][at] = value
            return json.dumps(made)

        def of_version(version: Any) -> str:
            return json.dumps({**graph(conv()), "schema_version": {"major": version}})

        return {
            "a long number": lambda: '{"schema_version": {"major": 8}, "x": ' + "9" * 100_000 + "}",
            "nodes that are a text": lambda: spoiled("nodes", "abc"),
            "a node that is a number": lambda: spoiled("nodes", [3]),
            "a node without outputs": lambda: spoiled("nodes", [{"target": "x", "inputs": [], "outputs": [{}]}]),
            "an argument of two kinds": lambda: json.dumps(
                graph(call("relu.default", "y", {"name": "self", "arg": {"as_int": 1, "as_ints": []}}))
            ),
            "no sizes": lambda: changed(y={"dtype": 7}),
            "a type that is a list": lambda: changed(y={"dtype": [7], "sizes": []}),
            "a size that is code": lambda: changed(x=tensor(CODE)),
            "a size that is a text": lambda: changed(x=tensor("'abc'")),
            "a deep size": lambda: changed(x=tensor("Add(" * 5000 + "1" + ")" * 5000)),
            "a power of Mul": lambda: changed(x=tensor("Mul(" + "9223372036854775807," * 999 + "2)")),
            "a stride of nothing": lambda: json.dumps(graph(conv(stride=[0, 0]))),
            "a stride for a terminal": lambda: json.dumps(graph(conv(stride="\x1b[31m"))),
            "a list of a million strides": lambda: json.dumps(graph(conv(stride=[1] * 1_000_000))),
            "version 7": lambda: of_version(7),
            "a version that is a text": lambda: of_version("8"),
            "a version for a terminal": lambda: of_version("\x1b[31m"),
            "a version of lists": lambda: of_version([8] * 1000),
            "a file of another type": lambda: b"PK\x03\x04 no archive",
        }
