"""What stands under `check:`: metrics of the network, or of layers, and their bounds."""

from convcli.budgets.metrics import AXES, METRICS, SHAPES, Metric
from convcli.budgets.quantities import BYTES, COUNT
from convcli.budgets.record import LEVELS, OFF
from convcli.network_schema.kinds import Schema, ref

KINDS = {COUNT: "count", BYTES: "bytes", AXES: "axes", SHAPES: "shapes"}
"""The names of our definitions for the kinds of metrics."""
SAID = {AXES: ": one number, or one for each axis", SHAPES: ", without the batch; a list of sizes for several outputs"}
NO: Schema = {"type": "boolean", "not": {"enum": [True]}, "doNotSuggest": True}
"""What `off` is to some readers of YAML, and so to ours."""
OTHER_OFF: Schema = {"type": "string", "pattern": "^(?:Off|OFF|no|No|NO|false|False|FALSE)$", "doNotSuggest": True}
BOUNDS = {"min": "At least this.", "max": "At most this.", "equals": "This, give or take the tolerance."}

SIGN, TOLERANCE = r"(?:<=|>=|==|=|<|>|\u2264|\u2265)?", r"(?:(?:\u00b1|\+-|\+/-)\s*[0-9.,_]+\s*%\s*)?"
SIGNS = {"count": SIGN, "bytes": SIGN, "axes": SIGN, "shapes": "(?:==|=)?"}
NUMBER = r"[0-9.,_]*[0-9][0-9.,_]*"
SIZES = r"[\s0-9.,_x()\[\]kKmMgGtTpP]*[0-9][\s0-9.,_x()\[\]kKmMgGtTpP]*"
PATTERNS = {
    "count": rf"{NUMBER}\s*[kKmMgGtTpP]?",
    "bytes": rf"{NUMBER}\s*(?:[kKmMgGtTpP]?[iI]?[bB])?",
    "axes": SIZES,
    "shapes": SIZES,
}
WORDS = {
    "count": "A number, `12M`, `1.5 G`",
    "bytes": "Bytes, `64 MiB`, `8GB`",
    "axes": "A size, or one for each axis",
    "shapes": "The size of the output, or a list of sizes",
}
ONE: Schema = {"type": ["integer", "string"], "minimum": 0, "pattern": rf"^\s*{PATTERNS['count']}\s*$"}
EACH: Schema = {"type": "array", "minItems": 1, "items": ONE}
LISTS = {
    "axes": ONE,
    "shapes": {"anyOf": [{"type": ["integer", "string"], "minimum": 0, "pattern": rf"^{SIZES}$"}, EACH]},
}
"""What the items of a list of sizes are."""


def definitions() -> dict[str, Schema]:
    """Return the definitions of budgets."""
    budgets = {name: _budget(metric) for name, metric in METRICS.items()}
    of_layers = {name: budget for name, budget in budgets.items() if METRICS[name].partly}
    return {
        **{f"{kind}-quantity": _quantity(kind) for kind in PATTERNS},
        **{f"{kind}-comparison": _comparison(kind) for kind in PATTERNS},
        **{f"{kind}-bounds": _bounds(kind) for kind in PATTERNS},
        "metrics": {
            "title": "budgets of layers",
            "description": "Budgets of the layers whose names fit: `layer4.*`.",
            "type": "object",
            "properties": {**of_layers, "memory": _memory(of_layers)},
            "additionalProperties": False,
            "minProperties": 1,
        },
        "check": {
            "title": "budgets",
            "description": "What must be true: for each metric a number, `<= 12M`, or `{min: ..., max: ...}`.",
            "type": ["object", "null"],
            "properties": {
                # layers may be called like metrics
                **{name: {**budget, "anyOf": [*budget["anyOf"], ref("metrics")]} for name, budget in budgets.items()},
                "memory": {"anyOf": [_memory(budgets), ref("metrics")]},
            },
            "additionalProperties": ref("metrics"),
        },
    }


def _memory(budgets: dict[str, Schema]) -> Schema:
    parts = {name.partition(".")[2]: budget for name, budget in budgets.items() if name.startswith("memory.")}
    return {
        "description": "Bytes.", "type": "object", "properties": parts, "additionalProperties": False,
        "minProperties": 1,
    }  # fmt: skip


def _budget(metric: Metric) -> Schema:
    kind, words = KINDS[metric.kind], f"{metric.title}{SAID.get(metric.kind, '')}."
    return {
        "description": f"{words[0].upper()}{words[1:]}",
        "anyOf": [ref(f"{kind}-comparison"), ref(f"{kind}-bounds"), {"enum": [OFF]}, OTHER_OFF, NO],
    }


def _quantity(kind: str) -> Schema:
    found: Schema = {
        "title": "quantity",
        "description": f"{WORDS[kind]}.",
        "type": ["number" if kind == "bytes" else "integer", "string"],
        "minimum": 0,
        "pattern": rf"^\s*{PATTERNS[kind]}\s*$",
    }
    if kind not in LISTS:
        return found
    return {**found, "type": ["integer", "string", "array"], "minItems": 1, "items": LISTS[kind]}


def _comparison(kind: str) -> Schema:
    """Return what may stand right behind a metric: a quantity, with a sign or a tolerance if it is a text."""
    return {
        **_quantity(kind),
        "description": f"{WORDS[kind]}"
        + (", with `<=` or `>=` in quotes if it is a bound." if kind != "shapes" else "."),
        "pattern": rf"^\s*{SIGNS[kind]}\s*{PATTERNS[kind]}\s*{'' if kind in LISTS else TOLERANCE}$",
    }


def _bounds(kind: str) -> Schema:
    names = ["equals"] if kind == "shapes" else list(BOUNDS)
    bounds = {name: {"description": BOUNDS[name], "allOf": [ref(f"{kind}-quantity")]} for name in names}
    tolerance = {"description": "How far off it may be: `1%`.", "type": "string", "pattern": r"^\s*[0-9.,_]+\s*%\s*$"}
    off: Schema = {"anyOf": [{"enum": [OFF]}, OTHER_OFF, NO]}
    level = {
        "description": "What comes of it where it is broken.",
        "anyOf": [{"enum": list(LEVELS)}, {"type": "string", "pattern": "^warning$"}, OTHER_OFF, NO],
    }
    return {
        "title": "bounds",
        "type": "object",
        "properties": {**bounds, **({} if kind in LISTS else {"tolerance": tolerance}), "level": level},
        "additionalProperties": False,
        "anyOf": [*({"required": [name]} for name in names), {"required": ["level"], "properties": {"level": off}}],
    }
