"""`convcli ops`: the catalogue of operators and the short words, as people and as machines see them."""

import doctest
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from convcli import api
from convcli.catalogue_api import operators
from convcli.cli.group import app
from convcli.cli.ops import catalogue_page, legend, operator_page, short_words_page
from convcli.ops.catalogue import CATALOGUE, names
from convcli.ops.short import SHORT_WORDS
from convcli.styled import text_of
from convcli.writers.simple_table import page_lines

runner = CliRunner()

CONV2D = """\
Conv2d

    Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0,
           dilation=1, groups=1, bias=True, padding_mode='zeros')

Convolution over height and width: `N x C x H x W`.

Slides a kernel over the input; each output channel sums `in_channels / groups`
inputs.

Output size: floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) /
stride) + 1.

MACs: N * O * out_channels * in_channels / groups * K.

argument      default  accepts
in_channels            a positive integer; `_` infers it
out_channels           a positive integer
kernel_size            a positive integer, or 2 of them
stride        1        a positive integer, or 2 of them
padding       0        an integer of 0 or more, or 2 of them, or 'same' or
                       'valid'
dilation      1        a positive integer, or 2 of them
groups        1        a positive integer
bias          True     True or False
padding_mode  'zeros'  'zeros', 'reflect', 'replicate' or 'circular'

input        4-d, or 3-d without a batch; floating point numbers
weights      weight [out_channels, in_channels / groups, kernel_size,
             kernel_size]
             bias [out_channels]
lazy form    LazyConv2d(out_channels, kernel_size, stride=1, padding=0,
             dilation=1, groups=1, bias=True, padding_mode='zeros')
short words  conv, conv2d, dwconv, pwconv
symbols      N batch, K elements of the kernel or window, O positions of the
             output"""


