"""The page of the grammar: its files resolve, the expressions of its tables mean something, its rules hold."""

import re
from pathlib import Path

import pytest

import convcli
from convcli.asking import read_model
from convcli.layer.parse import parse
from convcli.layer.write import write
from convcli.source import phrase

PAGE = (Path(__file__).parent.parent / "docs" / "grammar.md").read_text("utf-8")
FILES = dict(re.findall(r'^```yaml title="([^"]+)"\n((?:(?!```).*\n)*)```$', PAGE, re.MULTILINE))
DEFINITIONS = {"mobile.yaml"}
"""Files that others use: blocks and variables without layers."""

NAMES = "names.yaml"
"""The file in which the expressions of the tables mean something."""

REFUSED = [
    "- cat([body, enc3])",
    "- stack([body, enc3])",
    "- enc3 * x",
    "- x + enc3 | ReLU()",
    "- ReLU() | x - enc3",
    "- ReLU() if stride == 1 else Tanh() | ReLU()",
    "- Linear(ReLU(), 8)",
    "- x.flatten(1)",
    "- x ** 2",
    "- Probe([i for i in depths])",
    "- Probe(f'{width}')",
    "- (conv 8 k3 | bn) * 2",
    "- x: ReLU()",
    "- enc3: Conv2d(_, 64, 1)",
    "- Block",
    "- Block(64, padding=1)",
    "- unheard(x)",
    "- Conv2d(8, 64, 1)",
]
"""Items that the rules of the page rule out."""

TRAPS = {
    "commas of a list": "input: [3, 8, 8]\nlayers: [Conv2d(3, 64, 3), ReLU()]\n",
    "commas of a mapping": "input: [3, 8, 8]\nlayers:\n  - {a: Conv2d(3, 64, 3)}\n",
    "a folded text": "input: [3, 8, 8]\nlayers:\n  - ReLU()\ncheck:\n  receptive_field: >= 224\n",
    "a colon": "input: [3, 8, 8]\nlayers:\n  - Conv2d(3, 64, kernel_size: 3)\n",
    "a string": "input: [3, 8, 8]\nvars: {padding: same}\nlayers:\n  - ReLU()\n",
    "base sixty": "input: [3, 8, 8]\nvars: {time: 1:30}\nlayers:\n  - ReLU()\n",
    "yes": "input: [3, 8, 8]\nvars: {wide: yes}\nlayers:\n  - ReLU()\n",
    "a tab": "input: [3, 8, 8]\nlayers:\n\t- ReLU()\n",
    "a merge key": "input: [3, 8, 8]\nlayers:\n  - a: ReLU()\n    <<: {b: Tanh()}\n",
    "a tag": "input: [3, 8, 8]\nlayers:\n  - !layer ReLU()\n",
    "two documents": "input: [3, 8, 8]\nlayers:\n  - ReLU()\n---\na: b\n",
    "an unknown key": "input: [3, 8, 8]\nlayer:\n  - ReLU()\nlayers:\n  - ReLU()\n",
    "a key twice": "input: [3, 8, 8]\ninput: [3, 8, 8]\nlayers:\n  - ReLU()\n",
    "a name of an operator": "input: [3, 8, 8]\nblocks:\n  ReLU:\n    - Tanh()\nlayers:\n  - ReLU()\n",
}
"""Files that the page says are refused."""

NAMED = {
    "- conv1: ReLU()\n- bn1: Tanh()\n- Block(3)": ["conv1", "bn1", "2.conv"],
    "- ReLU()\n- relu(x)\n- x + 1\n- Tanh()": ["0", "relu", "add", "1"],
    "- x + 1\n- x + 2\n- sum: x + 3": ["add", "add_1", "sum"],
    "- Block(3) * 3": ["0.conv", "1.conv", "2.conv"],
    "- ReLU() | Tanh()\n- ReLU()": ["0", "1", "2"],
    "- s: (ReLU() | Tanh()) * 2": ["s.0", "s.1", "s.2", "s.3"],
    "- layer1: Block(3)": ["layer1.conv"],
    "- e: Block(3)\n- e(x)\n- again: e(x)": ["e.conv", "e_1.conv", "again.conv"],
    "- m:\n    cat:\n      - ReLU()\n      - Tanh() | ReLU()\n": ["m.0", "m.1.0", "m.1.1", "m"],
    "- ReLU()\n- cat: [Tanh(), x]\n- ReLU()": ["0", "1.0", "1", "2"],
    "- ReLU()\n- add: [x, input]\n- ReLU()": ["0", "add", "1"],
    "- mul: {large: ReLU(), small: Tanh()}": ["large", "small", "mul"],
    "- head: [ReLU(), Tanh()]": ["head.0", "head.1"],
    "- None\n- ReLU() * 0\n- ReLU()": ["0"],
}
"""Lists of layers, and how the rules of the page name what they give."""


