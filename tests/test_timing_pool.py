"""From what processes told to times: shares, intervals, refusals, partial results; and what changes nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import MS, NAMES, one_pass, process, run

from convcli.timing.clean import STOLEN, SWITCHED, THROTTLED, WAITED, cause_of
from convcli.timing.protocol import AGAIN, BACKWARD, PLAIN, TIMED, Config, Pass, Sample


def three(**options):
    """Make three processes that differ by their seeds."""
    return [process(pid=pid, **options) for pid in (1, 2, 3)]


def values(run):
    """Return all values of the first subject and of its layers."""
    first = run.subjects[0]
    figures = [first.total, first.rest, first.closure, first.overhead, first.again]
    return [one.value for one in figures], [(one.forward.value, one.share) for one in first.layers]


# ---- clean or not


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        ({}, None),
        ({"wait_ns": 199_000}, None),
        ({"wait_ns": 201_000}, WAITED),
        ({"wait_ns": 0, "switches": 8}, None),  # 0.2 of 10 ms, just so
        ({"wait_ns": 10_000, "switches": 8}, SWITCHED),
        ({"wait_ns": None, "switches": 1}, SWITCHED),
        ({"steal_ticks": 1}, STOLEN),
        ({"steal_ticks": 0, "faults": 5000}, None),
        ({"throttled": True}, THROTTLED),
    ],
)
def test_a_pass_of_ten_milliseconds_may_lose_a_fiftieth(lost, cause):
    assert cause_of(Sample(10 * MS, **lost)) == cause


def test_one_switch_in_half_a_second_is_no_contamination():
    assert cause_of(Sample(500 * MS, 0, switches=1)) is None
    assert cause_of(Sample(500 * MS, None, switches=1)) is None
    assert cause_of(Sample(500 * MS, 11 * MS, switches=1)) == WAITED


def test_what_contaminates_is_counted_by_its_cause():
    found = run(*three(spoil=(3, 4))).subjects[0]
    assert found.samples == (60, 54)
    assert found.contaminated == {WAITED: 6}


# ---- values


def test_a_layers_time_is_its_share_of_the_plain_pass():
    found = run().subjects[0]
    assert [one.share for one in found.layers] == pytest.approx([0.6, 0.1, 0.2], rel=1e-3)
    assert [one.forward.value for one in found.layers] == pytest.approx([6e-3, 1e-3, 2e-3], rel=0.01)
    assert found.rest.value == pytest.approx(1e-3, rel=0.01)
    assert found.closure.value == pytest.approx(0.9, rel=0.01)
    assert found.first_pass.value == 0.035
    assert found.measured_peak_bytes == 1 << 20


def test_timestamps_that_slow_a_pass_down_change_no_time_of_a_layer():
    slow = [
        one._replace(
            passes=tuple(
                one_pass(each.kind, by=1.3) if each.kind == TIMED else one_pass(each.kind) for each in one.passes
            )
        )
        for one in three()
    ]
    found = run(*slow).subjects[0]
    assert [one.forward.value for one in found.layers] == pytest.approx([6e-3, 1e-3, 2e-3], rel=0.001)
    assert found.overhead.value == pytest.approx(1.3, rel=0.001)


def test_the_timestamps_themselves_are_no_part_of_a_layer():
    nodes, timer = (10_000, 20_000), 1_000
    passes = [one_pass(kind, nodes=nodes, wall_ns=30_000 + 2 * timer * (kind == TIMED)) for kind in (PLAIN, TIMED)] * 20
    nodes = [ns + timer for ns in nodes]
    passes = [one._replace(nodes=tuple(nodes)) if one.kind == TIMED else one for one in passes]
    told = [process(pid=pid)._replace(passes=tuple(passes), timer_ns=timer) for pid in (1, 2)]
    found = run(*told, names=("a", "b")).subjects[0]
    assert found.layers[0].forward.reason == "shorter than 20 timer pairs"
    assert found.layers[1].forward.value == pytest.approx(20e-6)
    assert found.rest.value == pytest.approx(0, abs=1e-12)


def test_backward_is_a_share_of_the_backward_phase():
    def both(kind):
        one = one_pass(kind, wall_ns=40 * MS, nodes=(6 * MS, 1 * MS, 2 * MS))
        back = (None, 4 * MS, 16 * MS) if kind == TIMED else None
        return one._replace(phases=(10 * MS, 25 * MS), backward_nodes=back)

    passes = tuple(map(both, (PLAIN, TIMED))) * 20
    found = run(*[one._replace(passes=passes) for one in three()], config=Config(mode=BACKWARD)).subjects[0]
    assert (found.forward.value, found.backward.value, found.optimizer) == (0.01, 0.025, None)
    assert [one.backward.value for one in found.layers[1:]] == pytest.approx([4e-3, 16e-3], rel=1e-3)
    assert found.layers[0].backward.reason == "nothing flows back through it"
    assert [one.share for one in found.layers] == pytest.approx([6 / 40, 5 / 40, 18 / 40], rel=1e-3)
    assert found.rest.value == pytest.approx(11e-3, rel=1e-3)  # 40 of which 29 are layers


def test_the_optimizer_is_no_rest():
    def step(kind):
        one = one_pass(kind, wall_ns=50 * MS)
        back = (1 * MS, 2 * MS, 3 * MS) if kind == TIMED else None
        return one._replace(phases=(10 * MS, 10 * MS, 30 * MS), backward_nodes=back)

    passes = tuple(map(step, (PLAIN, TIMED))) * 20
    found = run(*[one._replace(passes=passes) for one in three()], config=Config(mode=BACKWARD)).subjects[0]
    assert found.optimizer.value == pytest.approx(0.03)
    assert found.rest.value == pytest.approx(5e-3, rel=1e-3)  # 50 - 30 - 9 - 6
    assert found.closure.value == pytest.approx(0.9, rel=1e-3)


def test_on_a_gpu_layers_are_shares_of_the_time_of_the_device():
    def events(kind):
        return one_pass(kind, wall_ns=20 * MS, device_ns=10 * MS, nodes=(6 * MS, 5_000, 2 * MS))

    passes = tuple(map(events, (PLAIN, TIMED))) * 20
    found = run(*[one._replace(passes=passes) for one in three()], config=Config(device="cuda")).subjects[0]
    assert (found.total.value, found.device.value) == (0.02, 0.01)
    assert found.layers[0].forward.value == pytest.approx(6e-3)
    assert found.layers[1].forward.reason == "shorter than 10 us, for events"


def test_passes_in_a_row_are_divided():
    told = [one._replace(passes=tuple(one_pass(wall_ns=1000 * 50, repeat=50) for _ in range(9))) for one in three()]
    assert run(*told).subjects[0].total.value == pytest.approx(1e-6)


# ---- intervals


def test_the_interval_is_as_wide_as_the_processes_differ():
    found = run(*[process(pid=pid, by=by, jitter=0) for pid, by in ((1, 1.0), (2, 1.02), (3, 1.05))]).subjects[0].total
    assert (found.value, found.lo, found.hi) == pytest.approx((10.2e-3, 9.7e-3, 10.7e-3))


def test_the_interval_is_as_wide_as_that_of_a_process_where_that_is_wider():
    found = run(*[process(pid=pid, jitter=0.2, rounds=12) for pid in (1, 2, 3)]).subjects[0].total
    assert found.spread > 0.05
    assert found.lo >= 0


def test_five_processes_are_worth_more_than_three():
    some = [process(pid=pid, by=1 + pid / 100, jitter=0) for pid in range(1, 6)]
    wide = run(some[0], some[2], some[4]).subjects[0].total
    assert run(*some).subjects[0].total.half == pytest.approx(wide.half / 2)


# ---- refusals


def test_four_clean_passes_are_too_few():
    found = run(*three(spoil=range(16))).subjects[0]
    assert (found.total.value, found.total.reason) == (None, "fewer than 5 clean passes")
    assert found.samples == (60, 12)
    assert [one.forward.reason for one in found.layers] == ["fewer than 5 clean passes"] * 3
    assert found.rest.value is None


def test_one_process_does_not_speak_for_those_that_found_no_quiet():
    found = run(process(pid=1), process(pid=2, spoil=range(20)), process(pid=3, spoil=range(20))).subjects[0].total
    assert found.reason == "fewer than 5 clean passes in all processes but one"


def test_processes_of_which_no_two_agree_say_nothing():
    found = run(process(pid=1, jitter=0), process(pid=2, by=1.22, jitter=0)).subjects[0].total
    assert (found.value, found.reason) == (None, "processes disagree by 22 %")


def test_a_process_that_is_off_shows_in_the_interval():
    found = run(process(pid=1), process(pid=2), process(pid=3, by=1.5)).subjects[0].total
    assert found.value == pytest.approx(0.01, rel=0.01)
    assert found.spread == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (Config(compile=True), "fused by the compiler"),
        (Config(cuda_graph=True), "replayed as one graph"),
        (Config(), "not timed"),
    ],
)
def test_why_there_are_no_layers(config, reason):
    found = run(*three(kinds=(PLAIN, AGAIN)), config=config).subjects[0]
    assert (found.layers, found.layers_reason, found.closure) == ((), reason, None)
    assert found.total.value


def test_a_process_with_other_layers_is_not_believed():
    assert run(names=("conv", "relu")).subjects[0].layers_reason == "the process has other layers"


# ---- partial results


def test_nothing_at_all_was_measured():
    found = run(process(0, ended="failed: out of memory", warm={}, peaks={}), ended="failed").subjects[0]
    assert (found.total.reason, found.samples, found.first_pass, found.faults) == (
        "nothing was measured",
        (0, 0),
        None,
        None,
    )


@pytest.mark.parametrize("ended", ["died", "interrupted", "failed: out of memory"])
def test_what_came_before_an_accident_counts(ended):
    found = run(process(pid=1), process(3, pid=2, ended=ended)).subjects[0]
    assert found.total.value == pytest.approx(0.01, rel=0.01)
    assert found.total.medians[1] is None


def test_one_process_is_enough_where_one_was_asked_for():
    assert run(process()).subjects[0].total.value == pytest.approx(0.01, rel=0.01)


# ---- what changes nothing


@given(st.integers(1, 1000), st.sampled_from([2, 4, 16]))
def test_what_takes_twice_as_long_has_twice_the_times_and_the_same_shares(seed, factor):
    def slow(ns):
        return None if ns is None else ns * factor

    def longer(one: Pass) -> Pass:
        sample = one.sample._replace(wall_ns=one.sample.wall_ns * factor, wait_ns=slow(one.sample.wait_ns))
        return one._replace(sample=sample, nodes=one.nodes and tuple(map(slow, one.nodes)))

    told = three(rounds=8, seed=seed)
    other = [one._replace(passes=tuple(map(longer, one.passes)), timer_ns=one.timer_ns * factor) for one in told]
    (plain, layers), (plain2, layers2) = values(run(*told)), values(run(*other))
    assert plain2[:2] == pytest.approx([value * factor for value in plain[:2]])
    assert plain2[2:] == pytest.approx(plain[2:])
    assert [share for _, share in layers2] == pytest.approx([share for _, share in layers])
    assert [time for time, _ in layers2] == pytest.approx([time * factor for time, _ in layers])


@given(st.integers(1, 1000), st.randoms(use_true_random=False))
def test_the_order_of_rounds_and_of_processes_changes_nothing(seed, draw):
    told = three(rounds=8, seed=seed)

    def shuffled(one):
        rounds = [one.passes[at : at + 3] for at in range(0, len(one.passes), 3)]
        draw.shuffle(rounds)
        return one._replace(passes=tuple(each for some in rounds for each in draw.sample(some, 3)))

    other = [shuffled(one) for one in told]
    draw.shuffle(other)
    assert values(run(*other)) == values(run(*told))


@given(st.integers(0, 60), st.integers(1, 10**12))
def test_a_contaminated_pass_more_changes_no_value(place, wall):
    told = three(rounds=8)
    spoilt = tuple(one_pass(kind, wall_ns=wall, wait_ns=wall) for kind in (PLAIN, AGAIN, TIMED))
    at = place // 3 % 9 * 3
    more = told[0]._replace(passes=(*told[0].passes[:at], *spoilt, *told[0].passes[at:]))
    assert values(run(more, *told[1:])) == values(run(*told))


@given(st.integers(0, 10_000))
def test_layers_and_rest_make_the_whole_where_passes_are_alike(seed):
    draw = random.Random(seed)
    nodes = [draw.randrange(10_000, 10 * MS) for _ in NAMES]
    told = [
        one._replace(passes=tuple(one_pass(kind, nodes=nodes) for _ in range(6) for kind in (PLAIN, TIMED)))
        for one in three()
    ]
    found = run(*told).subjects[0]
    parts = sum(one.forward.value for one in found.layers) + found.rest.value
    assert parts == pytest.approx(found.total.value)
