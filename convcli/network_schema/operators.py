"""Every operator of the catalogue as a definition: its arguments, their defaults, its help."""

from convcli.argument import REQUIRED
from convcli.catalogue_api.operators import OperatorEntry, ops
from convcli.network_schema.kinds import EXPRESSION, SEVERAL, Schema, argument_schema, ref
from convcli.op import Operator
from convcli.ops.catalogue import operator

OF: Schema = {
    "description": "The tensor that the layer is applied to, instead of the one above.",
    "anyOf": [EXPRESSION, SEVERAL],
}


def definitions() -> dict[str, Schema]:
    """Return the definition of each operator by its name, in the order of the documentation."""
    return {entry.name: _definition(entry, operator(entry.name)) for entry in ops()}


def _definition(entry: OperatorEntry, cls: type[Operator]) -> Schema:
    needed = [name for name, one in cls.arguments.items() if one.default is REQUIRED and not one.inferred]
    arguments = {name: argument_schema(one, cls.axes) for name, one in cls.arguments.items()}
    call: Schema = {
        "type": "object",
        "properties": {**arguments, "of": arguments.get("of", OF)},
        "additionalProperties": False,
    }
    if needed:
        call["required"] = needed
    found: Schema = {
        "description": f"{entry.signature}\n{entry.summary}",
        "markdownDescription": "\n\n".join((f"```python\n{entry.signature}\n```", *entry.description)),
    }
    if needed:  # what an editor types behind the name
        found["defaultSnippets"] = [{"label": entry.name, "body": {name: f"${n}" for n, name in enumerate(needed, 1)}}]
    return {**found, "anyOf": [call, ref("named")]}
