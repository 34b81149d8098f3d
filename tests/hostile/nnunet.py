"""Plans of nnU-Net, in both of their generations."""

import json
from collections.abc import Callable
from typing import Any

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, harmless, json_nulls

JOINED = "a configuration inherits from one other, and nothing else refers to anything"


def earlier() -> dict[str, Any]:
    return {
        "patch_size": [64, 48], "UNet_class_name": "PlainConvUNet", "UNet_base_num_features": 12,
        "n_conv_per_stage_encoder": [2, 2], "n_conv_per_stage_decoder": [2],
        "pool_op_kernel_sizes": [[1, 1], [2, 2]], "conv_kernel_sizes": [[3, 3], [3, 3]], "unet_max_num_features": 60,
    }  # fmt: skip


def later() -> dict[str, Any]:
    kwargs = {
        "features_per_stage": [8, 16], "kernel_sizes": [[3, 3], [3, 3]], "strides": [[1, 1], [2, 2]],
        "n_conv_per_stage": [2, 2], "n_conv_per_stage_decoder": [2], "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm2d",
    }  # fmt: skip
    name = "dynamic_network_architectures.architectures.unet.PlainConvUNet"
    return {"patch_size": [64, 48], "architecture": {"network_class_name": name, "arch_kwargs": kwargs}}


class Earlier(Dialect):
    """Configurations that have the numbers themselves."""

    name = "nnunet-earlier"
    file = "plans.json"
    answered = harmless(
        "a byte order mark", "2^31", "a layer that takes a later one", "a name for a terminal",
        "a name of several lines",
    )  # fmt: skip
    make: Callable[[], dict[str, Any]] = staticmethod(earlier)
    features = '"UNet_base_num_features": 12'
    encoder = '"n_conv_per_stage_encoder": [2, 2]'
    kind = '"PlainConvUNet"'
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "sums that double": JOINED,
        "channels that double": JOINED,
        "aliases that multiply": "JSON has no aliases",
    }

    def plans(self, **configurations: Any) -> str:
        return json.dumps({"plans_name": "ours", "configurations": configurations or {"2d": self.make()}})

    def good(self) -> Text:
        return self.plans()

    def replaced(self, old: str, new: str) -> Text:
        text = self.plans()
        assert old in text
        return text.replace(old, new, 1)

    def sized(self, size: str) -> Text:
        return self.replaced(self.features, self.features.replace("12", size).replace("8,", f"{size},"))

    def sizes(self, size: int) -> Text:
        return self.replaced("[64, 48]", f"[{size}, {size}]")

    def repeated(self, count: int) -> Text:
        return self.replaced(self.encoder, self.encoder.replace("[2, 2]", f"[2, {count}]"))

    def row(self, count: int) -> Text:
        return self.replaced("[[1, 1], ", f"[{'[1, 1], ' * count}")

    def nested(self, levels: int, *, closed: bool) -> Text:
        return '{"configurations": ' + '{"a":' * levels + ("1" + "}" * levels + "}") * closed

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        return self.plans(input=self.make(), **{name: {"inherits_from": takes[0]} for name, takes in links})

    def named(self, *names: str) -> Text:
        inner = ", ".join(f"{json.dumps(name)}: {json.dumps(self.make())}" for name in names)
        return f'{{"configurations": {{{inner}}}}}'

    def unknown(self, kind: str) -> Text:
        return self.replaced(self.kind, json.dumps(kind)).replace("[64, 48]", "[]")

    def said(self, text: str) -> Text:
        return self.replaced("[64, 48]", json.dumps(text))

    def missing(self) -> Text:
        return self.replaced('"patch_size"', '"patch"')

    def top(self) -> Text:
        return json.dumps({"configurations": [1, 2]})

    def nulls(self) -> Text:
        return json.dumps(json_nulls({"configurations": {"2d": self.make()}}))

    def bait(self) -> Text:
        return '{"configurations": "' + "\\" * 300_000

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "no configuration": lambda: '{"configurations": {}}',
            "a huge patch": lambda: self.replaced("[64, 48]", f"[{'9' * 30}, 48]"),
            "a patch of many axes": lambda: self.replaced("[64, 48]", str([1] * 1000)),
            "many configurations": lambda: self.plans(**{f"c{at}": {"inherits_from": "c0"} for at in range(20_000)}),
            "a long row of inheritance": lambda: self.plans(
                **{f"c{at}": {"inherits_from": f"c{at + 1}"} for at in range(2_000)}
            ),
        }


class Later(Earlier):
    """Configurations that have the class of their network, and its arguments."""

    name = "nnunet-later"
    make = staticmethod(later)
    features = '"features_per_stage": [8,'
    encoder = '"n_conv_per_stage": [2, 2]'
    kind = '"dynamic_network_architectures.architectures.unet.PlainConvUNet"'

    def row(self, count: int) -> Text:
        return self.replaced('"strides": [', f'"strides": [{"[1, 1], " * count}')

    def own(self) -> dict[str, Callable[[], Text]]:
        return {**super().own(), "a norm for a terminal": lambda: self.replaced("InstanceNorm2d", "\\u001b[31m2d")}
