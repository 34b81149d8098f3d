"""Model files of the YOLO family: rows, scales, modules, and what is wrong with them.

The files in `model_files/` are ours. Their numbers of parameters, multiply-adds and sizes were computed by the code
that runs such files, ultralytics 8.4.190, yolov5 7.0.14 and the repositories of YOLOv7 and YOLOv9, which was given our
files (benchmarks/yolo.py); nothing else of it is here.
"""

from pathlib import Path
from typing import Any

import pytest

import convcli
from convcli.diagnostics import ConvcliError
from convcli.readers.definitions import definitions
from convcli.readers.ultralytics.read import DEFINITIONS
from convcli.report import Report

FILES = Path(__file__).parent / "model_files"

DETECTOR_A = [464, 3504, 4176, 10464, 28032, 4880, 45280, 80864, 31696, 0, 0, 54240, 0, 0, 20256, 20832, 0, 49120,
              57760, 0, 97440, 429589]  # fmt: skip
DETECTOR_B = [696, 10464, 28032, 41664, 157632, 17440, 180160, 323008, 126112, 0, 0, 216000, 0, 0, 80448, 83136, 0,
              195520, 230720, 0, 388416, 1067077]  # fmt: skip
DETECTOR_M = [1392, 41664, 157632, 166272, 998016, 65600, 1231360, 1106688, 369792, 0, 0, 1354240, 0, 0, 505344,
              332160, 0, 1292800, 922240, 0, 1895424, 3189925]  # fmt: skip
NEWER_N = [928, 3972, 27776, 35584, 73984, 180864, 147712, 70528, 63424, 67584, 63424, 32832, 0, 28000, 218850]
NEWER_X = [1856, 25632, 110848, 194560, 295424, 1100176, 590336, 494336, 367360, 249856, 249728, 131200, 0, 173568,
           396066]  # fmt: skip
MIXED = [3520, 9312, 25584, 14752, 10864, 29184, 40800, 2256, 7472, 16768, 8720, 55296, 31104, 46240, 19392, 31040,
         40656, 87136, 9312, 6272, 0, 17184, 31840, 172805]  # fmt: skip

NECK = [928, 13920, 27776, 7664, 73984]

BRANCHES = [0, 928, 13920, 54272, 12960, 25888, 4160, 12960, 928, 18560, 0, 55488]

PARAMETERS: dict[tuple[str, str | None], list[int]] = {
    ("detector", "a"): DETECTOR_A,
    ("detector", "b"): DETECTOR_B,
    ("detector", "m"): DETECTOR_M,
    ("newer", "n"): NEWER_N,
    ("newer", "x"): NEWER_X,
    ("mixed", None): MIXED,
    ("resnet", None): [4768, 36864, 141120, 262411],
    ("stem", None): [6752, 14112, 55488, 401750],
    ("pose", None): [6752, 14112, 55488, 369642],
    ("obb", None): [6752, 14112, 55488, 369336],
    ("twice", None): [6752, 14112, 55488, 394460],
    ("texts", "n"): [464, 4672, 45961, 27776, 83008, 56802, 426516],
    ("texts", "m"): [928, 18560, 204625, 83136, 88128, 161425, 625044],
    ("prompts", None): [*NECK, 2793396],
    ("named", None): [*NECK, 2540982],
    ("masks", None): [*NECK, 385794],
    ("joints", None): [*NECK, 296748],
    ("far", None): [*NECK, 190993],
    ("map", None): [928, 13920, 7152, 73984, 111628],
    ("decoder", None): [6752, 11264, 704, 29344, 81624],
    ("seven", None): [
        0,
        3520,
        8864,
        16512,
        9344,
        19904,
        43904,
        39040,
        164608,
        61632,
        0,
        168800,
        0,
        90400,
        6560,
        0,
        6768,
        8504,
    ],
    ("stems", None): [15520, 44544, 30592, 73984, 64640, 5484],
    ("dual", None): [*BRANCHES, 542000],
    ("boxes-seg", None): [1760, 4672, 7424, 18560, 20672, 30272, 18848, 10432, 32468],
    ("boxes", None): [1760, 4672, 7424, 18560, 20672, 30272, 18848, 10432, 2340],
}
"""The parameters of each row, by file and scale."""

MACS: dict[tuple[str, str | None], int] = {
    ("detector", "a"): 322151424,
    ("detector", "b"): 1095972864,
    ("newer", "x"): 4588158976,
    ("twice", None): 1095499776,
    ("texts", "n"): 1530466304,
    ("texts", "m"): 2911244288,
    ("prompts", None): 2272919552,
    ("named", None): 1020907520,
    ("masks", None): 1595015168,
    ("joints", None): 451272704,
    ("far", None): 689963008,
    ("map", None): 403046400,
    ("decoder", None): 307677952,
    ("seven", None): 599425024,
    ("stems", None): 535953408,
    ("dual", None): 1801584640,
}
"""Half of FlopCounterMode's FLOPs of the package's network, where what training or inference runs counts."""

