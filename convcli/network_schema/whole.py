"""A network file as a whole: its keys, and the definitions that they refer to."""

from convcli import __version__
from convcli.network_schema import checks, layers, operators
from convcli.network_schema.kinds import Schema, ref
from convcli.readers.items import RESERVED
from convcli.readers.network_file import KEYS, VARIANT_KEYS

DRAFT = "http://json-schema.org/draft-07/schema#"
ID = "urn:convcli:network:1"
"""No address: servers that find one resolve every reference against it, and ask the network."""

SCALAR = ["string", "number", "boolean"]
SIGNATURE = (
    rf"^[\s(]*(?!(?:def|class)\s)(?:{layers.PREFIX})*{layers.IDENTIFIER}[\s)]*"
    rf"(?:$|#|\((?!\s*{layers.IDENTIFIER}\s*:)[\s\S]*$)"
)


def network_schema() -> Schema:
    """Return the schema of network files."""
    calls = operators.definitions()
    properties = _properties()
    return {
        "$schema": DRAFT,
        "$id": ID,
        "$comment": f"Written by `convcli schema`, convcli {__version__}.",
        "title": "convcli network file",
        "type": "object",
        "properties": {key: properties[key] for key in KEYS},
        "additionalProperties": False,
        "anyOf": [{"required": [key]} for key in ("layers", "blocks", "vars", "uses")],  # the last three for `uses`
        "not": {"required": ["input", "inputs"]},
        "definitions": {
            **layers.definitions(), **checks.definitions(), **_definitions(), "pair": layers.pair(list(calls)), **calls,
        },
    }  # fmt: skip


def _properties() -> dict[str, Schema]:
    wrong = "A block's key is its name with its parameters: `Bottleneck(planes, stride=1)`."
    signature = {"title": "Block(parameters)", "pattern": SIGNATURE, "patternErrorMessage": wrong}
    variants = "For each variant the variables that it replaces; `of` another variant, `check` of its own."
    return {
        "name": {"description": "The name in reports; the file's, if left out.", "type": [*SCALAR, "null"]},
        "input": ref("input"),
        "inputs": {
            "description": "Several inputs by name: `{image: [3, 224, 224], depth: [1, 224, 224]}`.",
            "type": ["object", "null"], "additionalProperties": ref("input"),
        },
        "outputs": {
            "description": "The tensors that the network gives; the last layer's, if left out.",
            "anyOf": [ref("text"), {"type": "array", "items": ref("text")}],
        },
        "vars": {
            "description": "Variables: numbers, lists, expressions; what is quoted is a string.",
            "allOf": [ref("variables")],
        },
        "variants": {"description": variants, "type": ["object", "null"], "additionalProperties": ref("variant")},
        "blocks": {
            "description": "Named pieces of network. A key is a signature: `Bottleneck(planes, stride=1):`.",
            "type": ["object", "null"], "propertyNames": signature,
            "additionalProperties": {"anyOf": [ref("layers"), {"type": "null"}]},
        },
        "layers": {
            "description": "The layers, one for each `- `; the tensor flows from top to bottom.",
            "anyOf": [ref("layers"), {"type": "null"}],
        },
        "uses": {
            "description": "Other files whose blocks and variables are known here, relative to this one.",
            "type": [*SCALAR, "array"], "items": {"type": SCALAR},
        },
        "check": ref("check"),
    }  # fmt: skip


def _definitions() -> dict[str, Schema]:
    free = {"pattern": f"^{layers.IDENTIFIER}$", "not": {"enum": [*RESERVED, *VARIANT_KEYS]}}
    of = {"description": "The variant that this one begins with.", "type": SCALAR}
    return {
        "input": {
            "title": "size",
            "description": "Channels, height, width, without the batch: `[3, 224, 224]`, `3x224x224`.",
            "type": ["array", "integer", "string"],
            "minimum": 1,
            "pattern": "^[^A-Za-wyz]+$",
            "items": {"anyOf": [{"type": "integer", "minimum": 1}, ref("expression")]},
        },
        "variables": {
            "title": "variables",
            "type": ["object", "null"],
            "propertyNames": {**free, "title": "name"},
            "additionalProperties": ref("value"),
        },
        "variant": {
            "title": "variant",
            "type": ["object", "null"],
            "properties": {"of": of, "check": ref("check")},
            "propertyNames": {"pattern": f"^{layers.IDENTIFIER}$", "not": {"enum": list(RESERVED)}, "title": "name"},
            "additionalProperties": ref("value"),
        },
    }
