"""ONNX: protocol buffers, made by hand."""

from collections.abc import Callable

from onnx_files import INT64, Body, field, function, graph, ints, model, net, node, tensor, value, varint

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, Dialect, Links, Text, harmless

NO_TEXT = "the format is no text"
INTEGER = "a size is an integer of 64 bits, nothing else can be written"
SIZES = (1, 3, 8, 8)
CONV = node("Conv", "x w", "y", "conv")
W = tensor("w", (4, 3, 3, 3))
HUGE = 2**62


def one(op: str, inputs: str = "x", *known: bytes, shape: tuple[int, ...] = SIZES, **attributes: object) -> bytes:
    return net([node(op, inputs, "y", "bad", **attributes)], shape, *known)


def nested(levels: int) -> bytes:
    """Return graphs within graphs."""
    inner = graph([node("Relu", "x", "o")], [], [value("o", None)])
    for _ in range(levels):
        inner = graph([node("If", "c", "o", then_branch=Body(inner))], [], [value("o", None)])
    return inner


def functions(count: int, times: int) -> bytes:
    """Return functions each of which calls the next several times."""
    made = []
    for at in range(count):
        calls = [node(f"F{at + 1}", "a" if not one else f"t{one - 1}", f"t{one}", domain="own") for one in range(times)]
        made.append(function(f"F{at}", "a", f"t{times - 1}", calls))
    made.append(function(f"F{count}", "a", "b", [node("Relu", "a", "b")]))
    return model(graph([node("F0", "x", "y", domain="own")], [value("x", SIZES)], [value("y", None)]), *made)


class Onnx(Dialect):
    """Nodes with the names of the tensors that they take and make."""

    name = "onnx"
    file = "net.onnx"
    answered = {
        **harmless(
        "2^31", "0", "a product past 2^63", "sums that double", "a name twice", "a layer that there is not",
        "a path as a layer", "a layer for a terminal", "a name for a terminal",
        "a file elsewhere", "half a character as a name", "a name of several lines",
        ),
        **dict.fromkeys(("a long text", "a text of escapes"), "what is longer than any name is left where it lies"),
    }  # fmt: skip
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        **dict.fromkeys(("UTF-16", "a byte order mark"), NO_TEXT),
        **dict.fromkeys(
            (
                "2^63", "10^400", "100,000 digits", "1e999", "not a number", "a fraction", "true", "no number",
                "a power", "a long line", "a list as a size", "a text as a size", "code",
            ),
            INTEGER,
        ),
        "a thousand million times": "a node is one node",
        "aliases that multiply": "there are no references but those to tensors",
    }  # fmt: skip

    def good(self) -> Text:
        return net([CONV, node("Relu", "y", "z")], SIZES, W, last="z")

    def sized(self, size: str) -> Text:
        return net([CONV], SIZES, tensor("w", (int(size), 3, 3, 3)))

    def sizes(self, size: int) -> Text:
        return net([CONV], (size, 3, size, size), W)

    def row(self, count: int) -> Text:
        return net([node("Relu", "x", "y")] * count, SIZES)

    def nested(self, levels: int, *, closed: bool) -> Text:
        return model(nested(2_000)) if closed else b"\x3a\xff\xff\x03" * levels

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        nodes = []
        for name, takes in links:
            here = ["x" if one == "input" else one for one in takes]
            several = node(
                "Add" if joined == "sum" else "Concat", " ".join(here), name, **({} if joined == "sum" else {"axis": 1})
            )
            nodes.append(several if len(here) > 1 else node("Relu", here[0], name))
        return net(nodes, SIZES, last=links[-1][0])

    def named(self, *names: str) -> Text:
        return net([node("Relu", "x", "y", name.encode("utf-8", "surrogatepass")) for name in names], SIZES)

    def unknown(self, kind: str) -> Text:
        return net([node(kind, "x", "y")], SIZES)

    def said(self, text: str) -> Text:
        return one("Conv", "x w", W, auto_pad=text)

    def missing(self) -> Text:
        return field(1, 8) + field(8, field(2, 17))

    def top(self) -> Text:
        return graph([CONV], [value("x", SIZES)], [value("y", None)])

    def nulls(self) -> Text:
        return model(graph([node("", "", "")], [value("", None)], [value("", None)], tensor("", ())))

    def bait(self) -> Text:
        return b"\x08" + b"\xff" * 1_000_000

    def outside(self) -> Text:
        elsewhere = field(13, field(1, "location") + field(2, "../../../../etc/passwd")) + field(14, 1)
        return net([CONV], SIZES, W + elsewhere)

    def own(self) -> dict[str, Callable[[], Text]]:
        return {**damaged(), **wrong(), **endless()}


