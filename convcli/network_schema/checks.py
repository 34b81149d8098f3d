"""What stands under `check:`: metrics of the network, or of layers, and their bounds."""

from convcli.network_schema.kinds import Schema, ref

COUNTS = {
    "params": "Parameters, each weight once.",
    "trainable": "Parameters that are trained.",
    "buffers": "Elements of buffers: the running statistics of batch norms.",
    "macs": "Multiply-accumulates.",
    "flops": "Floating point operations: two for each multiply-accumulate.",
    "layers": "Rows of the table.",
    "depth": "The most layers with multiply-accumulates on one path.",
}
BYTES = {
    "memory.weights": "Bytes of all weights.",
    "memory.inference": "Bytes that are alive at once at inference.",
    "memory.saved": "Bytes that autograd saves for backward.",
    "memory.training": "Bytes of one step of training.",
}
SIZES = {
    "output": "The size of the output, without the batch; a list of sizes for several outputs.",
    "receptive_field": "The last local receptive field on the way to the output.",
    "divisible_by": "What the sizes of the input have to be multiples of, so that every branch accepts them.",
}
METRICS = {**COUNTS, **BYTES, **SIZES}
"""The metrics of budgets, each with what it is."""
WHOLE_ONLY = ("memory.training", "divisible_by")
"""Metrics that single layers do not have."""
BOUNDS = {"min": "At least this.", "max": "At most this.", "equals": "This, give or take the tolerance."}

SIGN, TOLERANCE = r"(?:<=|>=|==|=|<|>|\u2264|\u2265)?", r"(?:(?:\u00b1|\+-|\+/-)\s*[0-9.,_]+\s*%\s*)?"
NUMBER = r"[0-9.,_]*[0-9][0-9.,_]*"
UNITS = {"count": "[kKmMgGtTpP]?", "bytes": "(?:[kKmMgGtTpP]?[iI]?[bB])?"}


def definitions() -> dict[str, Schema]:
    """Return the definitions of budgets."""
    parts = {name.partition(".")[2]: _budget(name) for name in BYTES}
    memory = {"description": "Bytes.", "type": "object", "properties": parts, "additionalProperties": ref("metrics")}
    return {
        **{f"{kind}-quantity": _quantity(kind) for kind in UNITS},
        **{f"{kind}-bound": _bound(kind) for kind in (*UNITS, "sizes")},
        "sizes-quantity": {
            "title": "sizes",
            "description": "A size, or one for each axis: `224`, `[1000]`, `3x224x224`.",
            "type": ["integer", "string", "array"], "minimum": 0, "pattern": "[0-9]", "items": ref("sizes-quantity"),
        },
        "metrics": {
            "title": "budgets of layers",
            "description": "Budgets of the layers whose names fit: `layer4.*`.",
            "type": "object",
            "properties": {name: _budget(name) for name in METRICS if name not in WHOLE_ONLY},
            "additionalProperties": False,
        },
        "check": {
            "title": "budgets",
            "description": "What must be true: for each metric a number, `<= 12M`, or `{min: ..., max: ...}`.",
            "type": ["object", "null"],
            "properties": {**{name: _budget(name) for name in METRICS}, "memory": memory},
            "additionalProperties": ref("metrics"),
        },
    }  # fmt: skip


def _budget(metric: str) -> Schema:
    kind = "count" if metric in COUNTS else "bytes" if metric in BYTES else "sizes"
    return {"description": METRICS[metric], "anyOf": [ref(f"{kind}-quantity"), ref(f"{kind}-bound")]}


def _quantity(kind: str) -> Schema:
    units = "`12M`, `1.5 G`" if kind == "count" else "`64 MiB`, `8GB`"
    return {
        "title": "quantity",
        "description": f"A number, {units}, with `<=` or `>=` in quotes if it is a bound.",
        "type": ["integer", "string"],
        "minimum": 0,
        "pattern": rf"^\s*{SIGN}\s*{NUMBER}\s*{UNITS[kind]}\s*{TOLERANCE}$",
    }


def _bound(kind: str) -> Schema:
    bounds = {name: {"description": text, "allOf": [ref(f"{kind}-quantity")]} for name, text in BOUNDS.items()}
    tolerance = {"description": "How far off it may be: `1%`.", "type": "string", "pattern": r"^\s*[0-9.,_]+\s*%\s*$"}
    # `warning`, and YAML's own `off`, which is false, are understood, and not proposed
    false = {"not": {"type": ["array", "null", "number", "object", "string"]}}
    others = [{"type": "string", "pattern": "^warning$"}, false]
    level = {
        "description": "What comes of it where it is broken.",
        "anyOf": [{"enum": ["error", "warn", "off"]}, *others],
    }
    return {
        "title": "bounds",
        "type": "object",
        "properties": {**bounds, "tolerance": tolerance, "level": level},
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in BOUNDS],
    }
