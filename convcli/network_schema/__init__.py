"""The JSON Schema of network files, for editors."""

from typing import Any


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of network files, which an editor's YAML server reads.

    It knows every operator with its arguments, and refuses no file that convcli reads.

    Example:
        >>> conv = schema()["definitions"]["Conv2d"]["anyOf"][0]
        >>> conv["required"]
        ['out_channels', 'kernel_size']
    """
    from convcli.network_schema.whole import network_schema

    return network_schema()


def schema_text() -> str:
    """Return the schema as JSON, with a line for each definition: small, and readable in a diff."""
    import json

    from convcli.network_schema.whole import network_schema

    parts = {**network_schema()}
    lines = [f'    "{name}": {json.dumps(each)}' for name, each in parts.pop("definitions").items()]
    head = [f'  "{name}": {json.dumps(value)}' for name, value in parts.items()]
    return "{\n" + ",\n".join([*head, '  "definitions": {\n' + ",\n".join(lines) + "\n  }"]) + "\n}\n"
