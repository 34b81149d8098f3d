"""What stands under `check:`: metrics of the network, or of layers, and their bounds."""

from convcli.budgets.metrics import AXES, METRICS, SHAPES, Metric
from convcli.budgets.quantities import BYTES, COUNT
from convcli.budgets.record import LEVELS, OFF
from convcli.network_schema.kinds import Schema, ref

KINDS = {COUNT: "count", BYTES: "bytes", AXES: "sizes", SHAPES: "sizes"}
"""The names of our definitions for the kinds of metrics."""
SAID = {AXES: ": one number, or one for each axis", SHAPES: ", without the batch; a list of sizes for several outputs"}
NO: Schema = {"type": "boolean", "not": {"enum": [True]}, "doNotSuggest": True}
"""What `off` is to some readers of YAML, and so to ours."""
BOUNDS = {"min": "At least this.", "max": "At most this.", "equals": "This, give or take the tolerance."}

SIGN, TOLERANCE = r"(?:<=|>=|==|=|<|>|\u2264|\u2265)?", r"(?:(?:\u00b1|\+-|\+/-)\s*[0-9.,_]+\s*%\s*)?"
NUMBER = r"[0-9.,_]*[0-9][0-9.,_]*"
PATTERNS = {
    "count": rf"{NUMBER}\s*[kKmMgGtTpP]?",
    "bytes": rf"{NUMBER}\s*(?:[kKmMgGtTpP]?[iI]?[bB])?",
    "sizes": r"[\s0-9.,_x()\[\]kKmMgGtTpP]*[0-9][\s0-9.,_x()\[\]kKmMgGtTpP]*",
}
WORDS = {
    "count": "A number, `12M`, `1.5 G`",
    "bytes": "Bytes, `64 MiB`, `8GB`",
    "sizes": "A size, or one for each axis",
}


def definitions() -> dict[str, Schema]:
    """Return the definitions of budgets."""
    budgets = {name: _budget(metric) for name, metric in METRICS.items()}
    parts = {name.partition(".")[2]: budget for name, budget in budgets.items() if name.startswith("memory.")}
    memory = {"description": "Bytes.", "type": "object", "properties": parts, "additionalProperties": ref("metrics")}
    return {
        **{f"{kind}-quantity": _quantity(kind) for kind in PATTERNS},
        **{f"{kind}-comparison": _comparison(kind) for kind in PATTERNS},
        **{f"{kind}-bounds": _bounds(kind) for kind in PATTERNS},
        "metrics": {
            "title": "budgets of layers",
            "description": "Budgets of the layers whose names fit: `layer4.*`.",
            "type": "object",
            "properties": {name: budget for name, budget in budgets.items() if METRICS[name].partly},
            "additionalProperties": False,
        },
        "check": {
            "title": "budgets",
            "description": "What must be true: for each metric a number, `<= 12M`, or `{min: ..., max: ...}`.",
            "type": ["object", "null"],
            "properties": {**budgets, "memory": memory},
            "additionalProperties": ref("metrics"),
        },
    }  # fmt: skip


def _budget(metric: Metric) -> Schema:
    kind, words = KINDS[metric.kind], f"{metric.title}{SAID.get(metric.kind, '')}."
    return {
        "description": f"{words[0].upper()}{words[1:]}",
        "anyOf": [ref(f"{kind}-comparison"), ref(f"{kind}-bounds"), {"enum": [OFF]}, NO],
    }


def _quantity(kind: str) -> Schema:
    found: Schema = {
        "title": "quantity",
        "description": f"{WORDS[kind]}.",
        "type": ["number" if kind == "bytes" else "integer", "string"],
        "minimum": 0,
        "pattern": rf"^\s*{PATTERNS[kind]}\s*$",
    }
    return (
        {**found, "type": ["integer", "string", "array"], "items": ref("sizes-quantity")} if kind == "sizes" else found
    )


def _comparison(kind: str) -> Schema:
    """Return what may stand right behind a metric: a quantity, with a sign or a tolerance if it is a text."""
    return {
        **_quantity(kind),
        "description": f"{WORDS[kind]}, with `<=` or `>=` in quotes if it is a bound.",
        "pattern": rf"^\s*{SIGN}\s*{PATTERNS[kind]}\s*{TOLERANCE}$",
    }


def _bounds(kind: str) -> Schema:
    bounds = {name: {"description": text, "allOf": [ref(f"{kind}-quantity")]} for name, text in BOUNDS.items()}
    tolerance = {"description": "How far off it may be: `1%`.", "type": "string", "pattern": r"^\s*[0-9.,_]+\s*%\s*$"}
    level = {
        "description": "What comes of it where it is broken.",
        "anyOf": [{"enum": list(LEVELS)}, {"type": "string", "pattern": "^warning$"}, NO],
    }
    return {
        "title": "bounds",
        "type": "object",
        "properties": {**bounds, "tolerance": tolerance, "level": level},
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in BOUNDS],
    }