SMALL = """nc: 2
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 2, C2f, [32, True]]
head:
  - [-1, 1, nn.Upsample, [None, 2, nearest]]
  - [[-1, 0], 1, Concat, [1]]
  - [-1, 1, Conv, [32]]
  - [[5, 2], 1, Detect, [nc]]
"""


def profile(name: str, variant: str | None = None, **options: Any) -> Report:
    return convcli.profile(FILES / f"{name}.yaml", variant=variant, input="3x256x256", **options)


def of_text(folder: Path, text: str, **options: Any) -> Report:
    (folder / "net.yaml").write_text(text)
    return convcli.profile(folder / "net.yaml", **options)


def mistakes(folder: Path, text: str) -> list[tuple[str, int, int]]:
    """Return code, line and column of everything that is wrong with a text."""
    with pytest.raises(ConvcliError) as caught:
        of_text(folder, text)
    return [(one.code, one.span.line, one.span.column) for one in caught.value.diagnostics if one.span]


@pytest.mark.parametrize(("name", "variant"), PARAMETERS)
def test_every_row_has_the_parameters_that_the_package_counts(name: str, variant: str | None) -> None:
    report = profile(name, variant)
    found = [0] * len(PARAMETERS[name, variant])
    for row in report.layers:
        found[int(row.name.split(".")[1])] += row.params or 0
    assert found == PARAMETERS[name, variant]


@pytest.mark.parametrize(("name", "variant"), MACS)
def test_a_network_has_the_multiply_adds_that_the_package_runs(name: str, variant: str | None) -> None:
    assert profile(name, variant).totals.macs == MACS[name, variant]


@pytest.mark.parametrize(("row", "params", "macs"), [
    ("[[10, 11, 3, 5, 3, 5], 1, TripleDDetect, [nc]]", 803784, 2440757248),
    ("[[10, 11, 3, 5], 1, DualDetect, [nc]]", 664880, 2116157440),
    ("[[10, 11, 3, 5, 3, 5], 1, TripleDetect, [nc]]", 988104, 2912616448),
    ("[[3, 5, 10], 1, DSegment, [nc, 8, 64]]", 288056, 1207631872),
    ("[[10, 11, 3, 5, 3, 10], 1, DualDSegment, [nc, 8, 64]]", 596848, 1932132352),
    ("[[3, 5], 1, Panoptic, [nc, 5, 8, 64]]", 432881, 2164523008),
    ("[[3, 5], 1, Panoptic, [nc, 5, 32, 64]]", 433681, 2173566976),
    ("[[3, 5], 1, Detect, [nc]]", 323224, 1300824064),
    ("[[3, 5], 1, Segment, [nc, 8, 64]]", 377016, 1593507840),
])  # fmt: skip
def test_heads_of_yolov9_are_as_its_own_code_makes_them(tmp_path: Path, row: str, params: int, macs: int) -> None:
    text = (FILES / "dual.yaml").read_text()
    report = of_text(tmp_path, text.replace("[[10, 11, 3, 5], 1, DualDDetect, [nc]]", row), input="3x256x256")
    totals = report.totals
    assert (totals.params, totals.macs) == (sum(BRANCHES) + params, macs)


@pytest.mark.parametrize(("modules", "params", "macs"), [
    ({"ResXCSPA, [256]": "GhostCSPA, [256]", "ResXCSPB, [128]": "GhostCSPB, [128]", "ResCSPC": "GhostCSPC"}, 195644,
     440434688),
    ({"ResXCSPA, [256]": "BottleneckCSPA, [256]", "ResXCSPB, [128]": "ResCSPB, [128]",
      "2, ResCSPC, [256]": "1, Foldcut, [1]"}, 235148, 744423424),
])  # fmt: skip
def test_other_modules_of_yolov7(tmp_path: Path, modules: dict[str, str], params: int, macs: int) -> None:
    text = (FILES / "stems.yaml").read_text()
    for one, other in modules.items():
        text = text.replace(one, other)
    totals = of_text(tmp_path, text, input="3x256x256").totals
    assert (totals.params, totals.macs) == (params, macs)


