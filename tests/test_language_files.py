"""What a network file may hold besides its layers: variants, aliases, calls as mappings, `uses`."""

from pathlib import Path

import pytest
from reading import attempt, edges, mistakes, names, net, report, row, shape, texts

import convcli

# ---- variants and settings

VARIANTS = """input: [3, 8, 8]
vars: {width: 4, depth: 1, both: width * depth}
variants:
  wide: {width: 16}
  deep: {depth: 3, check: {params: {max: 1M}}}
  wide_and_deep: {of: deep, width: 16}
  deepest: {of: wide_and_deep, depth: 5}
layers:
  - Conv2d(3, both, 1)
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 4), ({"variant": "wide"}, 16), ({"variant": "deep"}, 12), ({"settings": {"width": "5"}}, 5),
        ({"variant": "wide_and_deep"}, 48), ({"variant": "deepest"}, 80),
        ({"variant": "deepest", "settings": {"depth": "1"}}, 16),
        ({"settings": {"width": 5}}, 5),
        ({"variant": "deep", "settings": {"width": "2"}}, 6), ({"variant": "wide", "settings": {"width": "2"}}, 2),
        ({"settings": {"depth": "width"}}, 16), ({"settings": {"both": "7"}}, 7),
        ({"settings": {"width": "depth + 1", "depth": "2"}}, 6),
    ],
)  # fmt: skip
def test_a_setting_overrides_a_variant_which_overrides_the_file(options: dict[str, object], expected: int) -> None:
    assert (1, expected, 8, 8) == shape(VARIANTS, **options)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"variant": "wid"}, "CV005"),
        ({"settings": {"widht": "3"}}, "CV004"),
        ({"settings": {"width": "both"}}, "CV113"),
        ({"settings": {"width": "1 +"}}, "CV101"),
    ],
)
def test_what_is_not_there_cannot_be_chosen_or_set(options: dict[str, object], code: str) -> None:
    try:
        codes = [found.code for found in attempt(VARIANTS, **options).findings]
    except convcli.ConvcliError as error:
        codes = [found.code for found in error.diagnostics]
    assert code == codes[0]


@pytest.mark.parametrize(
    ("setting", "expected"), [("3", 3), ("'3'", None), ("true", None), ("[1, 2]", None), ("1 + 2", 3)]
)
def test_a_setting_is_an_expression(setting: str, expected: int | None) -> None:
    found = attempt(VARIANTS, settings={"both": setting})
    assert (expected is None) == bool(found.findings)


# ---- aliases, calls as mappings


def test_an_alias_is_the_same_text_with_weights_of_its_own() -> None:
    assert 24 == report(net("&c Conv2d(3, 3, 1)", "*c")).totals.params


def test_an_alias_of_a_list_is_the_same_scope_under_another_name() -> None:
    assert ["a.0", "a.r", "b.0", "b.r"] == names(net("a: &s\n      - Tanh()\n      - r: ReLU()", "b: *s"))


@pytest.mark.parametrize(
    "layer",
    [
        "{Conv2d: {out_channels: 8, kernel_size: 3}}", "Conv2d: {out_channels: 8, kernel_size: 3}",
        "Conv2d:\n      out_channels: 8\n      kernel_size: 3",
        "Conv2d: {in_channels: 3, out_channels: n * 4, kernel_size: [3, 3], bias: true}",
        "Conv2d: {in_channels: _, out_channels: 8, kernel_size: 3}",
        "nn.Conv2d: {out_channels: 8, kernel_size: 3}", "torch.nn.Conv2d: {out_channels: 8, kernel_size: 3}",
    ],
)  # fmt: skip
def test_a_call_may_be_a_mapping(layer: str) -> None:
    assert ["Conv2d(3, 8, 3)"] == texts(net(layer, head="vars: {n: 2}\n"))


def test_a_call_as_a_mapping_may_have_a_name_and_a_tensor() -> None:
    text = net("enc: ReLU()", "Tanh()", "conv1: {Conv2d: {out_channels: 8, kernel_size: 3}, of: enc}")
    assert {"enc": ("input",), "1": ("enc",), "conv1": ("enc",)} == edges(text)


def test_a_call_as_a_mapping_may_be_of_a_block() -> None:
    assert (1, 8, 32, 32) == shape(net("B: {c: 8}", head="blocks:\n  B(c):\n    - Conv2d(_, c, 1)\n"))


def test_a_quoted_argument_of_a_mapping_is_a_string() -> None:
    text = net('Conv2d: {out_channels: 8, kernel_size: 3, padding: "same", padding_mode: "reflect"}')
    assert "Conv2d(3, 8, 3, padding='same', padding_mode='reflect')" == report(text).layers[0].text


def test_a_call_without_arguments_may_be_a_mapping() -> None:
    assert ["ReLU()"] == texts(net("ReLU: {}"))


@pytest.mark.parametrize(
    "layer",
    [
        "add: {a: ReLU(), b: Tanh()}\n    of: enc", "m:\n      add: [ReLU(), Tanh()]\n      Tanh: {}",
        "dec: ReLU()\n    of: enc", "m: {ReLU: {}}\n    of: enc",
    ],
)  # fmt: skip
def test_nothing_beside_a_layer_is_passed_over_in_silence(layer: str) -> None:
    assert ["CV110"] == [code for code, _ in mistakes(net("enc: ReLU()", layer))]


def test_a_variable_may_be_a_block_of_text() -> None:
    head = "vars:\n  width: >-\n    2 *\n    4\n"
    assert (1, 8, 32, 32) == shape(net("Conv2d(3, width, 1)", head=head))


# ---- files that use each other

BLOCK = "blocks:\n  B(c=w):\n    - Conv2d(_, c, 1)\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with blocks in a file of their own; the working directory is elsewhere in it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "nets").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "blocks.yaml").write_text(f"vars: {{w: 8}}\n{BLOCK}")
    (tmp_path / "nets" / "net.yaml").write_text(net("B()", head="uses: [../blocks.yaml]\n"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def codes(path: Path) -> list[str]:
    """Return the codes of what is wrong with a file."""
    try:
        return [found.code for found in convcli.profile(path, warnings=False).findings]
    except convcli.ConvcliError as error:
        return [found.code for found in error.diagnostics]


def test_a_file_brings_in_blocks_and_variables(project: Path) -> None:
    assert (1, 8, 32, 32) == convcli.profile(project / "nets" / "net.yaml").outputs[0].shape


def test_a_files_own_variables_win(project: Path) -> None:
    (project / "nets" / "net.yaml").write_text(net("B()", head="uses: [../blocks.yaml]\nvars: {w: 5}\n"))
    assert (1, 5, 32, 32) == convcli.profile(project / "nets" / "net.yaml").outputs[0].shape


def test_a_variable_of_a_used_file_can_be_set(project: Path) -> None:
    assert (1, 6, 32, 32) == convcli.profile(project / "nets" / "net.yaml", set={"w": 6}).outputs[0].shape


def test_a_used_file_may_use_others(project: Path) -> None:
    (project / "more").mkdir()
    (project / "more" / "all.yaml").write_text("uses: [../blocks.yaml]\nvars: {v: w * 2}\n")
    (project / "nets" / "net.yaml").write_text(net("B(v)", head="uses: [../more/all.yaml]\n"))
    assert (1, 16, 32, 32) == convcli.profile(project / "nets" / "net.yaml").outputs[0].shape


@pytest.mark.usefixtures("project")
def test_a_used_file_is_shown_as_seen_from_where_its_user_is_shown() -> None:
    report = convcli.profile(Path("../nets/net.yaml"))
    assert {str(Path("../blocks.yaml"))} == {layer.span.source.name for layer in report.layers if layer.span}


def test_bundled_networks_show_no_folder() -> None:
    layers = convcli.profile("yolov3").layers
    assert {"darknet_residual.yaml", "yolov3.yaml"} == {layer.span.source.name for layer in layers if layer.span}


def test_files_may_use_each_other(project: Path) -> None:
    (project / "blocks.yaml").write_text(f"uses: [nets/net.yaml]\nvars: {{w: 8}}\n{BLOCK}")
    assert [] == codes(project / "nets" / "net.yaml")


def test_a_file_may_use_itself(project: Path) -> None:
    (project / "blocks.yaml").write_text(f"uses: [blocks.yaml]\nvars: {{w: 8}}\n{BLOCK}")
    assert [] == codes(project / "nets" / "net.yaml")


@pytest.mark.parametrize("name", ["../../outside.yaml", "/etc/hostname", "../../../../../../etc/passwd", "link.yaml"])
def test_a_file_above_the_root_is_refused(name: str, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text(BLOCK)
    (project / "nets" / "link.yaml").symlink_to(outside)
    (project / "nets" / "net.yaml").write_text(net("ReLU()", head=f"uses: [{name}]\n"))
    assert ["CV108"] == codes(project / "nets" / "net.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "blocks: [", "laers: []\n", "blocks:\n  B(: []\n"])
def test_mistakes_of_a_used_file_are_reported(text: str, project: Path) -> None:
    (project / "blocks.yaml").write_text(text)
    found = codes(project / "nets" / "net.yaml")
    assert found
    assert not {"CV999"} & set(found)


def test_a_block_of_a_used_file_that_is_not_understood_is_one_mistake(project: Path) -> None:
    (project / "blocks.yaml").write_text("blocks:\n  B(8):\n    - Tanh()\n")
    assert ["CV115"] == codes(project / "nets" / "net.yaml")


def test_a_block_of_two_files_is_a_mistake(project: Path) -> None:
    (project / "nets" / "net.yaml").write_text(net("B(8)", head=f"uses: [../blocks.yaml]\n{BLOCK}"))
    assert ["CV110"] == codes(project / "nets" / "net.yaml")


def test_a_mistake_in_a_used_file_names_that_file(project: Path) -> None:
    (project / "blocks.yaml").write_text("vars: {w: 8}\nblocks:\n  B(c=w):\n    - Conv2D(_, c, 1)\n")
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile(project / "nets" / "net.yaml")
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert ("blocks.yaml", 4) == (Path(found.span.source.name).name, found.span.line)
    assert ["net.yaml"] == [Path(call.source.name).name for call in found.via]


# ---- places


def test_the_place_of_a_layer_inside_of_blocks_has_the_calls_that_led_there() -> None:
    head = "blocks:\n  Inner(c):\n    - conv: Conv2d(_, c, 1)\n  Outer(c):\n    - Inner(c)\n"
    found = row(net("ReLU()", "body: Outer(8)", head=head), "body.0.conv")
    assert found.span is not None
    assert (4, 13) == (found.span.line, found.span.column)
    assert [(6, 7), (9, 11)] == [(call.line, call.column) for call in found.via]
    assert "Conv2d(_, c, 1)" == found.span.text()
