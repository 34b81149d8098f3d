"""`convcli diff`: what is printed in each format, exit codes, options, and what is not known."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from reading import net
from typer.testing import CliRunner

import convcli
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

runner = CliRunner()

LAYERS = ("stem: Conv2d(3, 16, 3, padding=1)", "bn: BatchNorm2d(_)", "ReLU()", "Conv2d(_, 8, 1)")
BASE = net(*LAYERS)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(BASE)
    return tmp_path


def write(text: str, name: str = "b.yaml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def said(*arguments: str, code: int = 0) -> str:
    """Return what the command writes to standard output."""
    result = runner.invoke(app, ["diff", *arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def rows(text: str) -> list[list[str]]:
    """Return the cells of the first table, which is that of the layers."""
    table = text.split("\n\n")[1].splitlines()[1:]
    return [re.split(r"\s{2,}", line) for line in table]


def as_json(*arguments: str) -> dict:
    return json.loads(said(*arguments, "--format", "json"))


def test_an_edited_layer_shows_what_differs_and_what_follows() -> None:
    write(BASE.replace("16, 3, padding=1", "32, 5, padding=2"))
    lines = rows(said("a.yaml", "b.yaml"))
    assert lines[0][:3] == ["edited", "stem", "Conv2d out_channels 16 -> 32, kernel_size 3 -> 5, padding 1 -> 2"]
    assert lines[0][3:] == ["1x16x32x32 -> 1x32x32x32", "+1,984", "+2,015,232"]
    assert lines[1] == ["", "bn ... 3", "3 layers further on: MACs +100.0 %, params +95.2 %", "+160", "+131,072"]
    assert len(lines) == 2


def test_all_has_a_row_for_each_layer_and_every_total() -> None:
    write(BASE.replace("16, 3, padding=1", "32, 5, padding=2"))
    text = said("a.yaml", "b.yaml", "--all")
    assert [line[1] for line in rows(text)] == ["stem", "bn", "2", "3"]
    assert "\nlayers" in text


def test_a_renamed_layer_shows_both_names_and_no_numbers() -> None:
    write(BASE.replace("stem:", "entry:"))
    assert rows(said("a.yaml", "b.yaml")) == [["renamed", "stem -> entry", "Conv2d(3, 16, 3, padding=1)", "1x16x32x32"]]


def test_another_operator_under_the_same_name_is_an_edit() -> None:
    write(BASE.replace("BatchNorm2d(_)", "InstanceNorm2d(_)"))
    assert rows(said("a.yaml", "b.yaml"))[0][:3] == ["edited", "bn", "BatchNorm2d(16) -> InstanceNorm2d(16)"]


def test_the_verdict_is_one_line() -> None:
    write(BASE + "  - Conv2d(_, 8, 3)\n")
    line = said("a.yaml", "b.yaml").splitlines()[1]
    assert line == "1 layer added: parameters +584 (+94.8 %), MACs +518 k (+90.4 %)"


def test_what_did_not_change_is_not_shown() -> None:
    write(BASE + "  - Tanh()\n")
    totals = said("a.yaml", "b.yaml").split("\n\n")[2]
    assert "parameters" not in totals
    assert "layers" in totals


def test_equal_networks_have_no_difference() -> None:
    write(BASE)
    assert said("a.yaml", "b.yaml", "--exit-code") == "a.yaml -> b.yaml\nno difference\n"


def test_exit_code_tells_whether_something_differs() -> None:
    write(BASE.replace("stem:", "entry:"))
    said("a.yaml", "b.yaml", "--exit-code", code=1)
    said("a.yaml", "b.yaml")


def test_a_comment_and_a_variable_that_change_no_layer_are_no_difference() -> None:
    write("# a comment\nvars: {width: 16}\n" + BASE.replace("16,", "width,"))
    said("a.yaml", "b.yaml", "--exit-code")


# ---- options


def test_a_variant_of_one_side() -> None:
    assert as_json("resnet18", "resnet18", "--variant-b", "resnet34")["changes"]["added"] == 56


def test_a_variable_of_one_side() -> None:
    document = as_json("resnet18", "resnet18", "--set-b", "num_classes=10")
    assert [layer["name"]["after"] for layer in document["layers"]] == ["fc"]


def test_a_variable_of_both_sides() -> None:
    document = as_json("resnet18", "resnet34", "--set", "num_classes=10", "--set-a", "num_classes=11")
    fc = document["layers"][-1]
    assert fc["arguments"] == [{"name": "out_features", "before": 11, "after": 10}]


def test_an_input_of_both_sides() -> None:
    document = as_json("resnet18", "resnet34", "-i", "2x3x64x64")
    assert document["inputs"]["before"] == document["inputs"]["after"]
    assert document["before"]["batch"] == 2


def test_layers_are_compared_like_files() -> None:
    text = said("conv 8 k3 | relu", "conv 8 k5 | relu", "-i", "3x32x32")
    assert rows(text)[0][:3] == ["edited", "0", "Conv2d kernel_size 3 -> 5"]


def test_columns_are_those_of_profile() -> None:
    write(BASE.replace("16, 3, padding=1", "16, 5, padding=2"))
    head = said("a.yaml", "b.yaml", "--columns", "+rf,+saved").split("\n\n")[1].splitlines()
    assert head[0].split() == ["layer", "operator", "output", "params", "MACs", "RF", "saved"]
    assert re.search(r"3x3 -> 5x5$", head[1])


def test_an_unknown_column_is_a_wrong_question() -> None:
    result = runner.invoke(app, ["diff", "a.yaml", "a.yaml", "--columns", "mac"])
    assert (result.exit_code, "error[CV008]" in result.stderr) == (2, True)


@pytest.mark.parametrize("name", ["a.yaml", "b.yaml"])
def test_neither_network_is_overwritten(name: str) -> None:
    write(BASE)
    said("a.yaml", "b.yaml", "-o", name, "--format", "json", code=2)
    assert Path(name).read_text() == BASE


def test_profile_does_not_overwrite_its_network_with_the_error_either() -> None:
    result = runner.invoke(app, ["profile", "a.yaml", "-o", "a.yaml", "--format", "json"])
    assert (result.exit_code, Path("a.yaml").read_text()) == (2, BASE)


def test_a_file_s_suffix_tells_the_format(folder) -> None:
    write(BASE + "  - Tanh()\n")
    said("a.yaml", "b.yaml", "-o", "out.md")
    assert (folder / "out.md").read_text().startswith("**`a.yaml` → `b.yaml`**: 1 layer added")


def test_lines_fit_a_narrow_screen() -> None:
    from convcli.styled import text_of
    from convcli.writers.diff_table import diff_lines

    for pair in (("resnet18", "resnet34"), ("vgg16", "vgg16_bn"), ("resnet50", "resnext50_32x4d")):
        lines = [text_of(line) for line in diff_lines(convcli.diff(*pair), width=80)]
        assert max(map(len, lines[2:-1])) <= 80


# ---- what is not known


def unknown_pair() -> None:
    """Write two networks of which it is not known what they keep for backward."""
    lstm = ("LSTM(16, 16, batch_first=True)", "ReLU()")
    write(net(*lstm, input="[8, 16]"), "a.yaml")
    write(net(*lstm, "Tanh()", input="[8, 16]"), "b.yaml")


def test_a_total_that_is_not_known_is_a_bound_and_its_difference_a_question() -> None:
    unknown_pair()
    (line,) = [line for line in said("a.yaml", "b.yaml").splitlines() if line.startswith("training")]
    assert re.fullmatch(r"training +>= [\d.]+ KiB +>= [\d.]+ KiB +\? +\?", line)


def test_a_total_that_is_not_known_is_null() -> None:
    unknown_pair()
    total = as_json("a.yaml", "b.yaml")["totals"]["training_bytes"]
    assert (total["before"], total["after"], total["difference"]) == (None, None, None)
    assert total["at_least"]["before"] > 0


# ---- mistakes


def test_the_mistakes_of_both_sides_are_said() -> None:
    write(BASE.replace("Conv2d(_, 8, 1)", "Conv2d(9, 8, 1)"), "a.yaml")
    write(BASE.replace("ReLU()", "RelU()"))
    result = runner.invoke(app, ["diff", "a.yaml", "b.yaml"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a.yaml:6:" in result.stderr
    assert "b.yaml:5:" in result.stderr


def test_json_has_the_mistakes_too() -> None:
    write(BASE.replace("ReLU()", "RelU()"))
    document = json.loads(said("a.yaml", "b.yaml", "--format", "json", code=2))
    assert (document["schema"], document["status"]) == ("convcli/diff/1", None)
    assert [found["source"]["file"] for found in document["findings"]] == ["b.yaml"]


def test_a_file_that_is_nowhere_is_a_mistake() -> None:
    result = runner.invoke(app, ["diff", "a.yaml", "gone.yaml"])
    assert (result.exit_code, "error[CV001]" in result.stderr) == (2, True)


# ---- Markdown, CSV, JSON


def test_markdown_folds_what_is_long() -> None:
    short, long = (said("resnet18", other, "--format", "markdown") for other in ("resnet34", "resnet50"))
    assert "<details>" not in short
    assert "\n\n<details>\n<summary>" in long
    assert long.count("<details>") == long.count("</details>") == 1


def test_markdown_has_a_table_whose_rows_are_alike() -> None:
    text = said("resnet18", "resnet50", "--format", "markdown")
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1


def test_markdown_escapes_what_a_user_wrote() -> None:
    name = "a`|`<b>.yaml"
    write(BASE + "  - Tanh()\n", name)
    head = said("a.yaml", name, "--format", "markdown").splitlines()[0]
    assert head.startswith("**`a.yaml` → ``a`\\|`<b>.yaml``**: ")


def test_markdown_of_very_many_rows_counts_the_rest() -> None:
    write(BASE + "".join(f"  - c{at}: Tanh()\n" for at in range(300)))
    text = said("a.yaml", "b.yaml", "--format", "markdown")
    assert "\n\nand 200 more rows\n" in text
    assert text.count("| added |") == 100


def test_csv_has_each_column_before_and_after() -> None:
    write(BASE.replace("16, 3, padding=1", "32, 5, padding=2") + "  - Tanh()\n")
    table = list(csv.DictReader(io.StringIO(said("a.yaml", "b.yaml", "--format", "csv"))))
    assert [row["change"] for row in table] == ["edited", "affected", "affected", "affected", "added"]
    assert (table[0]["params_before"], table[0]["params_after"]) == ("448", "2432")
    assert (table[4]["name_before"], table[4]["name_after"], table[4]["params_before"]) == ("", "4", "")


def test_csv_has_shares_of_each_network_and_what_it_reads() -> None:
    write(BASE.replace("16, 3, padding=1", "32, 5, padding=2"))
    row, *_ = csv.DictReader(io.StringIO(said("a.yaml", "b.yaml", "--format", "csv")))
    assert float(row["share_before"]) == pytest.approx(442_368 / 573_440)
    assert int(row["read_before"]) == 4 * (3 * 32 * 32 + 448)


def test_json_has_every_field_of_a_layer_before_and_after() -> None:
    write(BASE.replace("16, 3, padding=1", "32, 5, padding=2"))
    document = as_json("a.yaml", "b.yaml")
    first = document["layers"][0]
    assert first["change"] == "edited"
    assert first["arguments"] == [
        {"name": "out_channels", "before": 16, "after": 32},
        {"name": "kernel_size", "before": [3, 3], "after": [5, 5]},
        {"name": "padding", "before": [1, 1], "after": [2, 2]},
    ]
    assert first["params"] == {"before": 448, "after": 2432, "difference": 1984}
    assert first["output_shapes"] == {"before": [[1, 16, 32, 32]], "after": [[1, 32, 32, 32]]}
    assert first["receptive_field"]["after"]["size"] == [5, 5]
    assert first["source"]["before"]["line"] == 3
    assert document["layers"][1]["follows"] == [{"name": "num_features", "before": 16, "after": 32}]
    assert document["changes"] == {
        "added": 0, "removed": 0, "edited": 1, "moved": 0, "renamed": 0, "affected": 3,
        "unchanged": 0, "renumbered": 0,
    }  # fmt: skip


def test_json_totals_have_their_difference() -> None:
    total = as_json("resnet18", "resnet34")["totals"]["params"]
    assert total.pop("percent") == pytest.approx(86.472, abs=0.001)
    assert total == {
        "before": 11_689_512, "after": 21_797_672, "difference": 10_108_160,
        "at_least": {"before": 11_689_512, "after": 21_797_672},
    }  # fmt: skip


# ---- the library


def test_the_library_shows_a_comparison_as_the_command_does() -> None:
    assert str(convcli.diff("vgg16", "vgg16_bn")) == said("vgg16", "vgg16_bn").rstrip("\n")
    assert "<pre>vgg16 -&gt; vgg16_bn" in convcli.diff("vgg16", "vgg16_bn")._repr_html_()


def test_the_library_gives_what_json_has() -> None:
    assert convcli.diff("vgg16", "vgg16_bn").to_dict() == as_json("vgg16", "vgg16_bn")


def test_a_comparison_is_true_where_something_differs() -> None:
    assert convcli.diff("vgg16", "vgg16_bn")
    assert not convcli.diff("vgg16", "vgg16")


def test_the_library_raises_the_mistakes_of_both_sides() -> None:
    write(BASE.replace("ReLU()", "RelU()"))
    with pytest.raises(ConvcliError) as raised:
        convcli.diff("b.yaml", "b.yaml", dtype="float7")
    assert ["CV006"] == [found.code for found in raised.value.diagnostics]


def test_swapped_outputs_and_a_renamed_input_are_shown(tmp_path: Path) -> None:
    body = "layers:\n  - a: Conv2d(3, 4, 1)\n  - b: Conv2d(4, 4, 1)\n"
    (tmp_path / "a.yaml").write_text(f"input: [3, 8, 8]\noutputs: [a, b]\n{body}", "utf-8")
    (tmp_path / "b.yaml").write_text(f"input: [3, 8, 8]\noutputs: [b, a]\n{body}", "utf-8")
    (tmp_path / "c.yaml").write_text(f"inputs: {{image: [3, 8, 8]}}\noutputs: [a, b]\n{body}", "utf-8")
    swapped = str(convcli.diff(tmp_path / "a.yaml", tmp_path / "b.yaml"))
    assert "a 1x4x8x8, b 1x4x8x8" in swapped
    assert "b 1x4x8x8, a 1x4x8x8" in swapped
    assert "image 1x3x8x8" in str(convcli.diff(tmp_path / "a.yaml", tmp_path / "c.yaml"))


@pytest.mark.parametrize("columns", ["bound", "name,bound_by", "+bound"])
def test_a_column_of_a_device_is_none_of_a_comparison(columns: str) -> None:
    done = CliRunner().invoke(app, ["diff", "lenet5", "lenet5", "--set-b", "num_classes=3", "--columns", columns])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "error[CV008]: a comparison has no column `bound" in done.stderr
    assert "--device-spec" in done.stderr
