"""What a machine can do: bounds, fits and predictions from known ceilings; and a file that may be anything."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcli.analyse import analyse
from convcli.asking import graph_and_report, read_model
from convcli.machine import stored
from convcli.machine.ceilings import bandwidth, bound, entry_of, moving, peak
from convcli.machine.fitting import TERMS, evaluate, fit, least_squares, terms
from convcli.machine.key import Key
from convcli.machine.kinds import CONV, KINDS, LINEAR, MAX_POOL, Work, works
from convcli.machine.predict import LAYER_ERROR, NETWORK_ERROR, predict
from convcli.machine.synthetic import synthetic
from convcli.timing.record import Calibration, Ceilings

KEY = Key("cpu", "A processor", 2, "2.13.0", None, ())

CEILINGS = Ceilings(
    "cpu", "A processor", "2.13.0", 2, {"instructions": "AVX512"},
    {"float32": {"matmul": 1e11, "conv": 2e11}, "bfloat16": {"matmul": 8e11}},
    ((2**18, 8e10), (2**20, 1.6e11), (2**24, 4e10), (2**28, 1e10)), ((2**18, 2e11), (2**28, 3e10)),
    {"ReLU": 2e-6}, 1.7e9,
)  # fmt: skip

CALIBRATION = Calibration(
    "float32", channels_last=False, coefficients=dict.fromkeys(KINDS, (5.0, 0.5, 1.0, 1.0, 0.0)), measured_at=1.7e9
)


def counted(layers: str, size: tuple[int, ...], **options: Any) -> Any:
    return graph_and_report(
        read_model(layers)[0], variant=None, settings={}, needs_input=True, sizes={"": size}, batch=None, batched=None,
        max_layers=None, **options,
    )  # fmt: skip


# ---- ceilings


def test_bandwidths_lie_between_those_measured_and_never_grow_with_the_set() -> None:
    assert bandwidth(CEILINGS, 2**24) == pytest.approx(4e10)
    assert bandwidth(CEILINGS, 2**26) == pytest.approx(2e10)
    assert bandwidth(CEILINGS, 2**10) == bandwidth(CEILINGS, 2**18) == bandwidth(CEILINGS, 2**20) == 1.6e11
    assert bandwidth(CEILINGS, 2**33) == 1e10


@given(st.lists(st.floats(1, 2**40), min_size=2, max_size=8))
def test_a_larger_set_never_moves_faster(sizes: list[float]) -> None:
    found = [bandwidth(CEILINGS, size) for size in sorted(sizes)]
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(found))


def test_a_layer_is_no_faster_than_its_arithmetic_nor_than_its_bytes() -> None:
    assert peak(CEILINGS, "float32", CONV) == 2e11
    assert peak(CEILINGS, "float32", LINEAR) == 1e11
    work = Work(CONV, 2 * 10**9, 2**20, 2**20, 0, 0, False, 2**28)
    assert bound(CEILINGS, "float32", work) == pytest.approx(0.01)
    assert bound(CEILINGS, "float32", work._replace(operations=0)) == pytest.approx(2**21 / bandwidth(CEILINGS, 2**21))
    in_place = work._replace(operations=0, in_place=True)
    assert bound(CEILINGS, "float32", in_place) < bound(CEILINGS, "float32", work._replace(operations=0))
    assert bound(CEILINGS, "float32", Work("view", 0, 0, 0, 0, 0, False, 1)) == 0


def test_weights_come_from_where_a_whole_pass_leaves_them() -> None:
    near, far = (Work(CONV, 0, 0, 2**20, 0, 0, False, circulates) for circulates in (2**20, 2**28))
    assert moving(CEILINGS, near) == pytest.approx(2**20 / 1.6e11)
    assert moving(CEILINGS, far) == pytest.approx(2**20 / 1e10)


def test_a_slow_kernel_takes_its_time_from_whichever_cache() -> None:
    near, far = (Work(MAX_POOL, 0, size, 0, 0, 0, in_place=False, circulates=1) for size in (2**20, 2**30))
    assert moving(CEILINGS, far) == pytest.approx(2**10 * moving(CEILINGS, near))


def test_what_linear_layers_take_is_their_bytes() -> None:
    layers = [Work(LINEAR, n // 2, 0, n, 0, 0, in_place=False, circulates=2**28) for n in (10**6, 10**7, 10**8)]
    found = [terms(CEILINGS, "float32", one) for one in layers]
    samples = [(LINEAR, one, evaluate((10.0, 0.0, 1.5, 0.0, 0.0), one)) for one in found]
    assert fit(samples)[LINEAR] == pytest.approx((10.0, 0.0, 1.5, 0.0, 0.0), abs=1e-6)


def test_ceilings_have_the_form_of_a_data_sheet() -> None:
    entry = entry_of(CEILINGS)
    assert entry.peaks == {"float32": 2e11, "bfloat16": 8e11}
    assert (entry.title, entry.bandwidth) == ("A processor", 1e10)
    assert "2 threads, torch 2.13.0" in entry.source


# ---- fits

coefficient = st.floats(0, 10, allow_subnormal=False)


@given(st.tuples(coefficient, coefficient, coefficient))
def test_what_was_put_in_comes_out(wanted: tuple[float, ...]) -> None:
    rows = [(1.0, 0.0, 2.0), (1.0, 1.0, 0.0), (0.5, 3.0, 1.0), (2.0, 0.0, 0.25), (1.0, 1.0, 1.0)]
    values = [sum(a * b for a, b in zip(row, wanted, strict=True)) for row in rows]
    assert least_squares(rows, values) == pytest.approx(wanted, abs=1e-6)


rows_of_numbers = st.lists(st.tuples(*[st.just(0.0) | st.floats(1e-6, 100)] * 3), min_size=1, max_size=8)


@given(rows_of_numbers, st.data())
def test_coefficients_are_never_negative_and_never_worse_than_none(rows: list[Any], data: Any) -> None:
    wanted = data.draw(st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=len(rows), max_size=len(rows)))
    found = least_squares(rows, wanted)
    assert all(value >= 0 for value in found)
    missed = sum(
        (sum(a * b for a, b in zip(row, found, strict=True)) - one) ** 2 for row, one in zip(rows, wanted, strict=True)
    )
    assert missed <= sum(w**2 for w in wanted) * (1 + 1e-9)


def test_a_kind_is_fitted_by_its_own_layers() -> None:
    works_ = [
        Work(CONV, ops, moved, 0, 0, 0, False, 1) for ops, moved in ((10**8, 10**5), (10**7, 10**6), (10**9, 10**4))
    ]
    found = [terms(CEILINGS, "float32", work) for work in works_]
    true = (20.0, 0.25, 2.0, 0.0, 0.0)
    samples = [(CONV, one, evaluate(true, one)) for one in found]
    assert fit([*samples, (LINEAR, found[0], 1.0)])[CONV] == pytest.approx(true, abs=1e-6)


# ---- predictions


def test_a_network_is_predicted_where_each_of_its_layers_is() -> None:
    graph, report = counted("Conv2d(3, 8, 3) | ReLU() | MaxPool2d(2)", (3, 32, 32))
    layers, whole = predict(graph, report, CEILINGS, CALIBRATION)
    assert all(one.seconds is not None and one.bound is not None and one.seconds >= one.bound for one in layers)
    assert {one.error for one in layers} == {LAYER_ERROR}
    assert whole.seconds == pytest.approx(sum(one.seconds or 0 for one in layers))
    assert whole.bound == pytest.approx(sum(one.bound or 0 for one in layers))
    assert whole.error == NETWORK_ERROR


def test_a_layer_of_no_kind_has_a_bound_and_so_has_its_network() -> None:
    graph, report = counted("Conv2d(3, 8, 3) | Softmax(dim=1)", (3, 8, 8))
    layers, whole = predict(graph, report, CEILINGS, CALIBRATION)
    assert (layers[1].seconds, layers[1].error) == (None, None)
    assert layers[1].bound
    assert (whole.seconds, whole.error) == (None, None)
    assert whole.bound


@pytest.mark.parametrize("changes", [{"dtype": "bfloat16"}, {"channels_last": True}])
def test_a_calibration_of_another_type_or_layout_predicts_nothing(changes: dict[str, Any]) -> None:
    graph, report = counted("Conv2d(3, 8, 3)", (3, 8, 8))
    layers, whole = predict(graph, report, CEILINGS, CALIBRATION._replace(**changes))
    assert layers[0].bound
    assert layers[0].seconds is whole.seconds is None


def test_without_ceilings_for_a_type_nothing_is_known() -> None:
    graph, report = counted("Conv2d(3, 8, 3) | ReLU()", (3, 8, 8), dtype="float64")
    layers, whole = predict(graph, report, CEILINGS, CALIBRATION)
    assert [(one.bound, one.seconds) for one in (*layers, whole)] == [(None, None)] * 3


def test_views_take_next_to_nothing_and_copies_are_copies() -> None:
    graph, report = counted("Conv2d(3, 8, 3) | Flatten()", (3, 8, 8))
    found = works(graph, report.layers, "float32", channels_last=False)
    assert [work and work.kind for work in found] == ["first convolution", "view"]
    assert bound(CEILINGS, "float32", found[1] or Work("", 1, 1, 1, 1, 1, False, 1)) == 0


def test_networks_for_calibration_have_layers_of_all_kinds() -> None:
    kinds: list[str | None] = []
    for graph in synthetic():
        rows = analyse(graph, receptive_fields=False).layers
        kinds += [work.kind for work in works(graph, rows, "float32", channels_last=False) if work]
    assert {kind: kinds.count(kind) for kind in KINDS if kinds.count(kind) < 2} == {}


# ---- what is kept


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep ceilings in an empty folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "convcli" / "ceilings.json"


def test_what_is_kept_is_found_again(cache: Path) -> None:
    assert stored.read_ceilings(KEY) is None
    assert stored.keep_ceilings(KEY, CEILINGS) is None
    assert stored.keep_calibration(KEY, CALIBRATION) is None
    assert stored.read_ceilings(KEY) == CEILINGS
    assert stored.read_calibration(KEY, "float32", channels_last=False) == CALIBRATION
    assert stored.read_calibration(KEY, "float32", channels_last=True) is None
    assert [*cache.parent.iterdir()] == [cache]


@pytest.mark.parametrize(
    "changes",
    [
        {"hardware": "Another"},
        {"torch": "2.14.0"},
        {"threads": 1},
        {"cores": 1},
        {"environment": ("OMP_NUM_THREADS=1",)},
    ],
)
def test_what_is_kept_belongs_to_a_machine_and_its_settings(changes: dict[str, Any]) -> None:
    stored.keep_ceilings(KEY, CEILINGS)
    assert stored.read_ceilings(KEY._replace(**changes)) is None
    stored.keep_ceilings(KEY._replace(**changes), CEILINGS._replace(measured_at=1.8e9))
    assert stored.read_ceilings(KEY) == CEILINGS


def test_new_ceilings_take_the_calibration_with_them() -> None:
    stored.keep_ceilings(KEY, CEILINGS)
    stored.keep_calibration(KEY, CALIBRATION)
    stored.keep_ceilings(KEY, CEILINGS)
    assert stored.read_calibration(KEY, "float32", channels_last=False) is None


def test_old_machines_are_forgotten() -> None:
    for cores in range(1, stored.MOST + 3):
        stored.keep_ceilings(KEY._replace(cores=cores), CEILINGS)
    assert [stored.read_ceilings(KEY._replace(cores=cores)) is None for cores in (1, 2, 3)] == [True, True, False]


FOREIGN = {
    "empty": b"",
    "no JSON": b"\xff\xfe hello",
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "another schema": b'{"schema": "convcli/ceilings/2", "machines": {}}',
    "large": b" " * (stored.LARGEST + 1),
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_not_ours_is_no_answer_and_stays_as_it_is(cache: Path, text: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(text)
    assert stored.read_ceilings(KEY) is None
    assert stored.keep_ceilings(KEY, CEILINGS)
    assert cache.read_bytes() == text
    assert [*cache.parent.iterdir()] == [cache]


BROKEN = [
    ("flops", {}), ("flops", {"float32": {"conv": 1e11}}), ("flops", {"float32": {"matmul": -1.0}}),
    ("flops", {"float32": {"matmul": "fast"}}), ("flops", {"float32": {"matmul": True}}), ("flops", 3),
    ("bandwidth", []), ("bandwidth", [{"bytes": 0, "bytes_per_second": 1.0}]), ("bandwidth", [[1, 2]]),
    ("in_place", []), ("in_place", None),
    ("bandwidth", [{"bytes": 1, "bytes_per_second": 0}]), ("threads", 0), ("threads", None), ("device", None),
    ("measured_at", "today"), ("flags", []), ("dispatch", {"ReLU": None}), ("reason", "contaminated"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_broken_ceilings_in_a_file_of_ours_are_measured_anew(cache: Path, name: str, value: Any) -> None:
    stored.keep_ceilings(KEY, CEILINGS)
    whole = json.loads(cache.read_text())
    whole["machines"][KEY.text()]["ceilings"][name] = value
    cache.write_text(json.dumps(whole))
    assert stored.read_ceilings(KEY) is None
    assert stored.keep_ceilings(KEY, CEILINGS) is None
    assert stored.read_ceilings(KEY) == CEILINGS


@pytest.mark.parametrize("machines", [None, [], {"x": 1}, {KEY.text(): []}, {KEY.text(): {"ceilings": []}}])
def test_a_file_of_ours_without_machines_is_filled(cache: Path, machines: Any) -> None:
    cache.parent.mkdir()
    cache.write_text(json.dumps({"schema": stored.SCHEMA, "machines": machines}))
    assert stored.read_ceilings(KEY) is stored.read_calibration(KEY, "float32", channels_last=False) is None
    assert stored.keep_ceilings(KEY, CEILINGS) is None
    assert stored.read_ceilings(KEY) == CEILINGS


@pytest.mark.parametrize("terms_", [[1.0] * (TERMS - 1), [1.0] * TERMS + [1.0], [-1.0] * TERMS, ["a"] * TERMS, 3])
def test_a_broken_calibration_is_made_anew(cache: Path, terms_: Any) -> None:
    stored.keep_ceilings(KEY, CEILINGS)
    stored.keep_calibration(KEY, CALIBRATION)
    whole = json.loads(cache.read_text())
    (slot,) = whole["machines"][KEY.text()]["calibrations"].values()
    slot["coefficients"]["linear"] = terms_
    cache.write_text(json.dumps(whole))
    assert stored.read_calibration(KEY, "float32", channels_last=False) is None


def test_a_folder_in_the_way_is_said(cache: Path) -> None:
    cache.mkdir(parents=True)
    assert stored.read_ceilings(KEY) is None
    assert "directory" in (stored.keep_ceilings(KEY, CEILINGS) or "")
    assert cache.is_dir()


def test_a_file_where_the_folder_should_be_is_said(cache: Path) -> None:
    cache.parent.write_text("mine")
    assert stored.read_ceilings(KEY) is None
    assert stored.keep_ceilings(KEY, CEILINGS)
    assert cache.parent.read_text() == "mine"


def test_a_relative_folder_of_caches_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert stored.path() == tmp_path / ".cache" / "convcli" / "ceilings.json"
