"""Caffe's prototxt."""

from collections.abc import Callable

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, harmless

INPUT = 'input: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: 32\ninput_dim: 32\n'


def layer(kind: str, name: str, bottom: list[str], top: list[str] | None = None, **params: str) -> str:
    lines = [f'name: "{name}"', f'type: "{kind}"', *(f'bottom: "{one}"' for one in bottom)]
    lines += [f'top: "{one}"' for one in top or [name]] + [f"{key} {{ {text} }}" for key, text in params.items()]
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def conv(name: str, outputs: int | str, bottom: str = "data") -> str:
    return layer("Convolution", name, [bottom], convolution_param=f"num_output: {outputs} kernel_size: 3")


class Caffe(Dialect):
    """Messages in braces, with what they take and what they make by name."""

    name = "caffe"
    file = "net.prototxt"
    answered = harmless(
        "a byte order mark", "2^31", "a product past 2^63", "a long name", "a name twice", "sums that double",
        "a name for a terminal",
    ) | {"own: a long name many times": "layers may all have one name"}  # fmt: skip
    words = {**Dialect.words, "nan": "nan"}
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "a thousand million times": "a message is one layer",
        "aliases that multiply": "there are no references but those to layers",
    }

    def good(self) -> Text:
        return INPUT + conv("a", 8) + layer("ReLU", "b", ["a"])

    def sized(self, size: str) -> Text:
        return INPUT + conv("a", size)

    def sizes(self, size: int) -> Text:
        return INPUT + conv("a", size) + conv("b", size, "a")

    def row(self, count: int) -> Text:
        return INPUT + "layer{}" * count

    def nested(self, levels: int, *, closed: bool) -> Text:
        return INPUT + "layer {" * levels + "}" * (levels if closed else 0)

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        made = [
            layer("ReLU" if len(takes) < 2 else "Eltwise" if joined == "sum" else "Concat", name,
                  ["data" if one == "input" else one for one in takes])
            for name, takes in links
        ]  # fmt: skip
        return INPUT + "".join(made)

    def named(self, *names: str) -> Text:
        return INPUT + "".join(conv(name, 8) for name in names)

    def unknown(self, kind: str) -> Text:
        return INPUT + layer(kind, "a", ["data"])

    def said(self, text: str) -> Text:
        return INPUT + layer("Pooling", "a", ["data"], pooling_param=f'pool: "{text}" kernel_size: 2')

    def missing(self) -> Text:
        return INPUT + layer("Convolution", "a", ["data"], convolution_param="kernel_size: 3")

    def top(self) -> Text:
        return "[layer {}, 7]"

    def nulls(self) -> Text:
        return INPUT + 'layer { name: "" type: "" bottom: "" top: "" convolution_param { } }'

    def bait(self) -> Text:
        return "layer { name: " + '"a' * 100_000

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "many values": lambda: INPUT + "layer { name: [" + "1," * 400_000,
            "a layer without a bottom": lambda: INPUT + "layer { type: 'Convolution' top: 'a' }",
            "layers without an input": lambda: "layer { type: 'ReLU' name: 'a' bottom: 'a' top: 'a' }\n" * 3000,
            "many tops": lambda: INPUT
            + layer("Split", "s", ["data"], [f"t{at}" for at in range(50_000)])
            + layer("ReLU", "r", ["none"]),
            "many bottoms": lambda: INPUT
            + layer("Concat", "c", ["data"] * 20_000)
            + layer("Concat", "d", ["c"] * 20_000)
            + layer("Nothing", "n", ["d"]),
            "a long name many times": lambda: INPUT + layer("ReLU", "n" * 200, ["data"], ["t"]) * 7000,
            "no kernel": lambda: INPUT + layer("Pooling", "p", ["data"], pooling_param="kernel_size: 0 stride: 0"),
            "a slice below 0": lambda: INPUT
            + layer("Slice", "s", ["data"], ["a", "b"], slice_param="slice_point: -5"),
            "a slice of no axis": lambda: INPUT
            + layer("Slice", "s", ["data"], ["a", "b"], slice_param="axis: 99999999999 slice_point: 1"),
            "an order that is none": lambda: INPUT
            + layer("Permute", "p", ["data"], permute_param="order: 9 order: 9"),
            "two open sizes": lambda: INPUT
            + layer("Reshape", "r", ["data"], reshape_param="shape { dim: -1 dim: -1 }"),
            "an axis that there is not": lambda: INPUT + layer("Flatten", "f", ["data"], flatten_param="axis: 77"),
            "a scale of no axis": lambda: INPUT
            + layer("Scale", "s", ["data"], scale_param="axis: 9")
            + layer("Gone", "g", ["s"]),
            "comments without end": lambda: "#\n" * 900_000,
            "a zero before it": lambda: "\x00layer {}",
        }  # fmt: skip
