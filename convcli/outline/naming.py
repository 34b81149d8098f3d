"""Names that Python takes: what layers are called, as identifiers."""

import keyword
import re
from collections.abc import Container


def identifier(text: str) -> str:
    """Return the closest name that Python takes; keywords and names of nothing get an underscore."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII) or "_"
    if name[0].isdecimal():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def unique(name: str, taken: Container[str]) -> str:
    """Return a name that is not taken: `name`, `name_2`, ..."""
    number, found = 2, name
    while found in taken:
        found = f"{name}_{number}"
        number += 1
    return found