def table(kind: str) -> list[str]:
    """Return the code in the first column of the page's table whose head begins with `kind`."""
    _, _, rest = PAGE.partition(f"\n| {kind} | ")
    rows = re.findall(r"^\| (.*?[^\\]) \| ", rest.partition("\n\n")[0], re.MULTILINE)
    return [code.replace("\\|", "|") for row in rows for code in re.findall(r"`([^`]+)`", row)]


LAYERS, TENSORS, VALUES, ITEMS = (table(kind) for kind in ("layer", "tensor", "value", "item"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has all files of the page."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def profile(folder: Path, text: str) -> convcli.Report:
    """Resolve a file with this text."""
    path = folder / "text.yaml"
    path.write_text(text, "utf-8")
    return convcli.profile(path, warnings=False)


def with_item(folder: Path, item: str) -> convcli.Report:
    """Resolve the file of names, with a block that takes any value, and one more item at the end of its list."""
    return profile(folder, FILES[NAMES].replace("blocks:\n", "blocks:\n  Probe(value): []\n") + f"  {item}\n")


def test_every_block_of_yaml_is_a_file_with_a_name() -> None:
    assert PAGE.count("```yaml") == len(FILES)


@pytest.mark.parametrize("name", sorted(FILES.keys() - DEFINITIONS))
def test_a_file_of_the_page_resolves(name: str, folder: Path) -> None:
    report = convcli.profile(folder / name, warnings=False)
    assert (report.findings, [found for found in report.uncounted if found.missing != ("memory",)]) == ((), [])


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_a_file_of_definitions_is_used_by_another(name: str) -> None:
    assert [other for other, text in FILES.items() if f"uses: [{name}]" in text]


@pytest.mark.parametrize("name", FILES)
def test_each_variant_of_a_file_resolves(name: str, folder: Path) -> None:
    for variant in read_model(folder / name)[0].variants:
        assert convcli.profile(folder / name, variant=variant.name, warnings=False).findings == ()


@pytest.mark.parametrize("kind", ["layer", "tensor", "value", "item"])
def test_the_page_has_a_table(kind: str) -> None:
    assert table(kind)


@pytest.mark.parametrize("text", [*LAYERS, *TENSORS])
def test_an_expression_of_the_page_is_an_item_of_a_list(text: str, folder: Path) -> None:
    assert with_item(folder, f"- {text}").findings == ()


@pytest.mark.parametrize("text", VALUES)
def test_a_value_of_the_page_is_an_argument(text: str, folder: Path) -> None:
    assert with_item(folder, f"- Probe({text})").findings == ()


@pytest.mark.parametrize("text", [*LAYERS, *TENSORS, *VALUES])
def test_an_expression_of_the_page_is_written_back(text: str) -> None:
    written = write(parse(phrase(text, "page")))
    assert written == write(parse(phrase(written, "page")))


@pytest.mark.parametrize("text", [item for item in ITEMS if "(" in item or "{" in item])
def test_an_item_of_the_page_is_one_line_of_a_list(text: str, folder: Path) -> None:
    assert with_item(folder, text).findings == ()


@pytest.mark.parametrize("item", REFUSED)
def test_what_the_rules_rule_out_is_refused(item: str, folder: Path) -> None:
    with pytest.raises(convcli.ConvcliError) as refused:
        with_item(folder, item)
    last_line = FILES[NAMES].count("\n") + 2
    assert {last_line} == {found.span.line for found in refused.value.diagnostics if found.span}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_what_yaml_makes_otherwise_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(convcli.ConvcliError):
        profile(tmp_path, text)


@pytest.mark.parametrize("layers", NAMED)
def test_layers_are_named_as_the_page_says(layers: str, tmp_path: Path) -> None:
    head = "input: [3, 8, 8]\nblocks:\n  Block(n):\n    - conv: Conv2d(_, n, 1)\nlayers:\n"
    assert NAMED[layers] == [row.name for row in profile(tmp_path, f"{head}{layers}\n").layers]
