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


def unique(name: str, taken: Container[str], between: str = "_") -> str:
    """Return a name that is not taken: `name`, `name_2`, ..., with what is to be `between` unless digits would meet."""
    between = between or "_" * name[-1:].isdecimal()
    number, found = 2, name
    while found in taken:
        found = f"{name}{between}{number}"
        number += 1
    return found


def class_name(text: str, otherwise: str) -> str:
    """Return a name for a class, from a text with whatever in it."""
    plain = text.isascii() and text.isidentifier() and not text.startswith("_") and not keyword.iskeyword(text)
    if plain and text[0].isupper():
        return text
    words = [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]
    name = "".join(word[:1].upper() + word[1:] for word in words)[:LONGEST]
    return f"{otherwise}{name}" if not name[:1].isalpha() or keyword.iskeyword(name) else name


LONGEST = 40
"""Characters of a class's name."""
