"""YAML texts as what a schema judges: plain scalars by the core schema of YAML 1.2, as editors read them."""

import re
from typing import Any

import yaml

CORE = (
    (r"~|null|Null|NULL|", lambda _: None),
    (r"true|True|TRUE", lambda _: True),
    (r"false|False|FALSE", lambda _: False),
    (r"[-+]?[0-9]+", int),
    (r"0o[0-7]+", lambda text: int(text, 0)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text, 16)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
)


def instance(text: str) -> Any:
    """Read a text; all keys are strings.

    Raises:
        yaml.YAMLError: it is no YAML, or JSON has no word for it.
    """
    return _value(yaml.compose(text, Loader=yaml.SafeLoader))


def _value(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise yaml.YAMLError("JSON has no such keys")
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if node is None or node.style is not None:
        return None if node is None else node.value
    return next((read(node.value) for pattern, read in CORE if re.fullmatch(pattern, node.value)), node.value)
