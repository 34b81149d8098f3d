"""How a run is wanted, checked before anything is started."""

from collections.abc import Mapping
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.record import Record
from convcli.timing.protocol import BACKWARD, INFERENCE, STEP, Config, Job, Subject

PROCESSES, SECONDS = 3, 2.0
"""How many processes are started one after another, and how long each measures."""

PAIR_PROCESSES = 5
"""How many for two networks that are compared: what differs between processes is their noise."""

NETWORK, OTHER_LAYOUT, COMPILED, GRAPH = "network", "other layout", "compiled", "CUDA graph"
"""Names of subjects: the network as it is wanted, and whole passes of it beside that."""

AUTO = "auto"
DEVICES = (AUTO, "cpu", "cuda", "mps")
LONGEST = 3600.0
MOST_THREADS = 4096


class Run(Record):
    """How a network is timed; `Run()` is inference on the CPU, in three processes of two seconds.

    Attributes:
        device: "cpu", "cuda", "cuda:1", "mps", or "auto" for the best that is there.
        channels_last: lay weights and inputs channels last.
        both_layouts: measure whole passes in the other layout too.
        backward: time forward and backward, in training mode.
        step: time forward, backward and a step of the optimiser.
        compile: measure whole passes under `torch.compile` too.
        cuda_graph: measure replays of a CUDA graph too.
        threads: how many threads torch uses; None for its own number.
        seconds: how long each process measures, at most.
        quick: one process of a second: fast, and its spread is not to be trusted.
        cold: flush the caches before each layer.
        init: how weights begin, as for `build`.
        seed: for weights, inputs and the order of passes.
        malloc: "tuned" lets glibc keep what is freed, "system" leaves it alone.

    Example:
        >>> Run(backward=True, threads=1).mode
        'backward'
    """

    device: str = "cpu"
    channels_last: bool = False
    both_layouts: bool = False
    backward: bool = False
    step: bool = False
    compile: bool = False
    cuda_graph: bool = False
    threads: int | None = None
    seconds: float | None = None
    quick: bool = False
    cold: bool = False
    init: str | None = None
    seed: int = 0
    malloc: str = "tuned"

    @property
    def mode(self) -> str:
        """What a pass is."""
        return STEP if self.step else BACKWARD if self.backward else INFERENCE

    @property
    def processes(self) -> int:
        """How many processes are started."""
        return 1 if self.quick else PROCESSES

    def config(self, dtype: str, optimizer: str, *, amp: bool) -> Config:
        """Return how the network runs."""
        return Config(
            self.device, dtype, amp, self.channels_last, self.mode, optimizer if self.step else None,
        )  # fmt: skip

    def subjects(self, model: Mapping[str, Any], fingerprint: str, config: Config) -> tuple[Subject, ...]:
        """Return the network, and what is measured beside it."""
        found = [Subject(NETWORK, model, fingerprint, config, again=True)]
        others = {
            OTHER_LAYOUT: config._replace(channels_last=not config.channels_last) if self.both_layouts else None,
            COMPILED: config._replace(compile=True) if self.compile else None,
            GRAPH: config._replace(cuda_graph=True) if self.cuda_graph else None,
        }
        found += [Subject(name, model, fingerprint, one, timed=False) for name, one in others.items() if one]
        return tuple(found)

    def job(self, subjects: tuple[Subject, ...], number: int) -> Job:
        """Return what process `number` is to do; each has a seed of its own, and the first verifies."""
        seconds = self.seconds or (SECONDS / 2 if self.quick else SECONDS)
        return Job(
            subjects, seconds, threads=self.threads, seed=self.seed + number, tuned_malloc=self.malloc == "tuned",
            cold=self.cold, init=self.init, verify=number == 0,
        )  # fmt: skip


def expect_runnable(run: Run) -> None:
    """Refuse what no process could do.

    Raises:
        ConvcliError: an option has no such value, or contradicts another.
    """
    if not (run.device.partition(":")[0] in DEVICES and run.device.rpartition(":")[2]):
        help = suggestion(run.device, DEVICES, "the devices are: cpu, cuda, cuda:1, mps, auto")
        raise _wrong(f"there is no device `{run.device}`", help)
    if run.seconds is not None and not 0 < run.seconds <= LONGEST:
        raise _wrong(
            f"a process measures for up to {LONGEST:.0f} seconds, found {run.seconds:g}", "write `--seconds 5`"
        )
    if run.threads is not None and not 1 <= run.threads <= MOST_THREADS:
        raise _wrong(f"torch takes 1 to {MOST_THREADS} threads, found {run.threads}", "leave `--threads` out")
    if run.malloc not in ("tuned", "system"):
        raise _wrong(f"there is no allocator `{run.malloc}`", "it is `tuned` or `system`")
    if run.cuda_graph and run.device.partition(":")[0] in ("cpu", "mps"):
        raise _wrong(f"a CUDA graph needs a GPU, and the device is `{run.device}`", "write `--device cuda`")
    if run.cuda_graph and run.mode != INFERENCE:
        raise _wrong("a CUDA graph is measured at inference only", "leave out `--backward` and `--optimizer`")


def _wrong(message: str, help: str) -> ConvcliError:
    return ConvcliError([Diagnostic("CV053", message, help=help)])
