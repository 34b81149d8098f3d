"""The parts of SARIF 2.1.0 that we write, as a schema that allows nothing else.

Put together from the standard's text (OASIS, Static Analysis Results Interchange Format 2.1.0, sections
3.13 to 3.58): what is required, of which type, within which bounds. The standard's own schema may be
checked against too: CONVCLI_SARIF_SCHEMA names the file.
"""

import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

TEXT = {"type": "string", "minLength": 1}
INDEX = {"type": "integer", "minimum": 0}
FROM_1 = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def entries(required: str, more: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """Make the schema of an object; `more` has names that Python cannot write."""
    all_of_them = {**properties, **(more or {})}
    return {
        "type": "object", "additionalProperties": False, "required": required.split(), "properties": all_of_them,
    }  # fmt: skip


def each(items: Any, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": items}


MESSAGE = entries("text", text=TEXT)
ARTIFACT = entries(
    "uri",
    uri={"type": "string", "format": "uri-reference", "pattern": r"^[A-Za-z0-9._~!$&'()*+,;=:@/%-]+$"},
    uriBaseId=TEXT,
)
REGION = entries(
    "startLine startColumn endLine endColumn", startLine=FROM_1, startColumn=FROM_1, endLine=FROM_1, endColumn=FROM_1
)
PLACE = entries("artifactLocation region", artifactLocation=ARTIFACT, region=REGION)
LOCATION = entries("physicalLocation", physicalLocation=PLACE)
RELATED = entries("id physicalLocation message", id=INDEX, physicalLocation=PLACE, message=MESSAGE)
RULE = entries(
    "id name shortDescription fullDescription help defaultConfiguration",
    id=TEXT, name={**TEXT, "maxLength": 255}, shortDescription=MESSAGE, fullDescription=MESSAGE,
    help=entries("text markdown", text=TEXT, markdown=TEXT),
    defaultConfiguration=entries("level", level=LEVEL, enabled={"type": "boolean"}),
)  # fmt: skip
DRIVER = entries(
    "name version rules", name=TEXT, version=TEXT, semanticVersion={"pattern": r"^\d+\.\d+\.\d+"},
    rules={**each(RULE), "uniqueItems": True},
)  # fmt: skip
RESULT = entries(
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=TEXT, ruleIndex=INDEX, level=LEVEL, message=MESSAGE,
    locations={**each(LOCATION, 1), "maxItems": 1},  # all that code scanning looks at
    relatedLocations=each(RELATED, 1),
    partialFingerprints={"type": "object", "minProperties": 1, "additionalProperties": TEXT},
)  # fmt: skip
NOTIFICATION = entries(
    "descriptor level message", descriptor=entries("id index", id=TEXT, index=INDEX), level=LEVEL, message=MESSAGE,
    locations=each(LOCATION, 1),
)  # fmt: skip
INVOCATION = entries(
    "executionSuccessful exitCode toolConfigurationNotifications",
    executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"},
    toolConfigurationNotifications=each(NOTIFICATION),
)  # fmt: skip
BASE = entries("description", description=MESSAGE)
RUN = entries(
    "tool columnKind originalUriBaseIds invocations results",
    tool=entries("driver", driver=DRIVER), columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": BASE},
    invocations=each(INVOCATION, 1), results=each(RESULT),
)  # fmt: skip
SCHEMA = entries(
    "$schema version runs", {"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"}, runs={**each(RUN, 1), "maxItems": 1},
)  # fmt: skip


def mistakes_of(log: dict[str, Any]) -> list[str]:
    """Return what is wrong with a log, by our schema and by the standard's where it is there."""
    validators = [Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)]
    if named := os.environ.get("CONVCLI_SARIF_SCHEMA"):
        schema = json.loads(Path(named).read_text("utf-8"))
        validators.append(validator_for(schema)(schema))
    found = [f"{error.json_path}: {error.message}" for one in validators for error in one.iter_errors(log)]
    return found or list(_loose_ends(log))


def _loose_ends(log: dict[str, Any]) -> Any:
    """Give what no schema can say: rules that are not there, regions that end before they begin."""
    for run in log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        named = [(one["ruleId"], one["ruleIndex"]) for one in run["results"]]
        notes = [note["descriptor"] for call in run["invocations"] for note in call["toolConfigurationNotifications"]]
        for code, at in [*named, *((note["id"], note["index"]) for note in notes)]:
            if not 0 <= at < len(rules) or rules[at] != code:
                yield f"{code} is not rule {at}"
        prints = [tuple(one["partialFingerprints"].items()) for one in run["results"]]
        if len(set(prints)) < len(prints):
            yield "two results have one fingerprint"
        for one in run["results"]:
            for place in [*one["locations"], *one.get("relatedLocations", ())]:
                region, artifact = place["physicalLocation"]["region"], place["physicalLocation"]["artifactLocation"]
                start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
                if end < start:
                    yield f"{start} to {end}"
                if artifact.get("uriBaseId", "%SRCROOT%") not in run["originalUriBaseIds"]:
                    yield f"{artifact['uriBaseId']} is no base"
