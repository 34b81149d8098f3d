"""Model files of the YOLO family."""

import json
from collections.abc import Callable

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, harmless

ROW = "  - [-1, 1, Conv, [16, 3, 2]]\n"


def model(*rows: str, head: str = "") -> str:
    return f"{head}backbone:\n{ROW}" + "".join(f"  - {row}\n" for row in rows) + "head: []\n"


class Ultralytics(Dialect):
    """Rows of `[from, repeats, module, arguments]`; layers are counted, and have no names."""

    name = "ultralytics"
    file = "net.yaml"
    answered = {
        **harmless(
            "a byte order mark", "2^31", "a product past 2^63", "sums that double", "a layer that there is not",
            "a path as a layer", "a layer for a terminal",
        ),
        "true": "in Python `True` is 1",
    }  # fmt: skip
    words = {**Dialect.words, "nan": ".nan", "infinity": ".inf", "text": "many"}
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
    }

    def good(self) -> Text:
        return "nc: 2\n" + model("[-1, 2, C2f, [32, True]]", "[[-1, 0], 1, Concat, [1]]").replace("[-1, 0]", "[1, 1]")

    def sized(self, size: str) -> Text:
        return model(f"[-1, 1, Conv, [{size}, 3, 2]]")

    def sizes(self, size: int) -> Text:
        return model(f"[-1, 1, Conv, [{size}]]", f"[-1, 1, Conv, [{size}]]")

    def repeated(self, count: int) -> Text:
        return model(f"[-1, {count}, Conv, [16]]")

    def row(self, count: int) -> Text:
        return "backbone:\n" + "  - []\n" * count + "head:\n"

    def nested(self, levels: int, *, closed: bool) -> Text:
        return f"head:\nbackbone: {'[' * levels}{']' * levels if closed else ''}\n"

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        places = {"input": 0, "gone": 999, **{name: at for at, (name, _) in enumerate(links, 1)}}
        rows = []
        for _, takes in links:
            here = [places[one] for one in takes]
            kind = "Conv, [16]" if len(here) < 2 else "Sum, []" if joined == "sum" else "Concat, [1]"
            rows.append(f"[{here if len(here) > 1 else here[0]}, 1, {kind}]")
        return model(*rows)

    def named(self, *names: str) -> Text:
        return model("[-1, 1, Conv, [nc]]", head="".join(f"{json.dumps(name)}: 8\n" for name in names))

    def unknown(self, kind: str) -> Text:
        return model(json.dumps([-1, 1, kind, [16]]))

    def said(self, text: str) -> Text:
        return model(json.dumps([-1, 1, "Conv", [text]]))

    def missing(self) -> Text:
        return model("[-1, 1, Conv]", "[-1, 1]")

    def top(self) -> Text:
        return "backbone: 7\nhead: {a: b}\n"

    def nulls(self) -> Text:
        return "nc:\nbackbone:\n  - [, , , ]\n  - [~, ~, ~, [~]]\nhead:\n  -\n"

    def aliases(self) -> Text:
        text = "a: &a [1,1,1,1,1,1,1,1,1]\n"
        for before, one in zip("abcdefgh", "bcdefghi", strict=True):
            text += f"{one}: &{one} [{','.join(['*' + before] * 9)}]\n"
        return model("[-1, 1, Conv, *i]", head=text)

    def bait(self) -> Text:
        return model("[-1, 1, Conv, [16]]", head=f"activation: nn.ReLU({'a=,' * 300_000}\n")

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "a row that is a mapping": lambda: "backbone:\n  - {a: 1}\nhead: []\n",
            "nested arguments": lambda: model(f"[-1, 1, Conv, [{'[' * 50}{']' * 50}]]"),
            "a huge number of inner modules": lambda: model("[-1, 99999999, C2f, [16]]"),
            "an index of 5000 digits": lambda: model(f"[-{'9' * 5000}, 1, Conv, [16]]"),
            "an endless scale": lambda: model(head="scales: {n: [.inf, .nan, 1e999]}\n"),
            "no scale": lambda: model(head="scales: {n: [1]}\n"),
            "a scale of 0": lambda: model(head="scales: {n: [0, 0, 0]}\n"),
            "variables in a circle": lambda: model("[-1, 1, Classify, [nc]]", head="nc: [nc]\n"),
            "many inputs": lambda: model(f"[{[0] * 9}, 1, Conv, [16]]"),
            "an operator as a module": lambda: model("[-1, 1, nn.Conv2dd, [16]]"),
        }
