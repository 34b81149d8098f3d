"""A network looked at with random numbers, and what the usual repairs would do to it, measured."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from convcli.analyse import analyse
from convcli.bench.inside.passing import Progress, pass_through
from convcli.bench.inside.record import Passed, Repair
from convcli.bench.inside.repairs import Change, with_norms, with_residuals
from convcli.bench.memory import free_bytes
from convcli.bench.network import build_network
from convcli.bench.weights import initialised
from convcli.diagnostics import ConvcliError
from convcli.graph import Graph
from convcli.human import bytes_
from convcli.report import Report

R = TypeVar("R", bound=Report)

KAIMING = "kaiming_normal"


def with_second(report: R) -> R:
    """Return a report whose training takes what the second batch, which runs beside it, takes too."""
    totals = report.totals
    return report._replace(totals=totals._replace(training_bytes=totals.training_bytes + totals.inference_peak_bytes))


def random_inputs(torch: Any, graph: Graph) -> list[Any]:
    """Make a batch of what flows in: normal random numbers, or indices that every table has."""
    tables = [node.op.values["num_embeddings"] for node in graph.nodes if "num_embeddings" in node.op.values]
    return [
        torch.randint(min(tables, default=1), made.shape) if made.dtype == "int64" else torch.randn(made.shape)
        for made in graph.inputs
    ]


def begun(torch: Any, graph: Graph, init: str | None, seed: int) -> Any:
    """Build a network whose weights begin as `init` says."""
    return initialised(torch, lambda: build_network(torch, graph), init, seed)


def look(
    torch: Any, graph: Graph, network: Any, *, seed: int, inputs: Sequence[Any] | None = None, **pass_options: Any
) -> Passed:
    """Run a network, on `inputs` or on normal random numbers; torch's generator stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        ours = random_inputs(torch, graph) if inputs is None else inputs
        theirs = random_inputs(torch, graph) if inputs is None else [one.roll(1, 0) for one in inputs]
        return pass_through(torch, graph, network, ours, theirs, **pass_options)


def repaired(
    torch: Any, graph: Graph, *, init: str | None, seed: int, inputs: Sequence[Any] | None, progress: Progress
) -> tuple[Repair, ...]:
    """Run a network with each of the usual repairs, from the same seed."""
    plans: list[tuple[str, str | None, Callable[[Graph], Change]]] = [
        (KAIMING, KAIMING, _as_it_is),
        ("batch norm", init, with_norms),
        ("residual", init, with_residuals),
    ]
    found = []
    for at, (name, start, change) in enumerate(plans):
        if start == init and change is _as_it_is:
            found.append(Repair(name, (), (), "weights begin so already", None))
            continue
        options = {"seed": seed, "inputs": inputs, "progress": _share(progress, at, len(plans))}
        found.append(_repair(torch, change(graph), name, start, options))
    return tuple(found)


def _share(progress: Progress, at: int, parts: int) -> Progress:
    return lambda done: progress((at + done) / parts)


def _as_it_is(graph: Graph) -> Change:
    return Change(graph, (), ())


def _repair(torch: Any, change: Change, name: str, init: str | None, options: dict[str, Any]) -> Repair:
    made = Repair(name, change.places, change.left, None, None)
    if change.graph is None:
        return made._replace(why="there is no layer to put it at")
    report = with_second(Report(*analyse(change.graph, receptive_fields=False)))
    needed, free = report.totals.training_bytes, free_bytes()
    if free is not None and needed > free:
        return made._replace(why=f"it needs {bytes_(needed)}, and {bytes_(free)} are free")
    try:
        network = begun(torch, change.graph, init, options["seed"])
        passed = look(torch, change.graph, network, **options)
    except ConvcliError as error:
        return made._replace(why=error.diagnostics[0].message)
    return made._replace(passed=passed)
