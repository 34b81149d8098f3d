"""From what was called to a graph: every call one of our operators, or one with its true results and unknown costs."""

from collections.abc import Iterable
from typing import Any

from convcli.aten.call import AT, Call, Ref, Traced, Weight, refs, weight_shape
from convcli.aten.loose import loose
from convcli.aten.made import Made, costed, unknown
from convcli.aten.table import ELSEWHERE, MACLESS, MOVES, PRODUCTS, TABLE
from convcli.diagnostics import Diagnostic, Refusal
from convcli.graph import Graph, Input, Node, Result
from convcli.op import Answer, Operator
from convcli.ops.catalogue import operator
from convcli.ops.held import held
from convcli.ops.opaque import opaque
from convcli.quantity import Shape, is_known, product
from convcli.source import Span

MADE = ("new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like", "full_like", "rand_like",
        "randn_like", "bernoulli")  # fmt: skip
"""Calls that take nothing of a tensor but its size."""
OTHER = (Refusal, LookupError, AttributeError, TypeError, ValueError, ArithmeticError)
"""What a translation raises of other arguments than it knows."""


def graph_from(traced: Traced, findings: tuple[Diagnostic, ...] = ()) -> Graph:
    """Make the graph of what was called; with an error in `findings` it has no outputs."""
    return _Builder(traced).graph(broken=any(found.level == "error" for found in findings))


