"""The catalogue of error codes."""

import re
from typing import TYPE_CHECKING

from convcli.catalogue_api.missing import refuse_unknown

if TYPE_CHECKING:
    from convcli.explanations import Explanation


def explain(code: str | None = None) -> "tuple[Explanation, ...] | Explanation":
    """Return an explanation, or all (see `convcli.explain`)."""
    from convcli.explanations import EXPLANATIONS

    if code is None:
        return EXPLANATIONS
    digits = re.search(r"\d+", code)
    wanted = f"CV{digits[0]:>03}" if digits else code
    found = next((each for each in EXPLANATIONS if each.code == wanted), None)
    return found or refuse_unknown("CV010", "error code", code, (), "`convcli explain` lists them")
