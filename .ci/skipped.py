"""Fail where a test that needs torch, torchvision or torchinfo was skipped: `skipped.py tests.xml`."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

NEEDED = re.compile(r"\btorch", re.IGNORECASE)


def main() -> None:
    """Read pytest's record; exit with 1 and the names of what was skipped, or say how much was run."""
    cases = list(ET.parse(Path(sys.argv[1])).iter("testcase"))  # noqa: S314  we have just written it ourselves
    skipped = [(case, reason) for case in cases for reason in case.iter("skipped")]
    for case, reason in skipped:
        print(f"skipped: {case.get('classname')} {case.get('name')}: {reason.get('message')}")
    ran = {str(case.get("classname")) for case in cases} - {str(case.get("classname")) for case, _ in skipped}
    files = sorted(Path("tests").glob("test_*.py"))
    needing = [path for path in files if 'importorskip("torch")' in path.read_text(encoding="utf-8")]
    silent = [path.stem for path in needing if f"tests.{path.stem}" not in ran]
    lacking = [case for case, reason in skipped if NEEDED.search(f"{reason.get('message')} {reason.text}")]
    if silent or lacking or not needing:
        sys.exit(f"tests that need torch did not run: {len(lacking)} skipped; files without a run: {silent}")
    print(f"{len(cases) - len(skipped)} tests ran, {len(skipped)} were skipped; {len(needing)} files need torch")


main()
