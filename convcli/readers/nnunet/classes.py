"""How many classes a data set has: `dataset.json`, which lies beside the plans of nnU-Net."""

import json

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.readers.beside import text_beside
from convcli.source import Source

BESIDE = "dataset.json"


def number_of_classes(plans: Source) -> tuple[int | None, Diagnostic | None]:
    """Return the number of classes, None where no data set lies beside; the second result is what is wrong with it.

    Labels that are lists are regions, each of which is an output, without the background; `ignore` is none.
    """
    try:
        beside = text_beside(plans, BESIDE)
        if beside is None:
            return None, None
        labels = json.loads(beside.text)["labels"]
        named = {name: value for name, value in labels.items() if name != "ignore"}
    except (ConvcliError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        message = f"`{BESIDE}` beside the plans has no labels"
        return None, Diagnostic("CV088", message, help='it has `"labels": {"background": 0, "tumour": 1}`')
    regions = any(isinstance(value, list) and len(value) > 1 for value in named.values())
    return len(named) - ("background" in named if regions else 0), None