def said(*arguments):
    """Return what a command writes to standard output; it must succeed."""
    result = runner.invoke(app, ["ops", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def at(width, page):
    return [text_of(line) for line in page_lines(page, width)]


def test_the_page_of_an_operator_fits_80_columns():
    assert CONV2D.splitlines() == at(80, operator_page(api.ops("Conv2d")))


def test_the_list_has_every_operator_under_its_family():
    lines = said().splitlines()
    assert set(names()) <= {line.split(" ")[0] for line in lines}
    assert {family.title for family in CATALOGUE} <= set(lines)


def test_the_piped_list_is_not_cut():
    assert "…" not in said()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_list_fits_a_terminal(width):
    page = catalogue_page(api.ops())
    assert max(map(len, at(width, page))) <= width


@pytest.mark.parametrize("name", names())
def test_the_page_of_each_operator_fits_80_columns(name):
    assert max(map(len, at(80, operator_page(api.ops(name))))) <= 80


@pytest.mark.parametrize("entry", api.ops(), ids=lambda entry: entry.name)
def test_each_operator_is_described_in_sentences(entry):
    assert entry.summary
    assert all(paragraph.endswith((".", ".)")) for paragraph in entry.description), entry.description
    assert not any(paragraph.startswith("What ") for paragraph in entry.description)


def test_a_function_is_described_by_its_module_too():
    assert "max(x, 0): n." in api.ops("relu").description


def test_an_operator_is_not_described_by_another_one_that_it_is_derived_from():
    assert not any("x / (1 + |x|)" in paragraph for paragraph in api.ops("tanhshrink").description)


@pytest.mark.parametrize(
    ("asked", "found"), [("LazyConv2d", "Conv2d"), ("conv", "Conv2d"), ("conv3d", "Conv3d"), ("fc", "Linear")]
)
def test_a_lazy_form_and_a_short_word_show_their_operator(asked, found):
    assert found == api.ops(asked).name


def test_the_lazy_form_leaves_out_what_is_inferred_and_has_its_own_defaults():
    lazy = api.ops("InstanceNorm2d").lazy
    assert lazy.startswith("LazyInstanceNorm2d(eps=1e-05, momentum=0.1, affine=True, track_running_stats=True")


def test_keywords_and_lists_are_marked_in_a_signature():
    assert api.ops("Parameter").signature == "Parameter(*shape, requires_grad=True)"
    assert api.ops("add").signature == "add(input, other, *, alpha=1)"


def test_weights_are_written_in_the_words_of_the_arguments():
    assert api.ops("GRUCell").weights["weight_ih"] == "[3 * hidden_size, input_size]"


def test_letters_in_a_description_are_explained_unless_they_are_code():
    assert legend("2n, and `m` for each K") == "`n` elements of the input, `K` elements of the kernel or window"


def test_a_misspelt_name_gets_a_suggestion_and_exit_2():
    result = runner.invoke(app, ["ops", "Conv2Dd"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "error[CV201]: there is no operator `Conv2Dd`" in result.stderr
    assert "did you mean `Conv2d`?" in result.stderr


def test_a_base_class_is_no_operator():
    api.ops("Conv2d")  # its file, which has the base class too, is imported now
    assert runner.invoke(app, ["ops", "Convolution"]).exit_code == 2


def test_a_mistake_leaves_json_on_standard_output():
    result = runner.invoke(app, ["ops", "Conv2Dd", "--format", "json"])
    assert [found["code"] for found in json.loads(result.stdout)["findings"]] == ["CV201"]


def test_json_has_every_argument():
    (entry,) = json.loads(said("Linear", "--format", "json"))["operators"]
    assert entry["arguments"] == [
        {"name": "in_features", "accepts": "a positive integer", "required": True, "default": None,
         "inferred": True, "keyword_only": False},
        {"name": "out_features", "accepts": "a positive integer", "required": True, "default": None,
         "inferred": False, "keyword_only": False},
        {"name": "bias", "accepts": "True or False", "required": False, "default": "True",
         "inferred": False, "keyword_only": False},
    ]  # fmt: skip


def test_json_has_every_operator():
    document = json.loads(said("--format", "json"))
    assert (document["schema"], document["findings"]) == ("convcli/ops/1", [])
    assert [entry["name"] for entry in document["operators"]] == list(names())


def test_csv_has_a_line_for_each_operator():
    assert len(said("--format", "csv").splitlines()) == len(names()) + 1


def test_markdown_escapes_what_would_be_emphasis():
    assert r"mean of x\*\*2 over `size`" in said("LocalResponseNorm", "--format", "markdown")


def test_a_file_is_written_in_the_format_of_its_suffix(tmp_path):
    assert said("Conv2d", "-o", str(tmp_path / "conv.md")) == ""
    assert (tmp_path / "conv.md").read_text(encoding="utf-8").startswith("# Conv2d\n")


@pytest.mark.parametrize(("asked", "meant"), [("Conv2D", "Conv2d"), ("RELU", "ReLU")])
def test_of_a_module_and_what_is_called_like_it_the_module_is_suggested(asked, meant):
    assert f"did you mean `{meant}`?" in runner.invoke(app, ["ops", asked]).stderr


# ---- short words


def test_the_table_of_short_words_has_all_of_them():
    words = {line.split(" ")[0] for line in said("--short").splitlines()}
    assert set(SHORT_WORDS) <= words


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("dwconv", "dwconv ConvNd(out_channels=_, groups=_) k s p d g"),
        ("maxpool", "maxpool MaxPoolNd kernel_size, stride, padding k s p d"),
        ("fc", "fc Linear out_features"),
    ],
)
def test_a_short_word_says_what_it_means(word, row):
    lines = [" ".join(line.split()) for line in said("--short", word).splitlines()]
    assert row in lines


def test_the_table_of_short_words_fits_80_columns():
    assert max(map(len, at(80, short_words_page(operators.short_words())))) <= 80


# ---- the library


@pytest.mark.parametrize("module", [api, operators], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_run(module):
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


def test_the_catalogue_needs_no_torch():
    code = "import sys, convcli.api as api; api.ops(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
