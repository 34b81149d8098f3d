"""The catalogue of error codes."""

import re
from typing import TYPE_CHECKING, overload

from convcli.catalogue_api.missing import refuse_unknown

if TYPE_CHECKING:
    from convcli.explanations import Explanation


@overload
def explain(code: str) -> "Explanation": ...
@overload
def explain(code: None = None) -> "tuple[Explanation, ...]": ...
def explain(code: str | None = None) -> "tuple[Explanation, ...] | Explanation":
    """Return what an error code means, with an example and its repair; all of them without a code.

    Args:
        code: as messages show it, `CV202`; `cv202`, `202` and `error[CV202]` do as well.

    Raises:
        ConvcliError: there is no such code.

    Example:
        >>> explain("CV221").right.command
        "convcli shape 'Conv2d(3, 8, 3, stride=2, padding=1)' -i 3x32x32"
    """
    from convcli.explanations import EXPLANATIONS

    if code is None:
        return EXPLANATIONS
    digits = re.search(r"\d+", code)
    wanted = f"CV{digits[0]:>03}" if digits else code
    found = next((each for each in EXPLANATIONS if each.code == wanted), None)
    return found or refuse_unknown("CV010", "error code", code, (), "`convcli explain` lists them")
