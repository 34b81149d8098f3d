"""Fail where a test that needs torch, or what it is compared with, was skipped: `skipped.py tests.xml`."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

LACKING = re.compile(r"could not import '(torch|torchvision|torchinfo|PIL|tensorboard)\b|needs torch")
"""What pytest says of a missing module, and what our tests say."""


def main() -> None:
    """Read pytest's record; exit with 1 and the names of what was skipped, or say how much was run."""
    cases = list(ET.parse(Path(sys.argv[1])).iter("testcase"))  # noqa: S314  we have just written it ourselves
    skipped = [(case, why) for case in cases for why in case.iter("skipped") if why.get("type") != "pytest.xfail"]
    for case, why in skipped:
        print(f"skipped: {case.get('classname')} {case.get('name')}: {why.get('message')}")
    left_out = {id(case) for case, _ in skipped}
    ran = {case.get("classname") for case in cases if id(case) not in left_out}
    files = sorted(Path("tests").glob("test_*.py"))
    needing = [path for path in files if 'importorskip("torch")' in path.read_text(encoding="utf-8")]
    on_gpus = {path for path in needing if path.stem.endswith("_gpu")}
    silent = [path.stem for path in needing if f"tests.{path.stem}" not in ran and path not in on_gpus]
    lacking = [case for case, why in skipped if LACKING.search(f"{why.get('message')} {why.text}")]
    if silent or lacking or not needing:
        sys.exit(f"tests that need torch did not run: {len(lacking)} skipped; files without a run: {silent}")
    print(f"{len(cases) - len(skipped)} tests ran, {len(skipped)} were skipped; {len(needing)} files need torch")


main()
