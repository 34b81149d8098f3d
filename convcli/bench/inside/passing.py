"""One pass through a network, forward and back, with a look at every layer.

Two batches go through it side by side, the second without gradients: what differs between their results is
the signal, whatever the axes of a tensor mean, and however large a constant part its biases make. The loss is
binary cross entropy of every output value with a random target, for the whole output of a sample, averaged
over the batch: its gradient by an output is about a half, whatever the weights are, and does not vanish with the
outputs, as that of their squares would; and it fits outputs of every shape.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from warnings import catch_warnings, simplefilter

from convcli.bench.inside.judge import gradient_verdict, signal_verdict
from convcli.bench.inside.record import Figures, Passed, Row, Weight
from convcli.bench.inside.statistics import difference, figures, norm, share_near
from convcli.bench.network import step
from convcli.bench.plan import last_uses, weights_of
from convcli.bench.training import refused_in_training
from convcli.graph import Graph, Node
from convcli.memory.trace import asked_results
from convcli.op import Operator

Progress = Callable[[float], None]
Watch = Callable[[str, Any], None]

BOUNDS = {
    "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0), "hardsigmoid": (0.0, 1.0), "relu6": (0.0, 6.0),
}  # fmt: skip
"""Functions with a bound on both sides, modules or not."""


def pass_through(
    torch: Any,
    graph: Graph,
    network: Any,
    inputs: Sequence[Any],
    others: Sequence[Any],
    *,
    bins: int = 0,
    watch: Watch = lambda _, __: None,
    progress: Progress = lambda _: None,
) -> Passed:
    """Run a network on two batches, in training, and look at values, signal and gradients.

    Args:
        torch: the package.
        graph: what the network computes.
        network: it, built.
        inputs: what flows in, and is looked at.
        others: a second batch of the same sizes, which layers may overwrite.
        bins: how many bins the histograms have; with 0 there are none, and weights are not looked at.
        watch: is shown each input, and the first result of each layer, by name and before anything overwrites it.
        progress: is told how much is done.
    """
    look = _Look(torch, graph, network.train(), bins)
    with catch_warnings():
        simplefilter("ignore")  # what torch has to say of a layer is not what was asked for
        outputs = look.forward(inputs, others, watch, lambda done: progress(done / 2))
        start = look.backward(outputs, lambda done: progress(0.5 + done / 2))
    rows = tuple(look.rows())
    return Passed(rows, signal_verdict(rows), gradient_verdict(rows, start))


class _Look:
    def __init__(self, torch: Any, graph: Graph, network: Any, bins: int) -> None:
        self.torch, self.graph, self.network, self.bins = torch, graph, network, bins
        self.seen: list[Row] = []
        self.gradients: dict[int, Figures] = {}

    def forward(self, inputs: Sequence[Any], others: Sequence[Any], watch: Watch, progress: Progress) -> list[Any]:
        """Run all calls on both batches, and return what flows out of the first."""
        torch, graph = self.torch, self.graph
        ours = {(-1 - at, 0): _differentiable(one) for at, one in enumerate(inputs)}
        theirs = {(-1 - at, 0): one for at, one in enumerate(others)}
        for at, made in enumerate(graph.inputs):
            row = Row(made.name, "", "", tuple(inputs[at].shape), False, None, None, None, None)
            self.look(row, None, ours[-1 - at, 0], theirs[-1 - at, 0])
            watch(made.name, inputs[at])
        asked, last, outputs = asked_results(graph), last_uses(graph), {}
        for at, node in enumerate(graph.nodes):
            state = torch.random.get_rng_state()
            with refused_in_training(node):
                results = step(torch, self.network, node, [ours[one] for one in node.inputs], asked.get(at))
                torch.random.set_rng_state(state)  # both lose the same in a dropout
                with torch.no_grad():
                    twins = step(torch, self.network, node, [theirs[one] for one in node.inputs], asked.get(at))
            self.look(_row(node, results[0]), node, results[0], twins[0])
            watch(node.name, results[0])
            for number, (one, twin) in enumerate(zip(results, twins, strict=True)):
                ours[at, number], theirs[at, number] = one, twin
                if (at, number) in graph.outputs:
                    outputs[at, number] = one
            for tensor in last[at]:
                ours.pop(tensor, None)
                theirs.pop(tensor, None)
            progress((at + 1) / len(graph.nodes))
        return [outputs[one] for one in graph.outputs if one in outputs]

    def look(self, row: Row, node: Node | None, ours: Any, theirs: Any) -> None:
        """Look at a tensor, and at its gradient when that comes."""
        if ours is not None and ours.is_floating_point():
            bounds = _bounds(node.op) if node else None
            row = row._replace(
                values=figures(self.torch, ours, self.bins),
                saturated=share_near(ours, *bounds) if bounds else None,
                signal=difference(self.torch, ours, theirs),
            )
            if ours.requires_grad:
                ours.register_hook(self._keeper(len(self.seen)))
        self.seen.append(row)

    def _keeper(self, at: int) -> Callable[[Any], None]:
        def keep(gradient: Any) -> None:
            self.gradients[at] = figures(self.torch, gradient, self.bins)
            self.progress(len(self.gradients) / len(self.seen))

        return keep

    def backward(self, outputs: Sequence[Any], progress: Progress) -> float | None:
        """Differentiate the loss, and return the norm of its gradient at the outputs; None where there is none."""
        self.progress = progress
        torch, losses, norms = self.torch, [], []
        for output in outputs:
            if output is None or not output.requires_grad:
                continue
            target = torch.randint(0, 2, output.shape).to(output.dtype)
            output.register_hook(lambda gradient: norms.append(norm(torch, gradient)))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(output, target, reduction="sum")
            losses.append(loss / self.graph.batch)
        if not losses:
            return None
        sum(losses).backward()
        return float(sum(one**2 for one in norms) ** 0.5)

    def rows(self) -> Iterator[Row]:
        """Give the rows with what came back."""
        inputs = len(self.graph.inputs)
        for at, row in enumerate(self.seen):
            weights = self.weights(self.graph.nodes[at - inputs]) if at >= inputs else ()
            yield row._replace(gradient=self.gradients.get(at), weights=weights)

    def weights(self, node: Node) -> tuple[Weight, ...]:
        """Return the weights of a layer at its first call."""
        if not self.bins or node.module is None or node.call != 1 or not node.op.weights():
            return ()
        named = weights_of(self.torch, self.network, node)
        return tuple(
            Weight(
                f"{node.module}.{name}".rstrip("."),
                figures(self.torch, weight, self.bins),
                None if weight.grad is None else figures(self.torch, weight.grad, self.bins),
            )
            for name, weight in named.items()
        )


def _differentiable(tensor: Any) -> Any:
    """Return a copy that gradients flow through, and that a layer may overwrite."""
    return tensor.clone().requires_grad_().clone() if tensor.is_floating_point() else tensor.clone()


def _row(node: Node, result: Any) -> Row:
    multiplies = bool(node.module is not None and node.answer and node.answer.macs and node.op.weights())
    shape = () if result is None else tuple(result.shape)
    return Row(node.name, node.op.name, node.op.text(), shape, multiplies, None, None, None, None)


def _bounds(op: Operator) -> tuple[float, float] | None:
    name = op.name.replace("_", "").lower()
    return (float(op.values["min_val"]), float(op.values["max_val"])) if name == "hardtanh" else BOUNDS.get(name)
