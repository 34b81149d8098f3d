"""Hydra's configurations, and MONAI's bundles."""

import json
from collections.abc import Callable
from typing import Any

from hostile import archives
from hostile.dialect import CODE, IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, harmless, json_nulls

HEAD = "model:\n  _target_: torch.nn.Sequential\n  _args_:\n"


def chain(*layers: str, head: str = "") -> str:
    return head + HEAD + "".join(f"    - {layer}\n" for layer in layers)


def conv(outputs: str, inputs: str = "3") -> str:
    return f"{{_target_: torch.nn.Conv2d, in_channels: {inputs}, out_channels: {outputs}, kernel_size: 3}}"


class Hydra(Dialect):
    """Classes of torch.nn by `_target_`, one after the other; values refer to others."""

    name = "hydra"
    file = "model.yaml"
    options = ("-i", "3x32x32")
    answered = {
        **harmless(
            "a byte order mark", "2^31", "a product past 2^63", "a layer that takes a later one",
            "a name for a terminal", "a name of several lines",
        ),
        "own: mappings that multiply": "what nobody refers to is looked at once",
    }  # fmt: skip
    words = {**Dialect.words, "nan": ".nan", "infinity": ".inf", "text": "many"}
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "a thousand million times": "there are no repetitions",
        "sums that double": "layers stand one after the other, and are never joined",
    }

    def good(self) -> Text:
        return chain(conv("'${width}'"), "{_target_: torch.nn.ReLU}", head="width: 16\n")

    def sized(self, size: str) -> Text:
        return chain(conv(size))

    def sizes(self, size: int) -> Text:
        return chain(conv(str(size)), conv(str(size), str(size)))

    def row(self, count: int) -> Text:
        return chain() + "    - {}\n" * count

    def nested(self, levels: int, *, closed: bool) -> Text:
        return f"model:\n  _target_: torch.nn.Sequential\n  _args_: {'[' * levels}{']' * levels if closed else ''}\n"

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        made = ["input: {_target_: torch.nn.ReLU}\n"]
        for name, takes in links:
            inner = ", ".join(f"'${{{one}}}'" for one in takes)
            made.append(f"{name}: {{_target_: torch.nn.Sequential, _args_: [{inner}]}}\n")
        return "".join(made) + chain(f"${{{links[-1][0]}}}")

    def named(self, *names: str) -> Text:
        return chain(conv("8"), head="".join(f"{json.dumps(name)}: 1\n" for name in names))

    def unknown(self, kind: str) -> Text:
        return chain(f"{{_target_: {json.dumps(kind)}}}")

    def said(self, text: str) -> Text:
        return chain(f"{{_target_: torch.nn.Conv2d, _args_: [3, 8, 3], padding_mode: {json.dumps(text)}}}")

    def missing(self) -> Text:
        return chain("{_target_: torch.nn.Conv2d, in_channels: 3}")

    def top(self) -> Text:
        return "- _target_: torch.nn.ReLU\n- 7\n"

    def nulls(self) -> Text:
        return "model:\n  _target_:\n  _args_:\n    - {_target_: ~, in_channels: ~}\n"

    def aliases(self) -> Text:
        text = "b0: &b0 {_target_: torch.nn.ReLU}\n"
        for level in range(1, 12):
            inner = ", ".join([f"*b{level - 1}"] * 9)
            text += f"b{level}: &b{level} {{_target_: torch.nn.Sequential, _args_: [{inner}]}}\n"
        return f"{text}model: *b11\n"

    def bait(self) -> Text:
        return chain(conv("'" + "${a" * 300_000 + "'"))

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "an anchor in itself": lambda: "a: &a\n  _target_: torch.nn.Sequential\n  _args_: [*a, *a]\n",
            "the environment": lambda: chain(conv("'${oc.env:HOME}'")),
            "a function that does something": lambda: "model: {_target_: os.system, command: touch gone}\n",
            "a tag that makes an object": lambda: "!!python/object:os.system\n_target_: torch.nn.ReLU\n",
            "an object in a value": lambda: chain(conv("!!python/object/apply:os.system ['touch gone']")),
            "mappings that multiply": lambda: (
                "".join(
                    f"b{at}: &b{at} {{x: {f'*b{at - 1}' if at else 1}, y: {f'*b{at - 1}' if at else 1}}}\n"
                    for at in range(60)
                )
                + chain(conv("8"))
            ),
            "mappings that multiply, without a network": lambda: "".join(
                f"b{at}: &b{at} {{_target_: my.Net, x: *b{at - 1}, y: *b{at - 1}}}\n" if at else "b0: &b0 {}\n"
                for at in range(60)
            ),
            "lists that double by reference": lambda: chain(
                conv("'${b59}'"),
                head="b0: [1]\n" + "".join(f"b{at}: ['${{b{at - 1}}}', '${{b{at - 1}}}']\n" for at in range(1, 60)),
            ),
            "a list in itself by reference": lambda: chain(conv("'${b}'"), head="b: ['${b}']\n"),
            "a long row of references": lambda: chain(
                conv("'${v0}'"), head="".join(f"v{at}: ${{v{at + 1}}}\n" for at in range(50_000)) + "v50000: 8\n"
            ),
        }


