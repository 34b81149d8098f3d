"""Keras's JSON, and its archives."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, archive, harmless, json_nulls


def layer(kind: str, name: str, *taken: str, **config: Any) -> dict[str, Any]:
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [one, 0, 0]}} for one in taken]
    args = [tensors] if len(tensors) > 1 else tensors
    record = {"module": "keras.layers", "class_name": kind, "config": {"name": name, **config}, "name": name}
    return {**record, "inbound_nodes": [{"args": args, "kwargs": {}}] if taken else []}


def model(*layers: dict[str, Any], last: str = "") -> str:
    start = layer("InputLayer", "input", batch_shape=[None, 32, 32, 3])
    config = {
        "layers": [start, *layers],
        "input_layers": ["input", 0, 0],
        "output_layers": [last or layers[-1]["name"], 0, 0],
    }
    return json.dumps({"module": "keras", "class_name": "Functional", "config": config}, indent=1)


def row(*layers: tuple[str, dict[str, Any]]) -> str:
    names = ["input", *(f"l{at}" for at in range(len(layers)))]
    return model(*(layer(kind, names[at + 1], names[at], **config) for at, (kind, config) in enumerate(layers)))


class Keras(Dialect):
    """Layers with the names of those that they take; channels come last."""

    name = "keras"
    file = "net.json"
    answered = harmless(
        "a byte order mark", "2^31", "a product past 2^63", "a name twice", "a layer that takes a later one",
        "sums that double", "a name for a terminal",
        "half a character as a name", "a name of several lines",
    ) | {"own: a long row of layers": "it is as long as files of large networks are"}  # fmt: skip
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "a thousand million times": "there are no repetitions",
        "aliases that multiply": "JSON has no aliases",
    }

    def good(self) -> Text:
        return row(("Conv2D", {"filters": 8, "kernel_size": 3}), ("ReLU", {}))

    def sized(self, size: str) -> Text:
        return row(("Conv2D", {"filters": "HERE", "kernel_size": 3})).replace('"HERE"', size)

    def sizes(self, size: int) -> Text:
        return row(("Conv2D", {"filters": size, "kernel_size": 3}), ("Conv2D", {"filters": size, "kernel_size": 3}))

    def row(self, count: int) -> Text:
        return '{"class_name": "Sequential", "config": {"layers": [' + "{}," * count + "{}]}}"

    def nested(self, levels: int, *, closed: bool) -> Text:
        opened = '{"class_name": "Sequential", "config": {"layers": ['
        return opened * (levels // 5) + "]}}" * (levels // 5 * closed)

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        several = "Add" if joined == "sum" else "Concatenate"
        return model(*(layer("ReLU" if len(takes) < 2 else several, name, *takes) for name, takes in links))

    def named(self, *names: str) -> Text:
        return model(*(layer("ReLU", name, "input") for name in names))

    def unknown(self, kind: str) -> Text:
        return row((kind, {}))

    def said(self, text: str) -> Text:
        return row(("Conv2D", {"filters": 8, "kernel_size": 3, "padding": text}))

    def missing(self) -> Text:
        return row(("Conv2D", {"kernel_size": 3}))

    def top(self) -> Text:
        return '{"class_name": "Functional", "config": {"layers": 7}}'

    def nulls(self) -> Text:
        return json.dumps({**json_nulls(json.loads(str(self.good()))), "class_name": "Functional"})

    def bait(self) -> Text:
        return '{"class_name": "Functional", "config": "' + "\\" * 300_000 + '"}'

    def own(self) -> dict[str, Callable[[], Text]]:
        deep = '{"class_name": "Sequential", "config": {"layers": ['
        return {
            "models in models": lambda: deep * 50 + "]}}" * 50,
            "lists in a model": lambda: '{"class_name": "Model", "config": ' + "[" * 100_000,
            "a huge image": lambda: str(self.good()).replace("32", "9" * 30),
            "layers in the wrong order": lambda: model(*(layer("ReLU", f"l{at}", f"l{at + 1}") for at in range(2000))),
            "a long row of layers": lambda: row(*[("Dropout", {})] * 2000),
            "two open sizes": lambda: row(("Reshape", {"target_shape": [-1, -1]})),
            "an order that is none": lambda: row(("Permute", {"dims": [1, 1, 1]})),
            "padding below 0": lambda: row(("ZeroPadding2D", {"padding": [[-5, 1], [0, 1]]})),
            "code of Python": lambda: row(("Lambda", {"function": ["4wEAAAAAAAAA", None, None]})),
            "blanks in it": lambda: '{"class_name": "Functional"' + " " * 1_000_000,
            "an output that nothing makes": lambda: (
                '{"class_name": "Functional", "config": {"layers": [], "output_layers": [["a", 0, 0]]}}'
            ),
        }


class Archive(Keras):
    """The same text in an archive, beside weights."""

    name = "keras-archive"
    file = "net.keras"
    answered = {
        **Keras.answered,
        **harmless("a size that is too large", "a pickle beside it"),
        "own: a weight of 300 MB": "nothing is opened but what is read",
    }
    absent = {kind: why for kind, why in Keras.absent.items() if why != IS_NO_ARCHIVE}

    def write(self, text: Text) -> bytes:
        if isinstance(text, bytes) and text[:2] in (b"PK", b"\x1f\x8b", b""):
            return text
        return archive({"config.json": super().write(text), "metadata.json": b"{}", "model.weights.h5": b"x"})

    def members(self) -> dict[str, bytes]:
        return {"config.json": super().write(self.good()), "metadata.json": b"{}", "model.weights.h5": b"x"}

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            **super().own(),
            "a head of an archive": lambda: b"PK\x03\x04 and nothing",
            "a text of its own": lambda: b"PK" + super(Archive, self).write(self.good()),
            "a weight of 300 MB": self.heavy,
        }

    def heavy(self) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as into:
            for name, data in self.members().items():
                into.writestr(name, b"\0" * 300_000_000 if name.endswith(".h5") else data)
        return made.getvalue()
