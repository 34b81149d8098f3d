"""What a measuring process asks the system: counters, caches, cores, and the allocator it sets."""

import mmap
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from convcli.bench.allocator import SETTINGS, SYSTEM, TUNED, tune_malloc
from convcli.bench.caches import MOST, caches, flush_size
from convcli.bench.contamination import Counters, Counts
from convcli.bench.processor import cores, processor, quota
from convcli.bench.stopwatch import Host, timer_ns

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")


def system(root: Path, waits: dict[str, int], steal: int = 7) -> Counters:
    """Write what the kernel would, and return counters that read it."""
    (root / "stat").write_text(f"cpu  1 2 3 4 5 6 0 {steal} 0 0\ncpu0 1 2\n")
    for name, wait in waits.items():
        (root / "self" / "task" / name).mkdir(parents=True, exist_ok=True)
        (root / "self" / "task" / name / "schedstat").write_text(f"123456 {wait} 9\n")
    return Counters(str(root))


def test_waits_of_all_threads_and_ticks_of_other_guests_are_added_up(tmp_path) -> None:
    counters = system(tmp_path, {"1": 1000, "2": 20})
    assert (counters.waited(), counters.stolen()) == (1020, 7)
    before = counters.read()
    system(tmp_path, {"1": 1500, "3": 6}, steal=9)
    lost = counters.read().since(before)
    assert (lost["wait_ns"], lost["steal_ticks"]) == (506, 2)


def test_a_thread_that_ended_keeps_what_it_had_waited(tmp_path) -> None:
    counters = system(tmp_path, {"1": 1000, "2": 20})
    assert counters.waited() == 1020
    (tmp_path / "self" / "task" / "2" / "schedstat").unlink()
    (tmp_path / "self" / "task" / "2").rmdir()
    assert counters.waited() == 1020


def test_what_the_system_does_not_say_is_none(tmp_path) -> None:
    counters = Counters(str(tmp_path))
    assert (counters.waited(), counters.stolen()) == (None, None)
    assert Counts(None, 1, 2, None).since(Counts(None, 0, 0, 3)) == {
        "wait_ns": None, "switches": 1, "faults": 2, "steal_ticks": None,
    }  # fmt: skip


@LINUX
def test_this_system_counts() -> None:
    counters = Counters()
    before = counters.read()
    with mmap.mmap(-1, 64 << 20) as pages:  # pages that this process cannot have had before
        for place in range(0, len(pages), 1 << 12):
            pages[place] = 1
    after = counters.read()
    assert after.faults > before.faults
    assert after.wait_ns is None or after.wait_ns >= (before.wait_ns or 0)


@LINUX
def test_threads_that_come_and_go_do_not_make_time_run_backwards() -> None:
    counters, found = Counters(), []
    for _ in range(5):
        thread = threading.Thread(target=lambda: sum(range(10**5)))
        thread.start()
        found.append(counters.waited() or 0)
        thread.join()
        found.append(counters.waited() or 0)
    assert found == sorted(found)


# ---- allocator


def test_the_allocator_is_told_all_settings() -> None:
    heard: list[tuple[int, int]] = []
    assert tune_malloc(SimpleNamespace(mallopt=lambda *setting: heard.append(setting) or 1)) == TUNED
    assert tuple(heard) == SETTINGS


def test_an_allocator_that_refuses_is_the_systems() -> None:
    assert tune_malloc(SimpleNamespace(mallopt=lambda *_: 0)) == SYSTEM


# ---- processor and caches


def test_the_processor_is_what_the_system_calls_it(tmp_path) -> None:
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name : Some CPU @ 2 GHz\nmodel\t: 143\nstepping : 8\n")
    found = processor(str(tmp_path / "cpuinfo"))
    assert (found["cpu"], found["cpu_model"], found["cpu_stepping"], found["microcode"]) == (
        "Some CPU @ 2 GHz", "143", "8", None,
    )  # fmt: skip
    assert processor(str(tmp_path / "nothing"))["cpu"]


@pytest.mark.parametrize(("text", "cores_worth"), [("max 100000", None), ("150000 100000", 1.5), ("", None)])
def test_a_quota_is_cores_worth_of_time(tmp_path, text: str, cores_worth: float | None) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert quota(str(tmp_path)) == cores_worth


def test_an_older_control_group_has_a_quota_too(tmp_path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("50000")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert quota(str(tmp_path)) == 0.5
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1")
    assert quota(str(tmp_path)) is None


def test_cores_are_those_that_this_process_may_have() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_caches_are_read_by_level_without_those_of_instructions(tmp_path) -> None:
    for at, (level, kind, size) in enumerate([
        ("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2048K"), ("3", "Unified", "480M"),
    ]):  # fmt: skip
        place = tmp_path / f"index{at}"
        place.mkdir()
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (place / name).write_text(text + "\n")
    found = caches(str(tmp_path))
    assert found == {"L1": 48 << 10, "L2": 2 << 20, "L3": 480 << 20}
    assert flush_size(found) == MOST
    assert (flush_size({}), flush_size({"L2": 40 << 20, "L3": 50 << 20})) == (MOST, 80 << 20)


# ---- the stopwatch


def test_a_flush_is_in_no_time() -> None:
    flushed: list[int] = []

    def flush() -> None:
        flushed.append(1)
        sum(range(10**6))

    watch = Host(flush)
    start = watch.mark()
    marks = [watch.before(), watch.before(), watch.before()]
    assert len(flushed) == 3
    assert watch.ns(start, marks[-1]) < watch.lost / 3
    assert marks == sorted(marks)


def test_a_device_that_works_on_its_own_is_waited_for_at_each_mark() -> None:
    waited: list[int] = []
    watch = Host(wait=lambda: waited.append(1))
    watch.mark()
    watch.before()
    watch.end()
    assert (len(waited), watch.watches_layers) == (3, False)


def test_a_pair_of_timestamps_takes_some_time() -> None:
    assert 0 < timer_ns() < 100_000