class _Builder:
    """Makes nodes, call by call."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.nodes: list[Node] = []
        self.results: dict[int, Result] = {ref.id: (-1 - at, 0) for at, (_, ref) in enumerate(traced.inputs)}
        self.same: dict[int, Ref] = {}
        self.weights: dict[int, Weight] = {weight.ref.id: weight for weight in traced.weights}
        self.paths: dict[str, Ref] = {weight.path: weight.ref for weight in traced.weights}
        self.retyped: dict[tuple[int, tuple[str, ...]], tuple[Answer, Answer]] = {}
        self.frozen: dict[tuple[int, frozenset[str]], Operator] = {}
        self.counted: dict[str, int] = {}
        self.owned: dict[str, tuple[Operator, int]] = {}
        self.names: dict[str, int] = {}
        self.answers: dict[tuple[Operator, tuple[Shape, ...], tuple[str, ...]], Answer] = {}

    def graph(self, *, broken: bool) -> Graph:
        live = _live(self.traced)
        for call, lives in zip(self.traced.calls, live, strict=True):
            if lives:
                self.call(call)
        if not broken:
            self.rest()
        outputs = () if broken else tuple(self.result(ref) for ref in self.traced.outputs)
        inputs = tuple(Input(name, ref.shape, ref.dtype) for name, ref in self.traced.inputs)
        batch = inputs[0].shape[0] if inputs and inputs[0].shape else 1
        return Graph(
            self.traced.name, self.traced.source, self.traced.format, None, batch if is_known(batch) else 1, inputs,
            tuple(self.nodes), outputs, self.traced.kinds, keys=self.traced.keys if outputs else (),
            whole=self.traced.behind is None,
        )  # fmt: skip

    # ---- one call

    def call(self, call: Call) -> None:
        """Make the node of a call, or find that it is none."""
        made = self.translated(call)
        if isinstance(made, Ref):
            self.same[call.outputs[0].id] = made
            return
        owner = self.owner(made)
        if owner is None and made.weights:
            bare = loose(made.op, _bare(made.op.name), tuple(made.weights))
            made = Made(bare, (*made.inputs, *made.weights.values()))
        op = made.op if owner is None else self.as_trained(made)
        inputs = tuple(self.result(ref) for ref in made.inputs)
        shapes, types = tuple(ref.shape for ref in made.inputs), tuple(ref.dtype for ref in made.inputs)
        results = [ref.shape for ref in call.outputs]
        answer = None if None in (*shapes, *results) else self.typed(self.answer(made.op, shapes, types), call)
        module = owner if owner is not None else call.module if made.op.module and not made.weights else None
        again = 1
        if owner is not None:
            again = self.owned[owner][1] + 1 if owner in self.owned else 1
            self.owned[owner] = (made.op, again)
            for name in (*made.op.weights(), *made.op.buffers()):
                self.counted.setdefault(f"{owner}.{name}".strip("."), len(self.nodes))
        elif module is not None:
            again = self.names.get(f"module {module}", 0) + 1
            self.names[f"module {module}"] = again
        name = module or call.label or f"{call.module}.{made.op.name.rpartition(':')[2]}".lstrip(".")
        self.add(name, module or None, again, op, inputs, shapes, answer, call.span)
        for at, ref in enumerate(call.outputs[: len(answer.outputs) if answer else None]):
            self.results[ref.id] = (len(self.nodes) - 1, at)

    def typed(self, answer: Answer, call: Call) -> Answer:
        """Return an answer with the types of the results as they really were; equal ones are one object."""
        real = tuple(ref.dtype for ref in call.outputs[: len(answer.dtypes)])
        types = (*real, *answer.dtypes[len(real) :])
        if types == answer.dtypes:
            return answer
        key = id(answer), types
        if key not in self.retyped:
            self.retyped[key] = answer, answer._replace(dtypes=types)  # the first is kept, or its `id` is another's
        return self.retyped[key][1]

    def translated(self, call: Call) -> Made | Ref:
        """Return a call in our words, and as one that we do not know where it would give something else."""
        if call.op is not None:
            own = {name: f"{call.module}.{name}".lstrip(".") for name in (*call.op.weights(), *call.op.buffers())}
            weights = {name: self.paths[path] for name, path in own.items() if path in self.paths}
            return Made(call.op, tuple(refs(call.args)), weights)
        if call.library not in ("", AT) and call.name not in ELSEWHERE:
            return unknown(call, refs(call.args))
        function = TABLE.get(call.name)
        try:
            made = function(call) if function else None
            if made is not None and self.fits(made, call):
                return made
        except OTHER:
            pass
        if call.name in MOVES:
            return costed(call, refs(call.args), 0, 0)
        return costed(call, refs(call.args)) if call.name in MACLESS else unknown(call, refs(call.args))

    def fits(self, made: Made | Ref, call: Call) -> bool:
        """Say whether a translation gives what was really given; results that we do not have are left alone."""
        real = [ref.shape for ref in call.outputs]
        inputs = (made,) if isinstance(made, Ref) else made.inputs
        shapes = tuple(ref.shape for ref in inputs)
        if None in (*shapes, *real):
            return True  # nothing says otherwise
        if isinstance(made, Ref):
            return bool(made.shape == real[0])
        found = self.answer(made.op, shapes, tuple(ref.dtype for ref in inputs)).outputs
        return 0 < len(found) <= len(real) and list(found) == real[: len(found)]

    def answer(self, op: Operator, shapes: tuple[Shape, ...], types: tuple[str, ...]) -> Answer:
        """Return an operator's answer; equal operators on equal inputs are asked once."""
        key = op, shapes, types
        found = self.answers.get(key)
        if found is None:
            found = self.answers[key] = op.answer(shapes, types)
        return found

    def owner(self, made: Made) -> str | None:
        """Return the module whose weights an operator has, all of them and nobody else's; None if they are inputs."""
        if not made.weights:
            return None
        found = [self.weights.get(ref.id) for ref in made.weights.values()]
        paths = [weight.path for weight in found if weight is not None]
        owner = paths[0].rpartition(".")[0] if paths else ""
        if paths != [f"{owner}.{name}".lstrip(".") for name in made.weights] or len(paths) != len(found):
            return None
        sizes = made.op.weights()
        if any(
            product(weight_shape(ref)) != product(sizes.get(name, weight_shape(ref)))
            for name, ref in made.weights.items()
        ):
            return None
        known = self.owned.get(owner)
        if known is not None:
            return owner if known[0] is made.op else None
        own = {f"{owner}.{name}".lstrip(".") for name in made.op.weights()}
        return owner if own <= self.paths.keys() and not any(path in self.counted for path in paths) else None

    def as_trained(self, made: Made) -> Operator:
        """Return an operator with those of its weights frozen that are not trained."""
        names = frozenset(name for name, ref in made.weights.items() if _is_frozen(self.weights[ref.id]))
        if not names:
            return made.op
        key = id(made.op), names
        if key not in self.frozen:
            self.frozen[key] = made.op.freeze(names)
        return self.frozen[key]

    # ---- tensors

    def result(self, ref: Ref) -> Result:
        """Return what makes a tensor, a weight or a number that is there beforehand."""
        while ref.id in self.same:
            ref = self.same[ref.id]
        if ref.id not in self.results:
            self.results[ref.id] = self.standing(ref)
        return self.results[ref.id]

    def standing(self, ref: Ref) -> Result:
        """Make the node of a weight, a buffer, or another constant."""
        weight = self.weights.get(ref.id)
        if weight is not None and not weight.buffer:
            op: Operator = _parameter(weight)
        elif weight is not None:
            op = held("Buffer", ref.shape, ref.dtype, None, {"": weight_shape(ref)})
        else:
            op = held("Constant", ref.shape, ref.dtype)
        path = weight.path if weight else "constant"
        again = 2 if path in self.counted else 1
        if weight:
            self.counted.setdefault(path, len(self.nodes))
        answer = None if ref.shape is None else op.answer((), ())
        self.add(path, path if weight else None, again, op, (), (), answer, None)
        return len(self.nodes) - 1, 0

    def rest(self) -> None:
        """Add the weights that nothing has read, module by module: they are part of the network all the same.

        Where it is not known to its end, modules behind may read them, once or often.
        """
        behind = self.traced.behind
        owners: dict[str, str] = {}  # of weights that are further inside, as those of attention
        for path, known in (behind or {}).items():
            for name in (*known.weights(), *known.buffers()):
                owners.setdefault(f"{path}.{name}".lstrip("."), path)
        left: dict[str, list[Weight]] = {}
        for weight in self.traced.weights:
            if weight.path not in self.counted:
                owner = owners.get(weight.path, weight.path.rpartition(".")[0] or weight.path)
                left.setdefault(owner, []).append(weight)
        for owner, weights in left.items():
            own = {w.path[len(owner) :].lstrip("."): weight_shape(w.ref) for w in weights if not w.buffer}
            state = {w.path[len(owner) :].lstrip("."): weight_shape(w.ref) for w in weights if w.buffer}
            names = [w.path[len(owner) :].lstrip(".") for w in weights if _is_frozen(w)]
            whole = (behind or {}).get(owner)
            op: Operator
            if behind is None:
                op = held("Unused", weights[0].ref.shape, weights[0].ref.dtype, own, state)
            elif whole is not None and (whole.weights(), whole.buffers()) == (own, state):
                op = whole
            else:
                op = opaque("Unreached", [self.traced.outputs[0].shape], [weights[0].ref.dtype], own, state)
            op = op.freeze(names) if names else op
            end = () if behind is None else (self.result(self.traced.outputs[0]),) * max(op.arity[0], 1)
            answer = op.answer((), ()) if behind is None else None
            self.add(owner or op.name, owner or None, 1, op, end, (None,) * len(end), answer, None)

    def add(
        self, name: str, module: str | None, again: int, op: Operator, inputs: tuple[Result, ...],
        shapes: tuple[Any, ...], answer: Any, span: Span | None,
    ) -> None:  # fmt: skip
        """Add a node under a name that no other has."""
        seen = self.names.get(name, 0)
        self.names[name] = seen + 1
        unique = name if not seen else f"{name}_{seen}"
        self.nodes.append(Node(unique, module, again, op, inputs, shapes, answer, span, ()))


def _parameter(weight: Weight) -> Operator:
    """Return the operator of a bare parameter; ours are not empty, and of a known size."""
    shape = weight_shape(weight.ref)
    if 0 not in shape:
        return operator("Parameter").of(shape=shape, requires_grad=weight.trainable)
    other: Operator = held("Parameter", weight.ref.shape, weight.ref.dtype, {"": shape})
    return other if weight.trainable else other.freeze([""])


def _is_frozen(weight: Weight) -> bool:
    return not weight.trainable and not weight.buffer


def _bare(name: str) -> str:
    return name.lower()


def _live(traced: Traced) -> Iterable[bool]:
    """Say of each call whether an input or a trained weight has to do with it; others are numbers worked out.

    Products are counted whatever they multiply.
    """
    alive = {ref.id for _, ref in traced.inputs} | {w.ref.id for w in traced.weights if not w.buffer}
    for call in traced.calls:
        lives = (
            call.op is not None
            or call.name in PRODUCTS
            or (call.name not in MADE and any(ref.id in alive for ref in refs(call.args)))
        )
        if lives:
            alive.update(ref.id for ref in call.outputs)
        yield lives
