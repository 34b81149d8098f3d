"""From a model to its calls: node by node, with sizes worked out, constants folded and functions unfolded."""

from convcli.aten.call import Call, Ref, Traced, refs
from convcli.diagnostics import ConvcliError, Diagnostic, Refusal
from convcli.onnx.asked import Asked, Flow
from convcli.onnx.constants import Constant
from convcli.onnx.folding import folded
from convcli.onnx.keeper import Keeper, Scope
from convcli.onnx.names import label, leaves
from convcli.onnx.record import GraphPart, Model, Node, Tensor, Value, kind_of
from convcli.onnx.rules import kinds_of, shapes_of
from convcli.onnx.sequences import followed, spread
from convcli.onnx.table import TRANSLATIONS
from convcli.onnx.turn import Turn, WrongError
from convcli.onnx.within import EMPTY, filled, steps, taken_from_outside, uses_of
from convcli.quantity import UNKNOWN, Shape, is_known

DEEPEST = 32
"""Functions within functions."""
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
        self.calls: list[Call] = []
        self.symbols: dict[str, int] = {}
        self.other_sizes = False
        self.findings: tuple[Diagnostic, ...] = ()
        self.leaves = leaves(model.graph.nodes)
        self.uses = uses_of(model.graph)
        self.linear: dict[int, int] = {}
        self.doubts: set[int] = set()
        self.outer = True

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
        self.within(steps(self.model.graph.nodes, self.model.functions, {}, DEEPEST), ahead=True)
        try:
            self.run(self.model.graph, scope, dict(self.model.opsets), 0)
            flows = [self.found(one.name, scope) for one in self.model.graph.outputs]
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

    def run(self, graph: GraphPart, scope: Scope, opsets: dict[str, int], depth: int) -> None:
        """Go through the nodes of a graph."""
        for node in graph.nodes:
            try:
                self.node(node, scope, graph.values, opsets, depth)
            except ValueError as error:
                raise WrongError(f"`{node.name or node.op}` is {node.op}: {error}") from None

    def node(self, node: Node, scope: Scope, values: dict[str, Value], opsets: dict[str, int], depth: int) -> None:
        """Do what one node does to the tensors that are there."""
        self.within(1)
        function = self.model.functions.get((node.domain, node.op))
        self.read.update(node.inputs)
        inputs = tuple(self.found(name, scope) if name else None for name in node.inputs)
        if function is not None:
            self.unfold(node, inputs, scope, depth)
            return
        asked = Asked(node, inputs, opsets.get(node.domain, OPSET))
        if node.op == "If" and self.choose(asked, scope, opsets, depth):
            return
        if not followed(self, asked, scope):
            self.apply(spread(asked), scope, values)

    def within(self, more: int, *, ahead: bool = False) -> None:
        """Count what is to be done, or look whether there is room for it; no file makes it more than is allowed."""
        self.count += 0 if ahead else more
        if self.count + (more if ahead else 0) > self.most:
            help = "raise the limit with --max-layers"
            raise ConvcliError([Diagnostic("CV120", f"{self.source} has more than {self.most:,} layers", help=help)])

    def found(self, name: str, scope: Scope) -> Flow:
        """Return a tensor by its name."""
        flow = scope.get(name)
        if flow is None:
            help = "nodes stand in the order in which they run; a name that comes later, or never, is a damaged file"
            raise WrongError(f"nothing gives `{name[:80]}` before it is read", help)
        return flow

    def apply(self, asked: Asked, scope: Scope, values: dict[str, Value]) -> None:
        """Work out what a node gives, and write down what it does."""
        node = asked.node
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
            self.write(asked, made, scope, constant)
            return
        if constant is not None and weighs and kinds[0] == "float32" and node.op not in KEPT:
            self.write(asked, [self.doubtful(*one) for one in zip(shapes, kinds, strict=True)], scope, constant)
            return
        if constant is not None or (stands and node.op in ("Constant", "ConstantOfShape")):
            self.settle(asked, flows if stands and node.op in KEPT else [], constant, shapes[0], kinds[0], scope)
            return
        if stands and flows and node.op in KEPT and shapes[0] is not None:
            self.keep(asked, flows[0], shapes[0], kinds[0], scope)
            return
        if stands and flows and None not in shapes and not weighs:
            self.work_out(node, shapes, kinds, scope)
            return
        self.outer = values is self.model.graph.values
        self.write(asked, [self.fresh(*one) for one in zip(shapes, kinds, strict=True)], scope)

    def settle(
        self, asked: Asked, same: list[Flow], constant: Constant | None, shape: Shape | None, kind: str, scope: Scope
    ) -> None:
        """Put a constant in the place of a node; in the place of another form of a weight that weight."""
        ref = self.fresh(constant.shape, constant.kind) if constant else self.fresh(shape, kind)
        if same:
            ref = Ref(same[0].ref.id, ref.shape, ref.dtype)
        else:
            self.standing[ref.id] = ref
        if asked.node.op in ("Constant", "ConstantOfShape"):
            self.written.add(ref.id)
        scope[asked.node.outputs[0]] = Flow(ref, constant, standing=True)

    def doubtful(self, shape: Shape | None, kind: str) -> Ref:
        """Return what is worked out of constants that may be weights; it is dropped where nothing reads it."""
        ref = self.fresh(shape, kind)
        self.floats.add(ref.id)
        self.doubts.add(ref.id)
        return ref

    def work_out(self, node: Node, shapes: list[Shape | None], kinds: list[str], scope: Scope) -> None:
        """Let constants that come of constants be constants, whose values nobody needs."""
        for name, shape, kind in zip(node.outputs, shapes, kinds, strict=True):
            ref = self.fresh(shape, kind)
            self.standing[ref.id] = ref
            scope[name] = Flow(ref, standing=True)

    def keep(self, asked: Asked, flow: Flow, shape: Shape, kind: str, scope: Scope) -> None:
        """Let another form of a weight be that weight."""
        ref = flow.ref
        if asked.node.op == "DequantizeLinear" and ref.id not in self.roles and ref.id in self.files:
            self.floats.add(ref.id)
        scope[asked.node.outputs[0]] = Flow(Ref(ref.id, shape, kind), standing=True)

    def write(self, asked: Asked, outputs: list[Ref], scope: Scope, constant: Constant | None = None) -> None:
        """Write down the calls that a node is."""
        node = asked.node
        if self.outer and node.op == "Add" and self.is_bias(asked, outputs[0]):
            scope[node.outputs[0]] = Flow(outputs[0])
            return
        turn = Turn(self, asked, outputs, self.leaves.get(id(node), ""), label(node))
        captured = [scope[name] for name in sorted(taken_from_outside(node)) if name in scope]
        if captured:  # the body of a loop: what it reads flows in
            self.read.update(taken_from_outside(node))
            turn.asked = spread(asked._replace(inputs=(*asked.inputs, *captured)))
        translate = None if node.domain else TRANSLATIONS.get(node.op)
        try:
            (translate or unknown)(turn)
        except (LookupError, TypeError, Refusal):  # something is not known that the translation needs
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

    # ---- graphs within

    def unfold(self, node: Node, inputs: tuple[Flow | None, ...], scope: Scope, depth: int) -> None:
        """Do what the nodes of a function do."""
        function = self.model.functions[node.domain, node.op]
        if depth >= DEEPEST:
            raise WrongError(f"functions call each other more than {DEEPEST} deep, `{node.op[:80]}` among them")
        inner: Scope = {name: flow for name, flow in zip(function.inputs, inputs, strict=False) if flow is not None}
        inner.update({name: EMPTY for name in function.inputs if name not in inner})
        given = function.defaults | node.attributes
        prefix = label(node)
        nodes = tuple(
            one._replace(
                name=f"{prefix}.{one.name or one.op.lower()}",
                attributes=filled(one.attributes, given),
                inputs=tuple("" if inner.get(name) is EMPTY else name for name in one.inputs),
            )
            for one in function.nodes
        )
        opsets = self.model.opsets | function.opsets
        self.run(GraphPart(nodes, {}, (), (), {}), inner, opsets, depth + 1)
        for ours, theirs in zip(node.outputs, function.outputs, strict=False):
            if ours:
                scope[ours] = self.found(theirs, inner)

    def choose(self, asked: Asked, scope: Scope, opsets: dict[str, int], depth: int) -> bool:
        """Do what the branch of an `If` does whose condition is known; say whether it is."""
        known = asked.values(0)
        if known is None or len(known.values) != 1 or not is_known(known.values[0]):
            return False
        branch = asked.node.attributes.get("then_branch" if known.values[0] else "else_branch")
        if not isinstance(branch, GraphPart):
            raise WrongError(f"`{asked.node.name}` is an If without a branch")
        inner = dict(scope)
        for tensor in branch.constants.values():
            self.hold(tensor, inner)
        self.run(branch, inner, opsets, depth)
        for ours, theirs in zip(asked.node.outputs, branch.outputs, strict=False):
            scope[ours] = self.found(theirs.name, inner)
        return True


def unknown(turn: Turn) -> None:
    """Write down an operator of which nothing is known but its results."""
    turn.opaque()
