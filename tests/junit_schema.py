"""The parts of JUnit's XML that Jenkins takes, as a table: elements, their children, their attributes.

Put together from what its JUnit plugin accepts (xunit's junit-10). That schema itself may be checked
against too: CONVCLI_JUNIT_SCHEMA names the file, for which xmlschema has to be installed.
"""

import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

TEXT = ".*"
NUMBER = r"\d+"
SECONDS = r"\d+(?:\.\d{1,3})?"


class Shape(NamedTuple):
    """What an element may hold; attributes with `!` behind their names are required."""

    children: tuple[str, ...]
    attributes: dict[str, str]
    text: bool = False


_SAID = Shape((), {"type": TEXT, "message": TEXT}, text=True)
_OUTPUT = Shape((), {}, text=True)

SHAPES = {
    "testsuites": Shape(
        ("testsuite",), {"name": TEXT, "time": SECONDS, "tests": NUMBER, "failures": NUMBER, "errors": NUMBER}
    ),
    "testsuite": Shape(
        ("properties", "testcase", "system-out", "system-err"),
        {
            "name!": TEXT, "tests!": NUMBER, "failures!": NUMBER, "errors!": NUMBER, "skipped": NUMBER,
            "time": SECONDS, "timestamp": TEXT, "hostname": TEXT, "id": TEXT, "package": TEXT, "file": TEXT,
        },
    ),
    "properties": Shape(("property",), {}),
    "property": Shape((), {"name!": TEXT, "value!": TEXT}),
    "testcase": Shape(
        ("skipped", "error", "failure", "system-out", "system-err"),
        {"name!": TEXT, "classname": TEXT, "time": SECONDS},
    ),
    "skipped": _SAID, "error": _SAID, "failure": _SAID, "system-out": _OUTPUT, "system-err": _OUTPUT,
}  # fmt: skip


def mistakes_of(text: str) -> list[str]:
    """Return what is wrong with a report; the sums of a suite have to be those of its cases."""
    root = ET.fromstring(text)
    found = [] if root.tag in ("testsuites", "testsuite") else [f"<{root.tag}> cannot be the root"]
    return [*found, *_mistakes(root), *_by_their_own_schema(text)]


def _mistakes(element: ET.Element) -> Iterator[str]:
    shape = SHAPES.get(element.tag)
    if shape is None:
        yield f"there is no <{element.tag}>"
        return
    allowed = {name.rstrip("!"): pattern for name, pattern in shape.attributes.items()}
    for name in shape.attributes:
        if name.endswith("!") and name[:-1] not in element.attrib:
            yield f"<{element.tag}> without {name[:-1]}"
    for name, value in element.attrib.items():
        if name not in allowed or not re.fullmatch(allowed[name], value, re.DOTALL):
            yield f'<{element.tag} {name}="{value}">'
    if not shape.text and (element.text or "").strip():
        yield f"<{element.tag}> has text"
    for child in element:
        if child.tag not in shape.children:
            yield f"<{child.tag}> inside of <{element.tag}>"
        yield from _mistakes(child)
    if element.tag == "testsuite":
        yield from _wrong_sums(element)


def _wrong_sums(suite: ET.Element) -> Iterator[str]:
    cases = suite.findall("testcase")
    sums = {"tests": len(cases)}
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        sums[name] = sum(case.find(tag) is not None for case in cases)
    for name, count in sums.items():
        if int(suite.get(name, count)) != count:
            yield f"{name} of {suite.get('name')} is {suite.get(name)}, and there are {count}"


def _by_their_own_schema(text: str) -> list[str]:
    path = os.environ.get("CONVCLI_JUNIT_SCHEMA")
    if not path:
        return []
    import xmlschema

    return [str(error) for error in xmlschema.XMLSchema(path).iter_errors(text)]
