"""The text of `print(model)`: modules by name and arguments, and nothing of the order in which they run.

Nothing but a `Sequential` says by its class that its modules run one after the other. Where all that holds others
is one, the text is a network with sizes; else it is a list of modules, whose parameters are known and whose sizes
are not.
"""

import re
from collections.abc import Iterator
from typing import NoReturn

from convcli.blocks import Item, Items, Network, Words
from convcli.diagnostics import WARNING, ConvcliError, Diagnostic
from convcli.graph import Graph, Node
from convcli.layer import syntax
from convcli.layer.parse import parse
from convcli.op import Answer
from convcli.ops.catalogue import find
from convcli.quantity import UNKNOWN
from convcli.readers.trees import unknown
from convcli.record import Record
from convcli.resolve.boundary import Given
from convcli.resolve.network import resolve
from convcli.resolve.state import MAX_LAYERS
from convcli.settled import Settled
from convcli.source import Phrase, Source, Span

CHAINS = ("Sequential", "Conv2dNormActivation", "ConvNormActivation", "ConvBNReLU", "ConvBNActivation")
"""Classes that run what they hold in order: torch's own, and torchvision's that are made of it."""
SAME_AS = {"NonDynamicallyQuantizableLinear": "Linear"}
EMPTY = (*CHAINS, "ModuleList", "ModuleDict")
"""Classes that are nothing beside what they hold: one that holds nothing is no layer."""
MOST_LEVELS = 64

_MODULE = re.compile(r"\s*\((?P<name>[\w.-]+)\):\s(?:(?P<times>\d+) x )?(?P<class>\w+)\s?\((?P<rest>.*)$")
_TOP = re.compile(r"(?:.*[\s:=>])?(?P<class>[A-Za-z_]\w*)\s?\($")
_RANGE = re.compile(r"(\d+)-(\d+)$")


class Module(Record):
    """A printed module: its name, its class, what it holds, how often, and where it stands."""

    name: str
    kind: str
    parts: list["Module"]
    leaf: bool
    times: int
    phrase: Phrase


def read_printed(source: Source, name: str) -> "Network | Settled":
    """Read a printed model.

    Raises:
        ConvcliError: a bracket does not close, or there is no module.
    """
    top = _tree(source)
    if _is_chain(top):
        return Network(name, source.name, "print", _items(top))
    return Settled(name, source.name, "print", lambda given: _listed(source, name, top, given))


# ---- the text to a tree


def _tree(source: Source) -> Module:
    """Read the lines of a text into modules; text before and behind the model is left alone."""
    stack: list[Module] = []
    start = 0
    before: Module | None = None
    for line in source.text.split("\n"):
        at, start = start, start + len(line) + 1
        text = line.rstrip()
        found = _MODULE.match(text)
        if not stack:
            stack = [before] if before is not None and found else []
            top = _TOP.match(text)
            begin = at + (top.start("class") if top else 0)
            before = Module("", top["class"], [], False, 1, Phrase(text, source, begin)) if top else None
        if not stack:
            continue
        if found:
            _enter(source, stack, found, text, at)
        elif text.strip() == ")":
            done = stack.pop()
            if not stack:
                return done
    open_module = stack[-1] if stack else None
    if open_module is None:
        _refuse(source, "there is no printed model in it: `Net(` and lines `(name): Module(...)`", 0)
    start = open_module.phrase.span(0, 1).start
    _refuse(source, f"the text ends before the bracket of `{open_module.kind}(` closes", start)


def _enter(source: Source, stack: list[Module], found: re.Match[str], text: str, at: int) -> None:
    """Add the module of a line to the one that holds it; go into it where its bracket stays open."""
    begin, leaf = found.start("class"), found["rest"].endswith(")")
    if len(stack) >= MOST_LEVELS:
        _refuse(source, f"modules are nested deeper than {MOST_LEVELS} levels", at + begin)
    phrase = Phrase(text[begin:], source, at + begin)
    made = Module(found["name"], found["class"], [], leaf, int((found["times"] or "1")[:19]), phrase)
    if made.times > MAX_LAYERS:
        _refuse(source, f"{made.times:,} modules in one line; the limit is {MAX_LAYERS:,}", at + begin)
    stack[-1].parts.append(made)
    if not leaf:
        stack.append(made)


def _refuse(source: Source, message: str, at: int) -> NoReturn:
    raise ConvcliError([Diagnostic("CV081", message, Span(source, at, min(at + 1, len(source.text))))])


def _names(module: Module) -> Iterator[str]:
    """Give the names of a module that is printed once for several: `(0-5): 6 x Block(`."""
    span = _RANGE.match(module.name)
    if module.times == 1 or not span:
        yield module.name
        return
    yield from (str(number) for number in range(int(span[1]), int(span[1]) + module.times))


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
        found += [Item(name, body, part.phrase.whole()) for name in _names(part)]
    return Items(tuple(found), module.phrase.whole())


def _words(module: Module) -> Words:
    """Return a module's own line as words; old versions of torch print `inplace` without a value."""
    tree = parse(module.phrase)
    if isinstance(tree, syntax.Call):
        flags = [one for one in tree.arguments if isinstance(one, syntax.Name) and one.name == "inplace"]
        keywords = tuple(syntax.Keyword("inplace", syntax.Constant(True, one.at), one.at) for one in flags)
        arguments = tuple(one for one in tree.arguments if one not in flags)
        name = SAME_AS.get(module.kind, module.kind)
        function = syntax.Name(name, tree.function.at) if module.kind in SAME_AS else tree.function
        tree = tree._replace(function=function, arguments=arguments, keywords=(*tree.keywords, *keywords))
    return Words(tree, module.phrase)


# ---- a list of modules


def _listed(source: Source, name: str, top: Module, given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Return a graph of modules that are not joined, and say that they are not."""
    if given.sizes or given.batch:
        message = "the text says nothing of the order in which modules run, so no input flows through them"
        raise ConvcliError([Diagnostic("CV085", message, help="profile the model itself: `package.module:Net`")])
    nodes: list[Node] = []
    known: dict[str, Node] = {}
    waiting = [(part, "") for part in reversed(top.parts)]
    steps = 0
    while waiting:
        module, prefix = waiting.pop()
        inner: list[tuple[Module, str]] = []
        for own in _names(module):
            steps += 1
            if steps > given.max_layers:
                message = f"the text stands for more than {given.max_layers:,} modules"
                raise ConvcliError([Diagnostic("CV120", message, help="raise the limit with --max-layers")])
            path = prefix + own
            if (module.leaf and module.kind not in EMPTY) or module.kind == "MultiheadAttention":
                node = known.get(module.phrase.text) or known.setdefault(module.phrase.text, _node(module))
                nodes.append(node._replace(name=path, module=path, span=module.phrase.whole()))
            inner += [(part, f"{path}.") for part in module.parts]
        waiting += reversed(inner)
    message = f"`{top.kind}` is not a chain: the text says what its modules are, not in which order they run"
    help = "parameters are known, sizes and costs are not; bare parameters and shared modules cannot be seen"
    found = Diagnostic("CV085", message, top.phrase.whole(), help=help, level=WARNING)
    return Graph(name, source.name, "print", None, 1, (), tuple(nodes), ()), (found,)


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
