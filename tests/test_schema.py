"""The JSON Schema of network files: it knows every operator, and refuses no file that convcli reads."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from test_documents import PAGES
from yaml_instances import instance

import convcli
from convcli.__main__ import main
from convcli.argument import REQUIRED
from convcli.blocks import MERGES
from convcli.budgets.metrics import METRICS
from convcli.explanations import EXPLANATIONS
from convcli.network_schema import layers, schema_text
from convcli.ops.catalogue import names, operator
from convcli.readers.network_file import KEYS

ROOT = Path(__file__).parent.parent
SCHEMA = convcli.schema()
VALIDATOR = Draft7Validator(SCHEMA)
LARGEST = 500_000
"""Bytes that an editor may have to load at each start."""

FILES = [*sorted((ROOT / "convcli" / "networks").glob("*.yaml")), *sorted((ROOT / "examples").rglob("*.yaml"))]
TITLED = re.compile(r'^```yaml title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
OURS = re.compile("^(?:layers|blocks|vars):", re.MULTILINE)
"""What a network file has; files of other tools are in other formats."""
SHOWN = [
    pytest.param(text, id=f"{page}: {name}")
    for page, path in PAGES.items()
    for name, text in TITLED.findall(path.read_text("utf-8"))
    if name.endswith(".yaml") and OURS.search(text)
]
REPAIRED = [
    pytest.param(each.right.file, id=each.code) for each in EXPLANATIONS if each.right and OURS.search(each.right.file)
]
MISTAKES = sorted((ROOT / "tests" / "mistakes").glob("*.yaml"))

CAUGHT = (
    "annotated_parameter annotated_parameter_and_more argument_with_a_colon assignment bar_without_a_layer "
    "blank_missing_behind_a_dash blank_missing_behind_the_only_variable block_key_is_no_signature "
    "block_key_with_def blocks_are_a_list bracket_missing branches_indented_too_little "
    "call_as_a_mapping_unknown_argument call_with_an_empty_mapping empty indented_too_little_in_part "
    "indented_too_little_unnamed input_and_inputs input_is_no_size input_misspelt input_with_zero key_misspelt "
    "key_unknown layer_missing layer_missing_behind_a_name layer_name_reserved layers_are_a_mapping "
    "list_without_a_name loop_of_a_template merge_key merge_without_branches no_layers number_as_a_layer "
    "of_beside_a_layer pasted_from_a_class root_is_a_list root_is_a_text several_kinds side_of_a_sign_missing "
    "slice_with_a_blank split_at_commas_list split_at_commas_mapping tag two_keys_in_one_item variable_called_of "
    "variant_is_a_number vars_are_a_list"
)
"""Files of tests/mistakes that the schema refuses."""

UNSEEN = {
    "what stands inside of an expression": (
        "CV101 CV102 CV103 CV105 CV106 CV107 CV205 CV207 CV208 CV209 CV210 CV211 CV212 CV213 CV214 CV215 CV218"
    ),
    "names that are defined elsewhere, or are not": (
        "CV001 CV004 CV005 CV113 CV114 CV115 CV116 CV118 CV121 CV201 CV204"
    ),
    "sizes, which only the whole network tells": (
        "CV007 CV112 CV117 CV119 CV120 CV202 CV203 CV220 CV221 CV222 CV223 CV224 CV226 CV227 CV228 CV229 CV230 CV231"
    ),
    "keys that stand twice or in another order, which JSON does not know": "CV110",
}
"""Why the schema passes the others: what their codes are about."""
SPECIAL = ("tag_and_more", "block_key_in_the_wrong_order")
"""A tag is YAML's own, and a schema sees what it stands before; a signature is an expression too."""


def complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(instance(text))]


def test_the_schema_is_one_of_its_draft() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


def test_every_reference_has_its_definition_and_every_definition_a_reference() -> None:
    assert set(re.findall(r'"#/definitions/([^"]+)"', schema_text())) == set(SCHEMA["definitions"])


def test_it_is_small_enough_to_be_loaded_at_each_start_of_an_editor() -> None:
    assert len(schema_text()) < LARGEST


def test_the_text_is_the_schema_and_always_the_same() -> None:
    assert json.loads(schema_text()) == SCHEMA
    assert schema_text() == schema_text()


def test_every_pattern_is_one_in_the_editors_language_too() -> None:
    """JavaScript has no possessive, named Python or conditional groups, and no `\\A` and `\\Z`."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', schema_text())
    assert patterns
    for pattern in map(json.loads, patterns):
        assert not re.search(r"\(\?(?![:=!])|\\[AZ]|[*+?}]\+", re.sub(r"\[(?:[^\]\\]|\\.)*\]", "[]", pattern))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_our_own_files_are_valid(path: Path) -> None:
    assert complaints(path.read_text("utf-8")) == []


@pytest.mark.parametrize("text", [*SHOWN, *REPAIRED])
def test_files_of_the_documents_are_valid(text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_mistakes_that_a_schema_can_see_are_refused_and_no_others(path: Path) -> None:
    try:
        found = complaints(path.read_text("utf-8"))
    except (yaml.YAMLError, RecursionError):  # it is no YAML, or an anchor contains itself
        assert path.stem not in CAUGHT.split()
        return
    assert bool(found) == (path.stem in CAUGHT.split()), found
    codes = set(re.findall(r"CV\d{3}", path.with_suffix(".out").read_text("utf-8")))
    assert found or path.stem in SPECIAL or codes <= set(" ".join(UNSEEN.values()).split())


# ---- what it knows


@pytest.mark.parametrize("name", names())
def test_an_operator_has_its_arguments_with_defaults_and_help(name: str) -> None:
    cls, entry = operator(name), convcli.ops(name)
    definition = SCHEMA["definitions"][name]
    call = definition["anyOf"][0]
    assert [key for key in call["properties"] if key != "of"] == list(cls.arguments)
    assert set(call.get("required", ())) == {
        key for key, one in cls.arguments.items() if one.default is REQUIRED and not one.inferred
    }
    assert entry.signature in definition["description"]
    assert entry.summary in definition["description"]
    for key, one in cls.arguments.items():
        found = call["properties"][key]
        assert one.kind.words(cls.axes)[1:] in found["description"]
        assert found.get("default", REQUIRED) in (one.default, REQUIRED)


def test_a_list_offers_every_operator_and_every_merge() -> None:
    offered = SCHEMA["definitions"]["pair"]["properties"]
    assert set(offered) == {*set(names()) - set(MERGES), *MERGES, *(f"torch.{name}" for name in MERGES)}


def test_a_file_offers_the_keys_that_the_reader_knows() -> None:
    assert tuple(SCHEMA["properties"]) == KEYS


def test_budgets_offer_all_metrics() -> None:
    assert set(SCHEMA["definitions"]["check"]["properties"]) == {*METRICS, "memory"}


def test_statements_are_python_s_keywords() -> None:
    import keyword

    assert set(layers.STATEMENTS.split()) <= set(keyword.kwlist)


# ---- the command


def test_the_command_prints_the_schema(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"], monkeypatch) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_the_command_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", "-o", str(tmp_path / "net.schema")], monkeypatch) == 0
    assert (tmp_path / "net.schema").read_text("utf-8") == schema_text()
    assert capsys.readouterr() == ("", "")


def test_a_file_that_cannot_be_written_is_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", "-o", str(tmp_path / "no" / "folder.json")], monkeypatch) == 2
    assert "CV009" in capsys.readouterr().err


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "argv", ["convcli", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_a_start_loads_no_schema() -> None:
    text = "import convcli, sys; print('convcli.network_schema.whole' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
