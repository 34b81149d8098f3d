"""Rounds of passes end when there is enough of them: with a clock that is handed in, and no torch."""

from collections import Counter
from typing import Any

import pytest

from convcli.bench.progress import EVERY, Progress
from convcli.bench.rounds import LONGEST, PRECISE, SECONDS, STEADY, Rounds
from convcli.timing.protocol import AGAIN, PLAIN, TIMED, Config, Job, Pass, Sample, Subject

MS = 1_000_000


class Clock:
    """A clock that passes move on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Fake:
    """A subject whose passes take what a list says, and the last of it from then on."""

    def __init__(self, clock: Clock, *times: int, name: str = "network", again=True, timed=True, **sample) -> None:
        self.clock, self.times, self.name, self.again, self.timed = clock, list(times), name, again, timed
        self.sample = {"wait_ns": 0} | sample
        self.ran: list[tuple[str, int]] = []

    def run(self, kind: str, repeat: int = 1) -> Pass:
        self.ran.append((kind, repeat))
        ns = (self.times.pop(0) if len(self.times) > 1 else self.times[0]) * repeat
        self.clock.now += ns / 1e9
        return Pass(self.name, kind, Sample(ns, repeat=repeat, **self.sample))

    def check(self) -> tuple[str, ...]:
        return ("constant",)


def job(**options: Any) -> Job:
    return Job((Subject("network", {}, "", Config()),), **options)


def run(*runners: Fake, **options: Any) -> tuple[list[dict[str, Any]], str]:
    """Return what is told, and why it ends."""
    told: list[dict[str, Any]] = []
    rounds = Rounds(runners, job(**options), Progress(told.append, runners[0].clock))
    rounds.warm_up()
    return told, rounds.measure()


def rounds_of(told: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    return [[(one["subject"], one["kind"]) for one in event["passes"]] for event in told if event["event"] == "round"]


def jittered(clock: Clock, *, by: float = 0.1, **options: Any) -> Fake:
    return Fake(clock, *[round(10 * MS * (1 + by * (at * 7 % 11 - 5) / 5)) for at in range(5000)], **options)


def test_events_come_in_the_order_of_the_protocol() -> None:
    told, why = run(Fake(Clock(), 100 * MS), seconds=0.5)
    assert [event["event"] for event in told] == ["progress", "warm", *["round", "progress"] * 5]
    assert why == SECONDS


def test_what_is_wrong_with_outputs_is_told_once_they_are_known() -> None:
    assert run(Fake(Clock(), 10 * MS))[0][1]["notes"] == ["constant"]


def test_warming_up_goes_on_until_three_passes_in_a_row_are_near_the_median() -> None:
    told, _ = run(Fake(Clock(), 50 * MS, 20 * MS, 10 * MS), seconds=10.0)
    assert (told[1]["subject"], told[1]["first_pass_ns"], told[1]["passes"]) == ("network", 50 * MS, 5)


def test_warming_up_takes_a_quarter_of_the_time_at_most() -> None:
    unsteady = Fake(Clock(), *[10 * MS, 30 * MS] * 1000)
    told, _ = run(unsteady, seconds=1.0)
    assert told[1]["passes"] <= 14


def test_a_first_pass_that_compiles_takes_no_time_from_warming_up() -> None:
    told, _ = run(Fake(Clock(), 60_000 * MS, 20 * MS, 10 * MS), seconds=1.0)
    assert told[1]["passes"] == 5


def test_a_round_has_each_kind_of_each_subject_once_and_orders_differ() -> None:
    clock = Clock()
    told, _ = run(jittered(clock), jittered(clock, name="other", again=False, timed=False), seconds=2.0)
    found = rounds_of(told)
    expected = {("network", PLAIN), ("network", AGAIN), ("network", TIMED), ("other", PLAIN)}
    assert all(set(one) == expected and len(one) == 4 for one in found)
    assert len(set(map(tuple, found))) > 5


def test_another_seed_is_another_order_and_the_same_seed_the_same() -> None:
    first, again, other = (rounds_of(run(jittered(Clock()), seconds=1.0, seed=seed)[0]) for seed in (1, 1, 2))
    assert first == again != other


def test_rounds_end_early_when_the_median_is_known_well_enough() -> None:
    told, why = run(jittered(Clock(), by=0.001), seconds=10.0)
    assert (why, len(rounds_of(told))) == (PRECISE, 20)


def test_rounds_end_early_when_more_of_them_do_not_help() -> None:
    getting_slower = Fake(Clock(), *[round(10 * MS * (1 + at / 1000)) for at in range(5000)])
    told, why = run(getting_slower, seconds=1000.0, precision=1e-9)
    assert (why, len(rounds_of(told))) == (STEADY, 60)


def test_rounds_end_when_the_time_is_over() -> None:
    clock = Clock()
    _, why = run(jittered(clock), seconds=0.6, precision=1e-9)
    assert why == SECONDS
    assert clock.now == pytest.approx(0.6, abs=0.25)


def test_slow_passes_get_more_time_until_there_are_as_many_as_are_needed() -> None:
    told, why = run(Fake(Clock(), 500 * MS), seconds=3.0)
    assert (why, len(rounds_of(told))) == (SECONDS, 5)


def test_where_no_pass_is_clean_rounds_end_all_the_same() -> None:
    clock = Clock()
    told, why = run(Fake(clock, 100 * MS, wait_ns=50 * MS), seconds=1.0)
    assert (why, len(rounds_of(told))) == (SECONDS, 10)
    assert clock.now <= LONGEST + 1


def test_long_passes_get_as_many_rounds_as_are_needed_if_any_of_them_is_clean() -> None:
    assert len(rounds_of(run(Fake(Clock(), 1000 * MS), seconds=1.0)[0])) == 5
    assert len(rounds_of(run(Fake(Clock(), 1000 * MS, wait_ns=500 * MS), seconds=1.0)[0])) == 1
    assert len(rounds_of(run(Fake(Clock(), 5000 * MS), seconds=1.0)[0])) == 2


def test_short_passes_are_timed_many_in_a_row() -> None:
    runner = Fake(Clock(), 20_000)
    run(runner, seconds=0.1)
    assert Counter(runner.ran[-3:]) == {(PLAIN, 50): 1, (AGAIN, 50): 1, (TIMED, 50): 1}


def test_progress_never_goes_back_and_is_not_told_all_the_time() -> None:
    clock = Clock()
    told, _ = run(jittered(clock), jittered(clock, name="other"), seconds=1.0)
    done = [event["done"] for event in told if event["event"] == "progress"]
    assert done == sorted(done)
    assert 0 <= done[0] <= done[-1] <= 1
    assert len(done) <= clock.now / EVERY + 1