def unet(**given: Any) -> dict[str, Any]:
    usual = {
        "_target_": "UNet", "spatial_dims": 2, "in_channels": 3, "out_channels": "@classes",
        "channels": [8, 16], "strides": [2], "num_res_units": 1, "norm": "batch",
    }  # fmt: skip
    return {**usual, **given}


def bundle(**given: Any) -> str:
    """Write a bundle; what is a text of more than JSON has is put in later."""
    return json.dumps({"imports": ["$import os"], "classes": 2, "network_def": unet(**given)}, indent=1)


class Monai(Hydra):
    """A bundle: JSON with networks of MONAI, whose values refer to others by `@`."""

    name = "monai"
    file = "train.json"
    answered = harmless(
        "a byte order mark", "a layer that takes a later one", "a name for a terminal", "a name of several lines"
    )
    words = {**Dialect.words, "infinity": "1e999"}
    absent = {
        **{kind: why for kind, why in Hydra.absent.items() if kind != "a thousand million times"},
        "aliases that multiply": "JSON has no aliases",
        "channels that double": "layers are made by the network, and are never joined",
    }

    def good(self) -> Text:
        return bundle()

    def sized(self, size: str) -> Text:
        return bundle(channels=["HERE", 16]).replace('"HERE"', size)

    def sizes(self, size: int) -> Text:
        return bundle(channels=[size, size])

    def repeated(self, count: int) -> Text:
        return bundle(num_res_units=count)

    def row(self, count: int) -> Text:
        return bundle(channels=[8] * count, strides=[1] * (count - 1))

    def nested(self, levels: int, *, closed: bool) -> Text:
        return '{"network_def": {"_target_": "UNet", "channels": ' + "[" * levels + ("]" * levels + "}}") * closed

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        values = {name: f"@{takes[0]}" for name, takes in links}
        return json.dumps({"input": 2, **values, "network_def": unet(out_channels=f"@{links[0][0]}")})

    def named(self, *names: str) -> Text:
        own = "".join(f"{json.dumps(name)}: 1, " for name in names)
        return '{"classes": 2, ' + own + f'"network_def": {json.dumps(unet())}}}'

    def unknown(self, kind: str) -> Text:
        return bundle(_target_=kind)

    def said(self, text: str) -> Text:
        return bundle(norm=text)

    def missing(self) -> Text:
        return json.dumps({"network_def": {"_target_": "UNet", "spatial_dims": 2}})

    def top(self) -> Text:
        return json.dumps([{"_target_": "UNet"}, 7])

    def nulls(self) -> Text:
        return json.dumps(json_nulls({"network_def": unet()})).replace('"_target_": null', '"_target_": "UNet"')

    def bait(self) -> Text:
        return bundle(out_channels="@a." * 300_000)

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "many axes": lambda: bundle(spatial_dims=9),
            "code as a value": lambda: bundle(channels=f"${CODE}"),
            "a list that is multiplied": lambda: bundle(channels="$[1] * 3"),
            "strides of nothing": lambda: bundle(strides=[0]),
            "many strides": lambda: bundle(strides=[1] * 100_000),
            "a reference into a list": lambda: bundle(out_channels="@network_def#channels#99999999999999999999"),
            "many references to many keys": lambda: json.dumps(
                {f"k{at}": 1 for at in range(15_000)}
                | {"network_def": unet(out_channels=2, channels=["@k14999"] * 15_000)}
            ),
            "a reference to its own network": lambda: bundle(out_channels="@network_def"),
        }
