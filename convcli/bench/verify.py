"""Every static number held against torch: a network is built, run and differentiated, call by call.

Two runs. One on the meta device, which computes nothing: sizes, types, weights, and what torch's
`FlopCounterMode` counts. One for real, in training: what autograd saves, and the gradient of each weight.
Receptive fields, where they are asked for, have a run of their own (see `receptive_field`).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import Any
from warnings import catch_warnings, simplefilter

from convcli.bench.inputs import make_inputs
from convcli.bench.network import build_network, step
from convcli.bench.plan import buffers_of, last_uses, weights_of
from convcli.bench.receptive_field import compare
from convcli.bench.training import refused_in_training
from convcli.graph import Graph, Node
from convcli.memory.trace import asked_results
from convcli.record import Record
from convcli.report import LayerReport, Report

Progress = Callable[[float], None]

OUTPUT, TYPE, WEIGHTS, BUFFERS, PARAMS, FLOPS, SAVED, GRADIENTS = (
    "output size", "type", "weights", "buffers", "parameters", "FLOPs", "saved bytes", "gradients",
)  # fmt: skip
KINDS = (OUTPUT, TYPE, WEIGHTS, BUFFERS, PARAMS, FLOPS, SAVED, GRADIENTS)
FIELDS = "receptive field"
"""What is compared only where it was asked for."""


class Disagreement(Record):
    """A number of ours that is not torch's."""

    layer: str
    kind: str
    ours: str
    theirs: str


class Verification(Record):
    """What came of holding a network against torch.

    Attributes:
        network: its name.
        torch: the version.
        layers: how many there are.
        batch: the batch with which it ran.
        checked: for each kind of number how many were compared.
        skipped: for each kind why some were not, and in which layers.
        disagreements: what differs.
        gradients: the shape of each gradient after backward, by its layer's and its own name.
    """

    network: str
    torch: str
    layers: int
    batch: int
    checked: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[str, str, tuple[str, ...]], ...]
    disagreements: tuple[Disagreement, ...]
    gradients: tuple[tuple[str, str, tuple[int, ...]], ...]

    @property
    def good(self) -> bool:
        """Whether all numbers are torch's."""
        return not self.disagreements


def verify(
    torch: Any,
    graph: Graph,
    report: Report,
    *,
    seed: int = 0,
    training: bool = True,
    receptive_field: bool = False,
    progress: Progress = lambda _: None,
) -> Verification:
    """Hold every number of a report against torch; `graph` is what the report is of.

    Without `training` nothing is computed, and neither saved bytes nor gradients are compared.
    """
    check = _Check(torch, graph, report)
    parts = [check.without_computing]
    parts += [check.in_training] * training + [check.receptive_fields] * receptive_field
    with torch.random.fork_rng(devices=[]), catch_warnings():
        simplefilter("ignore")  # what torch has to say of a layer is not what was asked for
        torch.manual_seed(seed)
        for at, part in enumerate(parts):
            part(partial(_further, progress, at, len(parts)))
    kinds = (*KINDS, FIELDS) if receptive_field else KINDS
    checked = tuple((kind, check.checked[kind]) for kind in kinds)
    skipped = tuple((kind, why, tuple(names)) for (kind, why), names in check.skipped.items())
    return Verification(
        report.name, str(torch.__version__), len(graph.nodes), report.batch, checked, skipped, tuple(check.found),
        tuple(check.gradients),
    )  # fmt: skip


