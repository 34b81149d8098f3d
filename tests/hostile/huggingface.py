"""Hugging Face's configurations."""

import json
from collections.abc import Callable
from typing import Any

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Text, harmless, json_nulls

NO_LINKS = "a configuration has numbers, and no layers that take anything"


def config(kind: str = "resnet", **given: Any) -> str:
    usual = {"model_type": kind, "id2label": {"0": "a", "1": "b"}, "image_size": 64}
    own = {"layer_type": "basic", "hidden_sizes": [8, 16], "depths": [1, 1]} if kind == "resnet" else {}
    return json.dumps({**usual, **own, **given}, indent=1)


class HuggingFace(Dialect):
    """Numbers of a family of networks."""

    name = "huggingface"
    file = "config.json"
    answered = harmless(
        "a byte order mark", "a long name", "a name twice", "a name for a terminal", "half a character as a name",
        "a name of several lines",
    )  # fmt: skip
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "aliases that multiply": "JSON has no aliases",
        **dict.fromkeys(
            (
                "a layer that takes itself", "two layers in a circle", "a layer that takes nothing there is",
                "a layer that takes a later one", "sums that double", "channels that double",
            ),
            NO_LINKS,
        ),
    }  # fmt: skip

    def good(self) -> Text:
        return config()

    def sized(self, size: str) -> Text:
        return config(hidden_sizes=["HERE", 16]).replace('"HERE"', size)

    def sizes(self, size: int) -> Text:
        return config(hidden_sizes=[size, size])

    def repeated(self, count: int) -> Text:
        return config(depths=[1, count])

    def row(self, count: int) -> Text:
        return config(hidden_sizes=[8] * count, depths=[1] * count)

    def nested(self, levels: int, *, closed: bool) -> Text:
        return '{"model_type": "resnet", "depths": ' + "[" * levels + ("]" * levels + "}") * closed

    def named(self, *names: str) -> Text:
        own = ", ".join(f"{json.dumps(name)}: {at}" for at, name in enumerate(names))
        return f"{{{own}, " + config()[1:]

    def unknown(self, kind: str) -> Text:
        return config(kind)

    def said(self, text: str) -> Text:
        return config(hidden_act=text)

    def missing(self) -> Text:
        return '{"model_type": "convnext", "hidden_sizes": [8]}'

    def top(self) -> Text:
        return '["model_type": 1]'

    def nulls(self) -> Text:
        return json.dumps({**json_nulls(json.loads(config())), "model_type": "resnet"})

    def bait(self) -> Text:
        return '{"model_type": "' + "\\" * 300_000

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "sizes that do not go on": lambda: config(hidden_sizes=[2**40], depths=[1]),
            "many blocks": lambda: config(depths=[10**6, 1]),
            "many stages": lambda: config(hidden_sizes=[64] * 2000, depths=[1] * 2000),
            "a hidden size of 1": lambda: config(hidden_sizes=[1], depths=[3], layer_type="bottleneck"),
            "a huge width": lambda: config("mobilenet_v1", depth_multiplier=1e300),
            "a width below 0": lambda: config("mobilenet_v2", depth_multiplier=-1),
            "a divisor of nothing": lambda: config("mobilenet_v2", depth_divisible_by=0),
            "a huge depth": lambda: config("efficientnet", depth_coefficient=1e6),
            "kernels of other stages": lambda: config("efficientnet", kernel_sizes=[1, 2]),
            "strides past the image": lambda: config("efficientnet", strides=[1, 2, 2, 2, 1, 2, 99], image_size=1),
            "an image of one pixel": lambda: config("convnext", hidden_sizes=[96], depths=[1], image_size=1),
            "groups that do not divide": lambda: config("regnet", hidden_sizes=[100], depths=[1], groups_width=30),
            "nothing but a family": lambda: '{"model_type": "resnet"}',
            "many classes": lambda: config(id2label=None, num_labels=10**30),
            "an image past 2^63": lambda: config(image_size=2**70),
        }
