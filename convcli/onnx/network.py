"""From a model to its calls: node by node, with sizes worked out, constants folded and functions unfolded."""

from collections.abc import Sequence

from convcli.aten.call import Call, Ref, Traced, refs
from convcli.diagnostics import ConvcliError, Diagnostic, Refusal
from convcli.onnx.asked import NOT_KNOWN, Asked, Flow
from convcli.onnx.bodies import forget, unfold
from convcli.onnx.constants import Constant
from convcli.onnx.folding import folded
from convcli.onnx.keeper import Keeper, Scope
from convcli.onnx.names import label, leaves
from convcli.onnx.record import Model, Node, Tensor, Value, kind_of
from convcli.onnx.rules import expect_results, kinds_of, shapes_of
from convcli.onnx.table import STRUCTURES, TRANSLATIONS
from convcli.onnx.turn import Turn, WrongError
from convcli.onnx.within import DEEPEST, Frame, spread, steps, taken_from_outside, uses_of
from convcli.quantity import UNKNOWN, Shape

KEPT = ("DequantizeLinear", "Identity", "Cast", "CastLike", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
"""What makes another form of a weight, and leaves it the weight that it is."""
JOINING = ("Concat", "Split", "Slice")
"""What puts weights together, or takes one apart."""
SCATTERED = ("ScatterND", "ScatterElements")
"""What writes numbers into a constant, as masks are made; the numbers are no weights where the constant is none."""
OPSET = 21
"""What operators mean where a file does not say of which version they are."""


class Walk(Keeper):
    """Goes through a graph once, at sizes that are given."""

    def __init__(self, model: Model, name: str, source: str, most: int) -> None:
        super().__init__()
        self.model = model
        self.name = name
        self.source = source
        self.most = most
        self.count = 0
        self.repeated = 0
        self.calls: list[Call] = []
        self.symbols: dict[str, int] = {}
        self.other_sizes = False
        self.findings: tuple[Diagnostic, ...] = ()
        self.leaves = leaves(model.graph.nodes)
        self.uses = uses_of(model.graph)
        self.linear: dict[int, int] = {}
        self.doubts: set[int] = set()

    # ---- from outside

    def traced(self, inputs: tuple[Value, ...], shapes: tuple[Shape, ...], weights: tuple[Value, ...]) -> Traced:
        """Return everything that a graph is made of, up to the first mistake."""
        scope: Scope = {}
        given = []
        for made, shape in zip(inputs, shapes, strict=True):
            self.bind(made, shape)
            ref = self.fresh(shape, kind_of(made.type))
            scope[made.name] = Flow(ref)
            given.append((made.name, ref))
        for made in weights:
            self.hold(Tensor(made.name, self.sizes(made) or (), made.type, None), scope)
            self.floats.add(scope[made.name].ref.id)
        for tensor in self.model.graph.constants.values():
            self.hold(tensor, scope)
        outputs: tuple[Ref, ...] = ()
        graph = self.model.graph
        self.within(steps(graph.nodes, self.model.functions, {}, DEEPEST), ahead=True)
        try:
            self.run(graph.nodes, Frame(scope, graph.values, dict(self.model.opsets)))
            flows = [self.found(one.name, scope) for one in graph.outputs]
            outputs = tuple(part.ref for flow in flows for part in flow.tensors)
        except WrongError as error:
            self.findings = (Diagnostic("CV077", f"{self.source}: {error}", help=error.help),)
        calls = self.needed(outputs)
        kept = self.weights(calls)
        return Traced(self.name, self.source, "onnx", tuple(given), kept, calls, outputs)

    def needed(self, outputs: tuple[Ref, ...]) -> tuple[Call, ...]:
        """Return all calls but those that worked out sizes of what might have been weights."""
        read = {ref.id for ref in outputs}
        found = []
        for call in reversed(self.calls):
            made = {ref.id for ref in call.outputs}
            if made <= self.doubts and not made & read:
                continue
            read.update(ref.id for ref in refs(call.args))
            found.append(call)
        return tuple(reversed(found))

    def bind(self, made: Value, shape: Shape) -> None:
        """Let the names of open sizes be what is given."""
        for own, size in zip(made.dims or (), shape, strict=False):
            if isinstance(own, str) and own:
                self.symbols.setdefault(own, size)
            elif own not in (size, ""):
                self.other_sizes = True

    def sizes(self, value: Value | None) -> Shape | None:
        """Return what the file says of a tensor's size, at the sizes that are given."""
        if value is None or value.dims is None:
            return None
        return tuple(self.symbols.get(one, UNKNOWN) if isinstance(one, str) else one for one in value.dims)

    # ---- node by node

    def run(self, nodes: Sequence[Node], frame: Frame) -> None:
        """Go through nodes."""
        for node in nodes:
            try:
                self.node(node, frame)
            except ValueError as error:
                raise WrongError(f"`{node.name or node.op}` is {node.op}: {error}") from None

    def node(self, node: Node, frame: Frame) -> None:
        """Do what one node does to the tensors that are there."""
        self.within(1)
        self.read.update(node.inputs)
        inputs = tuple(self.found(name, frame.scope) if name else None for name in node.inputs)
        asked = Asked(node, inputs, frame.opsets.get(node.domain, OPSET), self.leaves.get(id(node), ""))
        function = self.model.functions.get((node.domain, node.op))
        expect_results(node, function)
        structure = unfold if function else STRUCTURES.get(node.key())
        begin = len(self.calls)
        try:
            results = structure(self, asked, frame) if structure is not None else None
        except NOT_KNOWN:  # which nodes it is made of, say
            forget(self, begin)
            results = None
        if results is None:
            self.apply(spread(asked), frame)
            return
        if not function:
            self.read.update(taken_from_outside(node))
        frame.scope.update({name: flow for name, flow in zip(node.outputs, results, strict=False) if name})

    def within(self, more: int, *, ahead: bool = False) -> None:
        """Count what is to be done, or look whether there is room for it; no file makes it more than is allowed."""
        total = self.count + more
        if not ahead:
            self.count = total
        if total > self.most:
            help = "raise the limit with --max-layers"
            raise ConvcliError([Diagnostic("CV120", f"{self.source} has more than {self.most:,} layers", help=help)])

    def found(self, name: str, scope: Scope) -> Flow:
        """Return a tensor by its name."""
        flow = scope.get(name)
        if flow is None:
            help = "nodes stand in the order in which they run; a name that comes later, or never, is a damaged file"
            raise WrongError(f"nothing gives `{name[:80]}` before it is read", help)
        return flow

    def apply(self, asked: Asked, frame: Frame) -> None:
        """Work out what a node gives, and write down what it does."""
        node, scope, values = asked.node, frame.scope, frame.values
        shapes, kinds = shapes_of(asked), kinds_of(asked)
        if not self.other_sizes:
            shapes = [
                self.sizes(values.get(name)) if shape is None else shape
                for name, shape in zip(node.outputs, shapes, strict=True)
            ]
        constant = folded(asked, shapes[0] if shapes else None)
        flows = [flow for flow in asked.inputs if flow is not None]
        stands, weighs = all(flow.standing for flow in flows), any(map(self.is_weight, flows))
        weighs = weighs and not (stands and node.op in SCATTERED and not self.is_weight(flows[0]))
        joined = self.put_together(flows if node.op == "Concat" else flows[:1]) if node.op in (*JOINING, *KEPT) else ()
        if joined and not (stands and node.op in KEPT):
            made = [self.doubtful(*one) for one in zip(shapes, kinds, strict=True)]
            self.made_of |= {ref.id: joined for ref in made}
            self.write(asked, made, frame, constant)
            return
        if constant is not None and weighs and kinds[0] == "float32" and node.op not in KEPT:
            self.write(asked, [self.doubtful(*one) for one in zip(shapes, kinds, strict=True)], frame, constant)
            return
        if constant is not None or (stands and node.op in ("Constant", "ConstantOfShape")):
            self.settle(asked, flows if stands and node.op in KEPT else [], constant, shapes[0], kinds[0], scope)
            return
        if stands and flows and node.op in KEPT and shapes[0] is not None:
            self.keep(asked, flows[0], shapes[0], kinds[0], scope)
            return
        if stands and flows and None not in shapes and not weighs:
            self.work_out(asked, shapes, kinds, scope)
            return
        self.write(asked, [self.fresh(*one) for one in zip(shapes, kinds, strict=True)], frame)

    def settle(
        self, asked: Asked, same: list[Flow], constant: Constant | None, shape: Shape | None, kind: str, scope: Scope
    ) -> None:
        """Put a constant in the place of a node; in the place of another form of a weight that weight."""
        value = asked.node.attributes.get("value") if asked.node.op == "Constant" else None
        known = self.again(value) if isinstance(value, Tensor) else None
        if known is not None:  # in a body that runs again
            scope[asked.node.outputs[0]] = known
            return
        ref = self.fresh(constant.shape, constant.kind) if constant else self.fresh(shape, kind)
        if same:
            ref = Ref(same[0].ref.id, ref.shape, ref.dtype)
        else:
            self.standing[ref.id] = ref
        if asked.node.op in ("Constant", "ConstantOfShape"):
            self.written.add(ref.id)
        scope[asked.node.outputs[0]] = flow = Flow(ref, constant, standing=True)
        if isinstance(value, Tensor):
            self.flows[id(value)] = value, flow

    def doubtful(self, shape: Shape | None, kind: str) -> Ref:
        """Return what is worked out of constants that may be weights; it is dropped where nothing reads it."""
        ref = self.fresh(shape, kind)
        self.floats.add(ref.id)
        self.doubts.add(ref.id)
        return ref

    def work_out(self, asked: Asked, shapes: list[Shape | None], kinds: list[str], scope: Scope) -> None:
        """Let constants that come of constants be constants, whose values nobody needs."""
        fill = asked.values(0) if asked.node.op == "Expand" else None
        number = fill.values[0] if fill is not None and len(fill.values) == 1 else None
        for name, shape, kind in zip(asked.node.outputs, shapes, kinds, strict=True):
            ref = self.fresh(shape, kind)
            self.standing[ref.id] = ref
            scope[name] = Flow(ref, standing=True, fill=number)

    def keep(self, asked: Asked, flow: Flow, shape: Shape, kind: str, scope: Scope) -> None:
        """Let another form of a weight be that weight."""
        ref = flow.ref
        if asked.node.op == "DequantizeLinear" and ref.id not in self.roles and ref.id in self.files:
            self.floats.add(ref.id)
        scope[asked.node.outputs[0]] = Flow(Ref(ref.id, shape, kind), standing=True)

    def write(self, asked: Asked, outputs: list[Ref], frame: Frame, constant: Constant | None = None) -> None:
        """Write down the calls that a node is."""
        node, scope, outer = asked.node, frame.scope, frame.values is self.model.graph.values
        if outer and node.op == "Add" and self.is_bias(asked, outputs[0]):
            scope[node.outputs[0]] = Flow(outputs[0])
            return
        turn = Turn(self, asked, outputs, asked.leaf, label(node))
        outside = taken_from_outside(node)
        captured = [scope[name] for name in sorted(outside) if name in scope]
        if captured:  # a body that nobody understands: what it reads flows in
            self.read.update(outside)
            turn.asked = spread(asked._replace(inputs=(*asked.inputs, *captured)))
        translate = TRANSLATIONS.get(node.key())
        try:
            (translate or unknown)(turn)
        except (*NOT_KNOWN, Refusal):  # something is not known that the translation needs
            turn.calls.clear()
            unknown(turn)
        for at, call in enumerate(turn.calls, len(self.calls)):
            if call.name == "linear" and "bias" not in call.args:
                self.linear[call.outputs[0].id] = at
        self.calls += turn.calls
        for name, ref in zip(node.outputs, outputs, strict=True):
            if name:
                scope[name] = Flow(ref, constant if ref is outputs[0] else None)

    def is_bias(self, asked: Asked, output: Ref) -> bool:
        """Let a sum be the bias of the linear layer in front of it; say whether it is that."""
        for x, b in ((0, 1), (1, 0)):
            at, bias = self.linear.get(asked.flow(x).ref.id), asked.flow(b)
            if at is None or not bias.standing or bias.ref.id in self.roles or self.uses[asked.node.inputs[x]] != 1:
                continue
            call = self.calls[at]
            weight = call.args["weight"]
            if bias.shape == weight.shape[:1] and weight.id in self.roles:
                owner = self.renamed(weight, bias)
                self.roles[bias.ref.id] = (f"{owner}.bias".lstrip("."), False)
                self.calls[at] = call._replace(args={**call.args, "bias": bias.ref}, outputs=(output,))
                return True
        return False


def unknown(turn: Turn) -> None:
    """Write down an operator of which nothing is known but its results."""
    turn.opaque()
