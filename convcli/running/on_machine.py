"""What a run is held against: this machine's ceilings, and what was to be expected of each layer."""

import json
import sys
from typing import Any

from convcli.graph import Graph
from convcli.machine.predict import predict
from convcli.record import Record
from convcli.report import Report
from convcli.running.processes import fresh
from convcli.timing.checked import Place, Unfit
from convcli.timing.protocol import INFERENCE, Config
from convcli.timing.record import Calibration, Ceilings, Predicted
from convcli.timing.written import calibration_dict, ceilings_dict, read_calibration, read_ceilings

START = "from convcli.running.on_machine import tell; tell()"
"""What the process runs that measures."""

LONGEST = 12.0
"""Seconds after which it is given up."""


class OnMachine(Record):
    """Ceilings, and what they say of a network; the fields are those of `Timings`, None where nothing is known."""

    ceilings: Ceilings | None = None
    predictions: tuple[Predicted, ...] | None = None
    whole: Predicted | None = None


def on_machine(
    graph: Graph, report: Report, config: Config, *, threads: int | None = None, tuned: bool = True, quick: bool = False
) -> OnMachine:
    """Return the ceilings of the machine on which a network has just run, and what they say of each layer.

    They are measured, or those that are kept are checked, in a fresh process: it takes two seconds, and
    four where nothing is kept. There are predictions where the run was inference without autocast, and
    glibc's allocator is `tuned`, as it is while calibrating. A `quick` one takes what is kept, unchecked.
    """
    known = _kept(config, threads) if quick else _asked(config, threads)
    if known is None:
        return OnMachine()
    ceilings, calibration = known
    if ceilings.reason is not None:
        return OnMachine(ceilings)
    if not tuned or config.mode != INFERENCE or config.amp or (calibration and calibration.reason):
        calibration = None
    return OnMachine(ceilings, *predict(graph, report, ceilings, calibration, channels_last=config.channels_last))


def _kept(config: Config, threads: int | None) -> tuple[Ceilings, Calibration | None] | None:
    from convcli.bench.machine import key_for
    from convcli.machine import stored

    key = key_for(config.device, threads)
    ceilings = stored.read_ceilings(key)
    if ceilings is None:
        return None
    return ceilings, stored.read_calibration(key, config.dtype, channels_last=config.channels_last)


def _asked(config: Config, threads: int | None) -> tuple[Ceilings, Calibration | None] | None:
    """Ask a fresh process; None where it has no answer."""
    from subprocess import DEVNULL, PIPE, TimeoutExpired, run

    question = json.dumps({"config": config.as_dict(), "threads": threads})
    command = fresh(START)
    try:
        done = run(  # noqa: S603  our own
            command, input=question, stdout=PIPE, stderr=DEVNULL, encoding="utf-8", timeout=LONGEST, check=False
        )
        answer = Place(json.loads(done.stdout.strip().rpartition("\n")[2]), "answer")
        return read_ceilings(answer.get("ceilings")), answer.get("calibration").maybe(read_calibration)
    except (TimeoutExpired, ValueError, Unfit):
        return None


def tell() -> None:
    """Answer the question of standard input on standard output."""
    from convcli.bench.allocator import tune_malloc
    from convcli.bench.known import checked_now
    from convcli.bench.machine import key_for
    from convcli.bench.torch_or_not import find_torch

    question = json.loads(sys.stdin.readline())
    config, threads = Config(**question["config"]), question["threads"]
    tune_malloc()
    torch = find_torch()
    torch.set_flush_denormal(True)
    if threads is not None:
        torch.set_num_threads(threads)
    ceilings, calibration = checked_now(torch, key_for(config.device, threads), config)
    answer: dict[str, Any] = {"ceilings": ceilings_dict(ceilings), "calibration": None}
    if calibration is not None:
        answer["calibration"] = calibration_dict(calibration)
    sys.stdout.write(json.dumps(answer) + "\n")
