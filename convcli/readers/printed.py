"""The text of `print(model)`: modules by name and arguments, and nothing of the order in which they run.

Nothing but a `Sequential` says by its class that its modules run one after the other. Where all that holds others
is one, the text is a network with sizes; else it is a list of modules, whose parameters are known and whose sizes
are not.
"""

from convcli.blocks import Item, Items, Network, Words
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic
from convcli.graph import Graph, Node
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.op import Answer
from convcli.ops.catalogue import find
from convcli.quantity import UNKNOWN
from convcli.readers.printed_tree import Module, names, tree
from convcli.readers.trees import call, unknown
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.settled import Settled
from convcli.source import Source

CHAINS = (
    "Sequential", "Conv2dNormActivation", "ConvNormActivation", "ConvBNReLU", "ConvBNActivation", "DataParallel",
    "DistributedDataParallel", "OptimizedModule",
)  # fmt: skip
"""Classes that run what they hold in order: torch's own, torchvision's that are made of it, and wrappers of one."""
SAME_AS = {"NonDynamicallyQuantizableLinear": "Linear"}
EMPTY = (*CHAINS, "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
"""Classes that are nothing beside what they hold: one that holds nothing is no layer."""
BARE = (
    "MultiheadAttention", "CNBlock", "ConvNeXtBlock", "ConvNextLayer", "ShiftedWindowAttention", "Encoder",
    "ShiftedWindowAttentionV2", "ShiftedWindowAttention3d", "WindowAttention", "RelativePositionalMultiHeadAttention",
    "VisionTransformer", "ViTEmbeddings",
)  # fmt: skip
"""Classes of torch, torchvision, timm and transformers that have weights which are no module, and are not printed."""


def read_printed(source: Source, name: str) -> "Network | Settled":
    """Read a printed model.

    Raises:
        ConvcliError: a bracket does not close, or there is no module.
    """
    top = tree(source)
    if _is_chain(top):
        return Network(name, source.name, "print", _items(top))
    return Settled(name, source.name, "print", lambda given: _listed(source, name, top, given))


# ---- a chain


def _is_chain(top: Module) -> bool:
    waiting = [top]
    while waiting:
        module = waiting.pop()
        if not module.leaf and module.kind not in CHAINS:
            return False
        waiting += module.parts
    return True


def _items(module: Module) -> Items:
    """Return the modules of a chain as words."""
    found: list[Item] = []
    for part in module.parts:
        body = _words(part) if part.leaf and part.kind not in EMPTY else _items(part)
        found += [Item(name, body, part.phrase.whole()) for name in names(part)]
    return Items(tuple(found), module.phrase.whole())


def _words(module: Module) -> Words:
    """Return a module's own line as words; old versions of torch print `inplace` without a value."""
    if module.sizes is not None:
        return Words(call("Parameter", (0, len(module.phrase.text)), *module.sizes), module.phrase)
    tree = parse(module.phrase)
    if isinstance(tree, syntax.Call):
        flags = [one for one in tree.arguments if isinstance(one, syntax.Name) and one.name == "inplace"]
        keywords = tuple(syntax.Keyword("inplace", syntax.Constant(True, one.at), one.at) for one in flags)
        arguments = tuple(one for one in tree.arguments if one not in flags)
        name = SAME_AS.get(module.kind, module.kind)
        function = syntax.Name(name, tree.function.at) if module.kind in SAME_AS else tree.function
        first = [
            one._replace(name="kernel_size") if one.name == "size" and "Pool" in module.kind else one
            for one in tree.keywords
        ]
        tree = tree._replace(function=function, arguments=arguments, keywords=(*first, *keywords))
    return Words(tree, module.phrase)


# ---- a list of modules


def _listed(source: Source, name: str, top: Module, given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Return a graph of modules that are not joined, and say that they are not."""
    if given.sizes or given.batch:
        message = "the text says nothing of the order in which modules run, so no input flows through them"
        raise ConvcliError([Diagnostic("CV085", message, help="profile the model itself: `package.module:Net`")])
    nodes = [_at(_node(top), top.kind, top)] if top.kind in BARE else []
    known: dict[str, Node] = {}
    waiting = [(part, "") for part in reversed(top.parts)]
    steps = 0
    while waiting:
        module, prefix = waiting.pop()
        inner: list[tuple[Module, str]] = []
        for own in names(module):
            steps += 1
            if steps > given.max_layers:
                message = f"the text stands for more than {given.max_layers:,} modules"
                raise ConvcliError([Diagnostic("CV120", message, help="raise the limit with --max-layers")])
            path = prefix + own
            if (module.leaf and module.kind not in EMPTY) or module.kind in BARE:
                node = known.get(module.phrase.text) or known.setdefault(module.phrase.text, _node(module))
                nodes.append(_at(node, path, module))
            inner += [(part, f"{path}.") for part in module.parts]
        waiting += reversed(inner)
    message = f"`{top.kind}` is not a chain: the text says what its modules are, not in which order they run"
    help = "parameters are known, sizes and costs are not; bare parameters and shared modules cannot be seen"
    bare = dict.fromkeys(node.op.name for node in nodes if node.op.name in BARE)
    if bare:
        help += f"; the text does not have all weights of {', '.join(f'`{kind}`' for kind in bare)}"
    found = Diagnostic("CV085", message, top.phrase.whole(), help=help, level=WARNING)
    return Graph(name, source.name, "print", None, 1, (), tuple(nodes), ()), (found,)


def _at(node: Node, path: str, module: Module) -> Node:
    return node._replace(name=path, module=path, span=module.phrase.whole())


def _node(module: Module) -> Node:
    """Return a module on its own, as far as it is known without a size."""
    cls = find(SAME_AS.get(module.kind, module.kind)) if module.leaf else None
    if cls is not None:
        body = Items((Item("layer", _words(module), module.phrase.whole()),), module.phrase.whole())
        graph, findings = resolve(Network("", module.phrase.source.name, "print", body))
        if not findings:
            node: Node = graph.nodes[0]
            return node._replace(inputs=())
        if cls.has_factory():
            raise ConvcliError(findings)
    # `Permute()` prints less than it needs, and has no weights; of a class that is not known they are not known
    op = unknown(module.kind, (UNKNOWN,), {} if cls else {"weight": (UNKNOWN,)})
    return Node("", None, 1, op, (), (), Answer(op.results, op.types, UNKNOWN, UNKNOWN), None, ())
