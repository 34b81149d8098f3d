"""Plans of nnU-Net: both generations, what inherits from what, classes, and what is wrong with them.

The plans in `plan_files/` are ours. Their parameters, MACs and sizes are those of the networks that
dynamic-network-architectures 0.4.4 builds from them with four classes, counted by torch's FlopCounterMode.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from test_hostile import judge, run, start_up  # noqa: F401  a fixture

import convcli
from convcli.diagnostics import ConvcliError
from convcli.report import Report

FILES = Path(__file__).parent / "plan_files"
CLASSES = 4

COUNTS: dict[tuple[str, str], tuple[int, int]] = {
    ("earlier", "2d"): (165_420, 51_932_160),
    ("earlier", "3d_lowres"): (80_168, 192_544_768),
    ("earlier", "3d_cascade_fullres"): (80_384, 392_167_424),
    ("later", "2d"): (123_380, 71_147_520),
    ("later", "3d_fullres"): (157_060, 459_866_112),
    ("later", "3d_small"): (157_060, 38_322_176),
}
"""Parameters and MACs of each configuration."""


def profile(name: str, variant: str | None = None, **options: Any) -> Report:
    return convcli.profile(FILES / f"{name}.json", variant=variant, warnings=False, **options)


def changed(folder: Path, name: str, *path: str, to: Any) -> Path:
    """Write plans with one value changed."""
    plans = json.loads((FILES / f"{name}.json").read_text())
    place = plans["configurations"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    file = folder / "plans.json"
    file.write_text(json.dumps(plans, indent=1))
    return file


def complaints(file: Path) -> list[str]:
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(file)
    return [one.code for one in caught.value.diagnostics]


@pytest.mark.parametrize(("name", "variant"), COUNTS)
def test_a_configuration_has_the_counts_of_the_network_that_is_built(name: str, variant: str) -> None:
    totals = profile(name, variant, set={"num_classes": CLASSES}).totals
    assert (totals.params, totals.macs) == COUNTS[name, variant]


def test_every_level_predicts_the_finest_first() -> None:
    shapes = [made.shape for made in profile("later", "3d_fullres", set={"num_classes": CLASSES}).outputs]
    assert shapes == [(1, 4, 16, 48, 32), (1, 4, 16, 24, 16), (1, 4, 8, 12, 8)]


def test_the_first_configuration_is_taken_where_none_is_named() -> None:
    report = profile("later")
    assert (report.variant, report.inputs[0].shape) == ("2d", (1, 2, 96, 80))


def test_classes_that_are_not_known_are_not_counted() -> None:
    report = profile("later")
    assert "params" in report.totals.unknown
    assert [one.op for one in report.uncounted] == ["Conv2d"]
    assert report.outputs[0].shape == (1, None, 96, 80)


def test_what_has_a_number_that_is_not_known_is_not_written() -> None:
    with pytest.raises(ConvcliError) as caught:
        convcli.convert(FILES / "later.json", "torch")
    assert [one.code for one in caught.value.diagnostics] == ["CV074"]
    assert "`out_channels` is not known" in caught.value.diagnostics[0].message
    assert convcli.convert(FILES / "later.json", "torch", set={"num_classes": CLASSES}).text


@pytest.mark.parametrize(("labels", "classes"), [
    ({"background": 0, "a": 1, "b": 2}, 3), ({"background": 0, "a": 1, "ignore": 2}, 2),
    ({"background": 0, "whole": [1, 2], "core": [2]}, 2),
])  # fmt: skip
def test_the_data_set_beside_the_plans_has_the_classes(tmp_path: Path, labels: dict[str, Any], classes: int) -> None:
    (tmp_path / "plans.json").write_text((FILES / "later.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert convcli.profile(tmp_path / "plans.json", warnings=False).outputs[0].shape == (1, classes, 96, 80)


def test_a_class_that_is_not_known_stops_only_its_configuration() -> None:
    own = profile("earlier", "own", set={"num_classes": CLASSES})
    assert [one.op for one in own.uncounted] == ["OwnUNet"]
    assert (own.layers[0].params, own.outputs[0].shape) == (None, (1, None, 64, 48))
    assert profile("earlier", "2d").findings == ()


def test_a_patch_that_strides_do_not_divide_is_refused_with_the_divisor(tmp_path: Path) -> None:
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(changed(tmp_path, "later", "2d", "patch_size", to=[100, 80]))
    found = caught.value.diagnostics[0]
    assert found.code == "CV228"
    assert found.help == "8 must divide the height of the input; the nearest that work: 2x96x80, 2x104x80"


def test_the_divisors_of_a_configuration_are_told_for_each_axis() -> None:
    assert convcli.solve_size(FILES / "later.json", variant="3d_fullres").divisible_by() == (2, 4, 4)


KWARGS = ("2d", "architecture", "arch_kwargs")


KWARGS = ("2d", "architecture", "arch_kwargs")


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        ((*KWARGS, "n_stages"), 9, "`n_stages` is 9"),
        ((*KWARGS, "conv_op"), "torch.nn.modules.conv.Conv3d", "the patch has 2 axes"),
        (("2d", "architecture", "network_class_name"), "PlainConvUnet", "did you mean `PlainConvUNet`?"),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path: Path, path: tuple[str, ...], to: Any, said: str) -> None:
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(changed(tmp_path, "later", *path, to=to))
    found = {f"{one.message} {one.help}" for one in caught.value.diagnostics if one.code == "CV088"}
    assert any(said in one for one in found)
    assert not any("have no configuration" in one for one in found)


def test_an_argument_that_is_nearly_one_is_shown_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "plans.json"
    file.write_text((FILES / "later.json").read_text().replace('"strides"', '"stride"', 1))
    with pytest.raises(ConvcliError) as caught:
        convcli.profile(file)
    (found,) = [one for one in caught.value.diagnostics if one.help]
    assert "`stride` is no argument: write `strides`" in found.help


@pytest.mark.parametrize(("path", "to"), [
    (("2d", "patch_size"), [96]), (("2d", "patch_size"), "96"), (("2d", "patch_size"), [96, 0]),
    ((*KWARGS, "strides"), [[1, 1]]), ((*KWARGS, "strides"), [[1], [2], [2], [2]]),
    ((*KWARGS, "kernel_sizes"), 3), ((*KWARGS, "features_per_stage"), [8]),
    ((*KWARGS, "features_per_stage"), [8, -16, 32, 48]), ((*KWARGS, "n_conv_per_stage_decoder"), [2, 1]),
    ((*KWARGS, "norm_op"), "torch.nn.GroupNorm"), (("2d", "architecture"), 7),
    (("2d", "architecture", "network_class_name"), None), (("3d_small", "inherits_from"), "3d_small"),
    (("3d_small", "inherits_from"), "4d"), (("2d",), 5),
])  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, path: tuple[str, ...], to: Any) -> None:
    assert set(complaints(changed(tmp_path, "later", *path, to=to))) == {"CV088"}


SMALL = (FILES / "earlier.json").read_text()


@pytest.mark.parametrize("text", ["", "{", '{"labels": 7}', '{"labels": ' + "[" * 100_000])
def test_a_data_set_that_cannot_be_read_is_refused_quickly(text: str, tmp_path: Path, start_up: float) -> None:  # noqa: F811  a fixture
    (tmp_path / "plans.json").write_text(SMALL)
    (tmp_path / "dataset.json").write_text(text)
    judge(run(["profile", "plans.json"], tmp_path), start_up)


@pytest.mark.parametrize(("old", "new", "level", "help"), [
    ('"conv_bias"', '"conv_bais"', "warning", "did you mean `conv_bias`?"),
    ('"norm_op":', '"norm_opp":', "warning", "did you mean `norm_op`?"),
    ('"normalization_schemes"', '"normalisation_schemes"', "warning", "did you mean `normalization_schemes`?"),
    ("[96, 80]", '["96", 80]', "error", "write 96, without quotes"),
    ('"network_class_name"', '"network_clas_name"', "error",
     "write `network_class_name` in place of `network_clas_name`"),
    ('"kernel_sizes"', '"kernel_size"', "error", "`kernel_size` is no argument: write `kernel_sizes`"),
])  # fmt: skip
def test_a_slip_in_what_several_configurations_inherit_is_said_once(tmp_path, old, new, level, help):
    text = (Path(__file__).parent / "plan_files" / "later.json").read_text(encoding="utf-8")
    plans = json.loads(text)
    first = next(iter(plans["configurations"]))
    kept = {first: plans["configurations"][first], "other": {"inherits_from": first}}
    short = json.dumps({**plans, "configurations": kept})
    assert short.count(old) == 1
    (tmp_path / "plans.json").write_text(short.replace(old, new), encoding="utf-8")
    try:
        found = convcli.profile(tmp_path / "plans.json").findings
    except convcli.ConvcliError as error:
        found = error.diagnostics
    assert [(one.level, one.help) for one in found if one.code in ("CV088", "CV192")] == [(level, help)]


def test_a_parent_that_there_is_not_is_one_mistake(tmp_path):
    (tmp_path / "plans.json").write_text('{"configurations": {"3d": {"inherits_from": "2dd"}}}', encoding="utf-8")
    with pytest.raises(convcli.ConvcliError) as caught:
        convcli.profile(tmp_path / "plans.json")
    (found,) = caught.value.diagnostics
    assert found.span.text() == '"2dd"'