@pytest.mark.parametrize("row", [
    "[[2, 3], 1, TripleDDetect, [nc]]", "[[2], 1, DualDDetect, [nc]]", "[[2, 3, 2], 1, DualDSegment, [nc, 8, 64]]",
    "[[2], 1, DSegment, [nc]]", "[[2], 1, Depth, []]", "[[2, 3, 3], 1, SemanticSegment, []]",
    "[[2], 1, Shortcut, []]", "[[2, 3], 1, Conv, [8]]", "[[2], 1, RTDETRDecoder, [nc, 64, nc]]",
    "[[2], 1, RTDETRDecoder, [nc, 64, 9, 4, 8, 1000]]",
])  # fmt: skip
def test_a_row_that_cannot_be_is_shown(tmp_path: Path, row: str) -> None:
    assert mistakes(tmp_path, SMALL.replace("[[5, 2], 1, Detect, [nc]]", row)) == [("CV086", 10, 5)]


def test_as_many_places_as_queries_are_needed(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text((FILES / "decoder.yaml").read_text())
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(tmp_path / "net.yaml", input="3x8x8")
    assert [(one.code, one.span.line) for one in caught.value.diagnostics if one.span] == [("CV230", 9)]


@pytest.mark.parametrize("module", sorted(DEFINITIONS))
def test_every_definition_can_be_read(module: str) -> None:
    assert definitions(DEFINITIONS, [module], {"k": 3, "l": 3}, "SiLU()")[1]


def test_weights_that_no_image_runs_through_are_counted_and_not_complained_of() -> None:
    report = profile("prompts")
    resting = {row.name: row.macs for row in report.layers if row.op == "Unused"}
    assert resting == {"model.5.reprta": 0, "model.5.savpe": 0, "model.5.proto.semseg": 0}
    assert report.findings == ()


@pytest.mark.parametrize("row", ["C3k2, [64, False, 0.25]", "C2fAttn, [64, 32, 1]"])
def test_joints_have_the_same_flow_with_texts_and_without(tmp_path: Path, row: str) -> None:
    report = of_text(tmp_path, (FILES / "joints.yaml").read_text().replace("C3k2, [64, False, 0.25]", row))
    assert [one.params for one in report.layers if one.name == "model.5.flow_model"] == [53784]


def test_texts_are_an_input_beside_the_image() -> None:
    report = profile("texts", "n", set={"nc": 7})
    assert [(one.name, one.shape) for one in report.inputs] == [("image", (1, 3, 256, 256)), ("text", (1, 7, 512))]
    assert report.outputs[0].shape == (1, 11, 5120)


@pytest.mark.parametrize(("name", "variant", "shape"), [
    ("detector", "a", (1, 11, 1344)), ("newer", "n", (1, 13, 1280)), ("mixed", None, (1, 5)),
    ("stem", None, (1, 15, 5120)), ("pose", None, (1, 17, 5120)), ("obb", None, (1, 8, 5120)),
])  # fmt: skip
def test_a_head_gives_what_it_predicts_at_every_place(name: str, variant: str | None, shape: tuple[int, ...]) -> None:
    assert profile(name, variant).outputs[0].shape == shape


def test_the_first_scale_is_taken_where_the_name_says_none() -> None:
    assert convcli.profile(FILES / "detector.yaml").variant == "a"


def test_the_name_of_a_file_says_its_scale(tmp_path: Path) -> None:
    (tmp_path / "yolo77m.yaml").write_text((FILES / "detector.yaml").read_text())
    assert convcli.profile(tmp_path / "yolo77m.yaml").variant == "m"


def test_the_numbers_of_a_file_are_variables() -> None:
    wide = profile("detector", "a", set={"nc": 70, "width": 0.5})
    assert wide.outputs[0].shape == (1, 74, 1344)


def test_layers_stand_where_their_row_stands() -> None:
    report = profile("detector", "a")
    conv = next(row for row in report.layers if row.name == "model.2.m.0.cv1.conv")
    assert conv.span is not None
    assert (Path(conv.span.source.name).name, conv.span.line) == ("detector.yaml", 11)


def test_a_stale_index_is_shown_where_it_stands(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SMALL.replace("[-1, 0]", "[-1, 6]")) == [("CV087", 8, 11)]


def test_sizes_that_do_not_meet_are_shown_at_their_row(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SMALL.replace("[-1, 0]", "[-1, 2]")) == [("CV228", 8, 18)]


def test_all_rows_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    text = (
        SMALL.replace("Conv, [16, 3, 2]", "Conv, 16, 3, 2")
        .replace("2, C2f", "x, C2f")
        .replace("Conv, [32]", "Conv, [{a: 1}]")
    )
    assert [code for code, _, _ in mistakes(tmp_path, text)] == ["CV086"] * 3


def test_a_mistake_inside_of_a_module_is_shown_at_its_row(tmp_path: Path) -> None:
    text = SMALL.replace("Conv, [32]", "Conv, [32, 3, 1, 1, 7]")
    assert mistakes(tmp_path, text) == [("CV223", 9, 13)]


def test_a_module_that_is_not_known_has_unknown_parameters(tmp_path: Path) -> None:
    report = of_text(tmp_path, SMALL.replace("1, Conv, [32]]", "1, Strange, [32, 7]]"))
    strange = next(row for row in report.layers if row.op == "Strange")
    assert (strange.params, strange.macs, strange.output_shapes) == (None, None, ((1, 48, 320, 320),))
    assert {"params", "macs"} <= set(report.totals.unknown)
    assert [(one.code, one.level) for one in report.findings] == [("CV089", "warning")]


def test_rows_behind_a_module_that_is_not_known_are_checked(tmp_path: Path) -> None:
    text = SMALL.replace("1, Conv, [32]]", "1, Strange, []]").replace("[5, 2]", "[5, 9]")
    assert [(code, line) for code, line, _ in mistakes(tmp_path, text)] == [("CV087", 10)]


def test_nothing_is_evaluated(tmp_path: Path) -> None:
    trap = "__import__('os').mkdir('evaluated')"
    for text in (SMALL.replace("Conv, [32]", f'Conv, ["{trap}"]'), f'activation: "{trap}"\n{SMALL}'):
        with pytest.raises(ConvcliError):
            of_text(tmp_path, text)
    assert not (tmp_path / "evaluated").exists()


def messages(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """Return the code, the marked text and the help of everything that is wrong with a text."""
    with pytest.raises(ConvcliError) as caught:
        of_text(folder, text)
    return [(one.code, one.span.text(), one.help) for one in caught.value.diagnostics if one.span]


@pytest.mark.parametrize(("old", "new", "marked", "help"), [
    ("backbone:", "backbon:", "backbon", "did you mean `backbone`?"),
    ("head:", "heads:", "heads", "did you mean `head`?"),
    ("nc: 2", "scale: {n: [1, 1, 64]}\nnc: 2", "scale", "did you mean `scales`? `scale: n` names one of them"),
    ("nc: 2\n", "", "nc", "write `nc: 80` at the top of the file"),
    ("nc: 2", "n_c: 2", "nc", "write `nc` in place of `n_c`"),
    ("[nc]", "[ncc]", "ncc", "did you mean `nc`?"),
    ("[32]", '["32"]', '"32"', "write 32"),
    ("nc: 2", 'nc: "2"', '"2"', "write 2"),
    ("Conv, [32]]", "Conv, []]", "[-1, 1, Conv, []]", "write them as its first argument: `[-1, 1, Conv, [256]]`"),
])  # fmt: skip
def test_a_slip_of_the_pen_is_shown_once_with_what_was_meant(
    tmp_path: Path, old: str, new: str, marked: str, help: str
) -> None:
    assert messages(tmp_path, SMALL.replace(old, new)) == [("CV086", marked, help)]


def test_a_file_without_one_of_its_parts_is_no_network(tmp_path: Path) -> None:
    assert messages(tmp_path, SMALL[: SMALL.index("head:")]) == [("CV086", "n", "")]


@pytest.mark.parametrize("keys", [
    "names: {0: cat, 1: dog}", "names:\n  0: cat\n  1: dog", "names: [cat, 3d]", "train: 2017/images\nval: images",
    "date: 2024-01-05", "roboflow: {workspace: mine, version: 3}", "download: |\n  import yolo\n  yolo.get()",
])  # fmt: skip
def test_keys_that_no_row_names_are_left_alone(tmp_path: Path, keys: str) -> None:
    report = of_text(tmp_path, f"{keys}\n{SMALL}")
    assert (report.findings, report.totals) == ((), of_text(tmp_path, SMALL).totals)


def test_a_value_that_a_row_names_may_name_others(tmp_path: Path) -> None:
    text = f"few: many\nmany: 32\n{SMALL.replace('[32]', '[few]')}"
    assert of_text(tmp_path, text).totals == of_text(tmp_path, SMALL).totals
    assert messages(tmp_path, text.replace("many: 32", "many: {a: 32}"))[0] == ("CV086", "{a: 32}", "")


def test_a_key_that_is_nearly_one_is_a_warning_and_one_that_rows_name_is_none(tmp_path: Path) -> None:
    report = of_text(tmp_path, f"width_multple: 0.5\nanchor: 3\n{SMALL.replace('[32]', '[32, anchor]')}")
    found = [(one.code, one.level, one.span and one.span.text(), one.help) for one in report.findings]
    assert found == [("CV192", "warning", "width_multple", "did you mean `width_multiple`?")]
