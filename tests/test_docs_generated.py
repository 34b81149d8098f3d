"""The pages of the documentation that the program writes itself are up to date."""

import importlib.util
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "docs" / "generate.py"


def test_the_generated_pages_are_up_to_date():
    result = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_page_that_is_missing_or_old_is_noticed(tmp_path, capsys):
    generate = load()
    generate.FOLDER = tmp_path
    (tmp_path / "errors.md").write_text("old", encoding="utf-8")
    assert generate.generate(check=True) == 1
    assert capsys.readouterr().err.count("is not up to date") == len(generate.PAGES)
    assert (tmp_path / "errors.md").read_text(encoding="utf-8") == "old"


def load():
    spec = importlib.util.spec_from_file_location("generate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