def damaged() -> dict[str, Callable[[], Text]]:
    """Return files that are no messages, or too many of them."""
    return {
        "a text": lambda: b"name: net\n",
        "cut in a number": lambda: field(1, 8) + b"\x3a\xff",
        "longer than the file": lambda: field(1, 8) + b"\x3a" + varint(HUGE),
        "a field of no kind": lambda: b"\x0b\x0b\x0b",
        "no version": lambda: field(7, b""),
        "a million empty fields": lambda: field(1, 8) + field(7, field(1, b"") * 1_100_000),
        "a million numbers": lambda: net([CONV], SIZES, field(7, b"\x01" * 1_200_000) + field(8, "w")),
        "a long operator": lambda: net([node("R" * 70_000, "x", "y")], SIZES),
        "graphs in graphs": lambda: model(nested(40)),
        "another operator set": lambda: net([CONV], SIZES, W, opset=3),
        "a function that calls itself": lambda: model(
            graph([node("F", "x", "y", domain="own")], [value("x", SIZES)], [value("y", None)]),
            function("F", "a", "b", [node("F", "a", "b", domain="own")]),
        ),
        "functions that double": lambda: functions(24, 2),
        "functions that go deep": lambda: functions(40, 1),
        "an output that nothing gives": lambda: net([node("Relu", "x", "z")], SIZES),
        "a circle behind a sum": lambda: net(
            [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")], SIZES
        ),
    }


def wrong() -> dict[str, Callable[[], Text]]:
    """Return nodes whose attributes or shapes are none."""
    return {
        "a negative size": lambda: net([CONV], SIZES, tensor("w", (4, -3, 3, 3))),
        "too many axes": lambda: net([CONV], SIZES, tensor("w", (1,) * 100)),
        "huge padding": lambda: one("Conv", "x w", W, pads=[2**63 - 1] * 4),
        "strides of nothing": lambda: one("Conv", "x w", W, strides=[0, 0]),
        "negative dilation": lambda: one("Conv", "x w", W, dilations=[-1, -1]),
        "no groups": lambda: one("Conv", "x w", W, group=0),
        "a kernel of other axes": lambda: one("Conv", "x w", W, kernel_shape=[3]),
        "pads of other axes": lambda: one("Conv", "x w", W, pads=[1]),
        "an attribute of another type": lambda: one("Conv", "x w", W, strides="two"),
        "channels that do not fit": lambda: one("Conv", "x w", tensor("w", (4, 5, 3, 3))),
        "a kernel that is too large": lambda: one("Conv", "x w", tensor("w", (4, 3, 30, 30))),
        "a reshape that does not fit": lambda: one("Reshape", "x s", ints("s", 7, -1)),
        "two open sizes": lambda: one("Reshape", "x s", ints("s", -1, -1)),
        "an order that is none": lambda: one("Transpose", perm=[0, 0, 1, 2]),
        "an axis that is not there": lambda: one("Concat", "x x", axis=9),
        "parts that do not fit": lambda: one("Split", "x s", ints("s", 1, 9), axis=1),
        "sizes that do not fit": lambda: one("Add", "x w", tensor("w", (5,))),
        "a step of nothing": lambda: one("Slice", "x s e a t", ints("s", 0), ints("e", 9), ints("a", 2), ints("t", 0)),
        "an if without branches": lambda: net([node("If", "c", "y")], SIZES, tensor("c", (), [1], INT64)),
        "an equation of nothing": lambda: one("Einsum", equation="->->"),
        "a tensor for a terminal": lambda: one("Reshape", "x s\x1b[31m", ints("s", 7)),
    }


def endless() -> dict[str, Callable[[], Text]]:
    """Return numbers that nobody should work out."""

    def folded(*nodes: bytes, **known: int) -> bytes:
        last = node("Missing", "gone", "g")
        return net([*nodes, last], SIZES, *(tensor(key, (), [number], INT64) for key, number in known.items()))

    return {
        "a huge input": lambda: net([node("Relu", "x", "y")], (HUGE, HUGE, HUGE)) + field(7, b"\xff"),
        "a huge shape": lambda: one("ConstantOfShape", "s", ints("s", *(HUGE,) * 8)) + field(7, b"\x0a"),
        "a huge repetition": lambda: one("Tile", "x t", ints("t", *(HUGE,) * 4)),
        "an endless range": lambda: folded(node("Range", "a b s", "r"), node("Reshape", "x r", "y"), a=0, b=HUGE, s=1),
        "a power without end": lambda: net(
            [node("Pow", "a a", "p"), node("Pow", "p p", "q"), node("Expand", "x q", "y")], SIZES, ints("a", 60)
        ),
        "a division by nothing": lambda: folded(node("Div", "a z", "q"), node("Reshape", "x q", "y"), a=3, z=0),
        "a loop without an end": lambda: net([node("Loop", "gone", "y", body=Body(nested(3)))], SIZES),
    }
