"""Fail where the wheel or the source distribution lacks a file that a user needs: `contents.py dist/`."""

import sys
import tarfile
import zipfile
from pathlib import Path

IN_SOURCES = ("README.md", "CHANGELOG.md", "LICENSE", "constraints.txt", "tests/conftest.py", "examples/README.md")


def main() -> None:
    """Compare both packages with the working tree."""
    folder = Path(sys.argv[1])
    (wheel,), (sources,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    files = [path for path in Path("convcli").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    package = {path.as_posix() for path in files}
    in_wheel = set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sources) as archive:
        in_sources = {name.partition("/")[2] for name in archive.getnames()}
    lacking = [*(package - in_wheel), *({*package, *IN_SOURCES} - in_sources)]
    strange = [name for name in in_wheel if not name.startswith(("convcli/", "convcli-"))]
    if lacking or strange:
        sys.exit(f"lacking: {sorted(lacking)}; out of place: {strange}")
    size = wheel.stat().st_size
    print(f"{wheel.name}: {len(in_wheel)} files, {size:,} bytes; {sources.name}: {len(in_sources)} files")


main()
