"""What a measuring process is told, and what it tells: one JSON object a line, on its standard input and output.

A job goes in; the process answers with events, in this order:

    {"event": "ready", "pid": 1, "seed": 0, "environment": {"blocking": {}, "informative": {}}, "timer_ns": 70}
    {"event": "progress", "done": 0.2, "doing": "layer1.0.conv1"}                 now and then, from here on
    {"event": "warm", "subject": "network", "first_pass_ns": 1, "passes": 4, "notes": ["constant"]}
                                                                                  once a subject; `record.NOTES`
    {"event": "round", "passes": [{"subject": "network", "kind": "timed", ...}]}  each round, in the order it ran
    {"event": "memory", "subject": "network", "peak_bytes": 1}                    once a subject, where it can be known
    {"event": "end", "why": "seconds"}                                            or "precise", "steady"

or, where it cannot go on,

    {"event": "failed", "kind": "memory", "message": "...", "help": "...", "layer": "conv1"}   help, layer: or null

What was told before a failure, or before the process died, still counts.
"""

from collections.abc import Mapping
from typing import Any

from convcli.record import Record

INFERENCE, BACKWARD, STEP = "inference", "backward", "step"
"""What a pass is: forward without gradients; forward and backward; these and a step of the optimiser."""

PLAIN, AGAIN, TIMED = "plain", "again", "timed"
"""Kinds of passes: the network as it is; the same once more (A/A); with two timestamps for each layer."""

NOT_ENOUGH_MEMORY, UNSUPPORTED, MOVED, DISAGREES, BROKEN = "memory", "unsupported", "moved", "disagrees", "error"
"""Kinds of failures: out of memory, not on this device or in this type, not the network of the parent, a number of
ours that is not torch's, all else."""


class Config(Record):
    """How a network runs.

    Attributes:
        device: as torch calls it, "cpu", "cuda:1", "mps".
        dtype: of weights and inputs, "float32".
        amp: mixed precision: `dtype` is that of the weights, autocast chooses the others.
        channels_last: whether weights and inputs lie channels last.
        mode: `INFERENCE`, `BACKWARD` or `STEP`.
        optimizer: "sgd", "momentum", "adam" or "adamw", for a `STEP`.
        compile: whether `torch.compile` has it; the whole network only.
        cuda_graph: whether a captured graph is replayed; the whole network only.
    """

    device: str = "cpu"
    dtype: str = "float32"
    amp: bool = False
    channels_last: bool = False
    mode: str = INFERENCE
    optimizer: str | None = None
    compile: bool = False
    cuda_graph: bool = False


class Subject(Record):
    """A network that is measured.

    Attributes:
        name: "network", "channels last", "compiled", "a", "b"; ratios are to the first of a job.
        model: the arguments of `running.ask.graph_for`, by name: the model and its options, plain values.
        fingerprint: that of the parent's graph; another one is a file that changed meanwhile.
        config: how it runs.
        timed: whether its layers are timed too.
        again: whether its plain pass runs twice in each round.
    """

    name: str
    model: Mapping[str, Any]
    fingerprint: str
    config: Config
    timed: bool = True
    again: bool = False


class Job(Record):
    """What one process does.

    Attributes:
        subjects: passes of all of them take turns, in random order in each round.
        seconds: how long rounds go on, at most, or three times as long while there are too few clean
            passes; warm-up is apart, and at most a quarter of it.
        precision: rounds end when the interval of the first subject's median is narrower, relative to it.
        threads: for torch, None for its own number.
        seed: for weights, inputs and the order of passes.
        tuned_malloc: whether glibc's allocator keeps what is freed.
        cold: whether caches are flushed before each layer.
        init: how weights begin, as for `build`.
        verify: whether the static numbers are held against torch before anything is timed.
    """

    subjects: tuple[Subject, ...]
    seconds: float = 2.0
    precision: float = 0.005
    threads: int | None = None
    seed: int = 0
    tuned_malloc: bool = True
    cold: bool = False
    init: str | None = None
    verify: bool = False


class Sample(Record):
    """One pass, or `repeat` of them in a row: nanoseconds, and what else happened meanwhile.

    Attributes:
        wall_ns: by the clock, for all of `repeat`; on a GPU with the wait for its end.
        wait_ns: how long threads of this process waited for a core; None where the system does not say.
        switches: involuntary context switches.
        faults: minor page faults.
        steal_ticks: what other guests of the machine took; None where the system does not say.
        repeat: how many passes are in it.
        device_ns: between events on the GPU, None elsewhere.
        throttled: whether the GPU reports that it is slowed down.
    """

    wall_ns: int
    wait_ns: int | None = None
    switches: int = 0
    faults: int = 0
    steal_ticks: int | None = None
    repeat: int = 1
    device_ns: int | None = None
    throttled: bool = False


class Pass(Record):
    """What a pass tells.

    Attributes:
        subject: whose it is.
        kind: `PLAIN`, `AGAIN` or `TIMED`.
        sample: the whole.
        phases: nanoseconds of forward, backward and optimiser, as far as the mode has them.
        nodes: nanoseconds of each layer forward, in the graph's order, the mean of `repeat` passes;
            None if not `TIMED`.
        backward_nodes: the same backward, None for a layer without; None if nothing is timed.
    """

    subject: str
    kind: str
    sample: Sample
    phases: tuple[int, ...] = ()
    nodes: tuple[int, ...] | None = None
    backward_nodes: tuple[int | None, ...] | None = None


def job_line(job: Job) -> str:
    """Write a job."""
    import json

    fields = job.as_dict() | {
        "subjects": [one.as_dict() | {"config": one.config.as_dict()} for one in job.subjects],
    }
    return json.dumps(fields)


def read_job(line: str) -> Job:
    """Read what `job_line` has written."""
    import json

    fields = json.loads(line)
    subjects = tuple(Subject(**{**one, "config": Config(**one["config"])}) for one in fields.pop("subjects"))
    return Job(subjects=subjects, **fields)


def pass_dict(one: Pass) -> dict[str, Any]:
    """Return a pass as a plain dictionary."""
    return one.as_dict() | {"sample": one.sample.as_dict()}


def read_pass(fields: Mapping[str, Any]) -> Pass:
    """Read what `pass_dict` has written."""
    return Pass(
        fields["subject"], fields["kind"], Sample(**fields["sample"]), tuple(fields["phases"]),
        _tuple(fields["nodes"]), _tuple(fields["backward_nodes"]),
    )  # fmt: skip


def _tuple(values: Any) -> Any:
    return None if values is None else tuple(values)