class _Check:
    def __init__(self, torch: Any, graph: Graph, report: Report) -> None:
        self.torch, self.graph, self.report = torch, graph, report
        self.found: list[Disagreement] = []
        self.checked = dict.fromkeys((*KINDS, FIELDS), 0)
        self.gradients: list[tuple[str, str, tuple[int, ...]]] = []
        self.skipped: dict[tuple[str, str], list[str]] = {}

    def compare(self, layer: str, kind: str, ours: Any, theirs: Any) -> None:
        self.checked[kind] += 1
        if ours != theirs:
            self.found.append(Disagreement(layer, kind, _text(ours), _text(theirs)))

    def skip(self, layer: str, kind: str, why: str) -> None:
        self.skipped.setdefault((kind, why), []).append(layer)

    # ---- sizes, weights and FLOPs, on the meta device

    def without_computing(self, progress: Progress) -> None:
        from torch.utils.flop_counter import FlopCounterMode

        network = build_network(self.torch, self.graph, device="meta").eval()
        inputs = make_inputs(self.torch, self.graph, "meta")

        def run(node: Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
            counter = FlopCounterMode(display=False)
            with counter:
                results = step(self.torch, network, node, tensors)
            self.compare_flops(node, counter.get_total_flops())
            return results

        with self.torch.no_grad():
            for at, (node, row, results) in enumerate(self.walk(run, inputs)):
                self.compare_sizes(node, row, results)
                if node.module is not None and node.call == 1:
                    self.compare_weights(node, row, network)
                progress((at + 1) / len(self.graph.nodes))

    def compare_sizes(self, node: Node, row: LayerReport, results: Sequence[Any]) -> None:
        sizes = tuple(tuple(one.shape) for one in results if one is not None)
        kinds = tuple(str(one.dtype).removeprefix("torch.") for one in results if one is not None)
        self.compare(node.name, OUTPUT, row.output_shapes, sizes)
        self.compare(node.name, TYPE, node.answer.dtypes if node.answer else (), kinds)

    def compare_weights(self, node: Node, row: LayerReport, network: Any) -> None:
        weights = {name: tuple(weight.shape) for name, weight in weights_of(self.torch, network, node).items()}
        buffers = {name: tuple(buffer.shape) for name, buffer in buffers_of(self.torch, network, node).items()}
        self.compare(node.name, WEIGHTS, dict(node.op.weights()), weights)
        self.compare(node.name, BUFFERS, dict(node.op.buffers()), buffers)
        self.compare(node.name, PARAMS, row.params, sum(map(prod, weights.values())))

    def compare_flops(self, node: Node, theirs: int) -> None:
        macs = node.answer.macs if node.answer else 0
        if macs and not theirs:
            self.skip(node.name, FLOPS, "torch's counter does not know it")
        else:
            self.compare(node.name, FLOPS, 2 * macs, theirs)

    # ---- what is saved, and gradients, for real

    def in_training(self, progress: Progress) -> None:
        network = build_network(self.torch, self.graph).train()
        inputs = make_inputs(self.torch, self.graph)
        apart = {_storage(tensor) for tensor in (*network.parameters(), *network.buffers())}
        seen: dict[int, Any] = {}
        rows: dict[str, int] = {}
        asked = asked_results(self.graph)

        def run(node: Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
            new: list[Any] = []

            def pack(tensor: Any) -> Any:
                storage = _storage(tensor)
                if storage not in apart and storage not in seen:
                    seen[storage] = tensor.detach()  # held, so that no other tensor gets its place
                    new.append(tensor)
                return tensor.detach() if tensor.requires_grad else tensor

            with self.torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), refused_in_training(node):
                results = step(self.torch, network, node, tensors, asked.get(len(rows)))
            rows[node.name] = sum(tensor.untyped_storage().nbytes() for tensor in new)
            return results

        outputs = self.outputs(run, inputs, progress)
        for node, row in zip(self.graph.nodes, self.report.layers, strict=True):
            if row.saved_bytes is None:
                self.skip(node.name, SAVED, "its memory is not known")
            else:
                self.compare(node.name, SAVED, row.saved_bytes, rows[node.name])
        self.compare_gradients(network, outputs)

    def outputs(self, run: Any, inputs: list[Any], progress: Progress) -> list[Any]:
        """Run all calls, and return what flows out."""
        wanted, found = set(self.graph.outputs), {}
        for at, (_, _, results) in enumerate(self.walk(run, inputs)):
            found.update({(at, number): one for number, one in enumerate(results) if (at, number) in wanted})
            progress((at + 1) / len(self.graph.nodes))
        return list(found.values())

    def compare_gradients(self, network: Any, outputs: list[Any]) -> None:
        losses = [one.float().sum() for one in outputs if one is not None and one.requires_grad]
        if losses:
            sum(losses).backward()
        reached = self.reached()
        for at, node in enumerate(self.graph.nodes):
            if node.module is None or node.call != 1 or not node.op.weights():
                continue
            for name, weight in weights_of(self.torch, network, node).items():
                if not weight.requires_grad:
                    continue
                if weight.grad is None:
                    why = "no output depends on it" if at not in reached else "no gradient reaches it"
                    self.skip(f"{node.name}.{name}".rstrip("."), GRADIENTS, why)
                else:
                    self.gradients.append((node.name, name, tuple(weight.grad.shape)))
                    self.compare(node.name, GRADIENTS, node.op.weights()[name], tuple(weight.grad.shape))

    # ---- receptive fields

    def receptive_fields(self, progress: Progress) -> None:
        with self.torch.no_grad():
            for outcome in compare(self.torch, self.graph, self.report, progress):
                self.checked[FIELDS] += outcome.compared
                if outcome.skipped is not None:
                    self.skip(outcome.layer, FIELDS, outcome.skipped)
                self.found += [Disagreement(outcome.layer, FIELDS, *pair) for pair in outcome.differs]

    # ---- all

    def reached(self) -> set[int]:
        """Return the nodes that an output depends on."""
        found: set[int] = set()
        open_ = [at for at, _ in self.graph.outputs if at >= 0]
        while open_:
            at = open_.pop()
            if at not in found:
                found.add(at)
                open_.extend(maker for maker, _ in self.graph.nodes[at].inputs if maker >= 0)
        return found

    def walk(self, run: Any, inputs: list[Any]) -> Iterator[tuple[Node, LayerReport, tuple[Any, ...]]]:
        """Run all calls; tensors are let go after their last use."""
        alive: dict[tuple[int, int], Any] = {(-1 - number, 0): one for number, one in enumerate(inputs)}
        last = last_uses(self.graph)
        for at, (node, row) in enumerate(zip(self.graph.nodes, self.report.layers, strict=True)):
            results = run(node, [alive[tensor] for tensor in node.inputs])
            yield node, row, results
            alive.update({(at, number): one for number, one in enumerate(results)})
            for tensor in last[at]:
                alive.pop(tensor, None)


def _further(progress: Progress, at: int, count: int, done: float) -> None:
    """Tell how far all parts are, of which the one at `at` is as far as `done`."""
    progress((at + done) / count)


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)  # noqa: SLF001  the one name that a storage keeps


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
