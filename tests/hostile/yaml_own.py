"""Our own network files."""

import json
from collections.abc import Callable
from functools import partial

import hostile_inputs
from hostile_inputs import layers

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, Dialect, Links, Text, harmless


class Own(Dialect):
    """Layers as expressions; what one takes is a call."""

    name = "yaml"
    file = "net.yaml"
    answered = harmless("a byte order mark", "2^31", "a product past 2^63", "sums that double")
    words = {**Dialect.words, "nan": "nan", "true": "True", "null": "None", "text": "'many'"}
    absent = {**dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE)}

    def good(self) -> Text:
        return layers("conv: Conv2d(3, 8, 3)", "ReLU()")

    def sized(self, size: str) -> Text:
        return layers(json.dumps(f"Conv2d(3, {size}, 3)"))

    def sizes(self, size: int) -> Text:
        return layers(f"Conv2d(3, {size}, 3)", f"Conv2d({size}, {size}, 3)")

    def repeated(self, count: int) -> Text:
        return layers(f"ReLU() * {count}")

    def row(self, count: int) -> Text:
        return hostile_inputs.HEAD + "layers:\n" + "- relu\n" * count

    def nested(self, levels: int, *, closed: bool) -> Text:
        return hostile_inputs.HEAD + "layers: " + "[" * levels + "]" * (levels if closed else 0)

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        join = "add" if joined == "sum" else "cat"
        return layers(
            *(f"{name}: ReLU()({takes[0]})" if len(takes) < 2
              else f"{name}: {'add({})' if join == 'add' else 'cat([{}], 1)'}".format(", ".join(takes))
              for name, takes in links)
        )  # fmt: skip

    def named(self, *names: str) -> Text:
        return layers(*(f"{json.dumps(name)}: ReLU()" for name in names))

    def unknown(self, kind: str) -> Text:
        return layers(json.dumps(f"{kind}()"))

    def said(self, text: str) -> Text:
        return layers(json.dumps(f"Conv2d(3, 8, 3, padding_mode='{text}')"))

    def missing(self) -> Text:
        return hostile_inputs.HEAD

    def top(self) -> Text:
        return "- layers\n- 7\n"

    def nulls(self) -> Text:
        return "input:\nlayers:\n  -\n  - conv:\n"

    def aliases(self) -> Text:
        return hostile_inputs.alias_bomb("[1, 2, 3]")

    def bait(self) -> Text:
        return layers(hostile_inputs.quoted("conv " + "1x" * 20_000 + "!"))

    def outside(self) -> Text:
        return "uses: [../../../../etc/passwd]\n" + layers("ReLU()")

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            f"{group}, {name}": partial(str if isinstance(text, str) else bytes, text)
            for group, texts in hostile_inputs.ALL.items()
            for name, text in texts.items()
        }
