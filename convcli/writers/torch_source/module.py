"""A network as the source of a `torch.nn.Module` that a person could have written."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from convcli.diagnostics import listed
from convcli.graph import Graph
from convcli.human import exact, show_shape
from convcli.outline.classes import Class, Classes, is_size, kinds_of
from convcli.outline.naming import class_name, unique
from convcli.outline.scopes import Call, outline
from convcli.record import Record
from convcli.writers.torch_source.batch import Pair, Sizes, batch_of, paired
from convcli.writers.torch_source.forward import Forward
from convcli.writers.torch_source.layout import Code, Nest, call, flat, lines
from convcli.writers.torch_source.lent import lent_first
from convcli.writers.torch_source.names import OF_SCRIPTS, dictionary, is_plain
from convcli.writers.torch_source.places import Places, Renamed, is_weight, join
from convcli.writers.torch_source.spelling import constructor, literal, spelled
from convcli.writers.torch_source.support import SUPPORT

ALIKE = 3
"""As many equal modules in a row are written as one and a number."""


class Source(Record):
    """What was written, the class of the whole network in it, and what could not be kept.

    Attributes:
        renamed: the modules that have other names.
        batch: the only batch that it runs with; None where it takes any.
    """

    text: str
    name: str
    renamed: tuple[Renamed, ...]
    batch: int | None


def torch_source(graph: Graph, again: Callable[[int], Graph | None] = lambda _: None) -> Source:
    """Write a network as Python; `again` makes it for another batch, None where that cannot be."""

    def ordered(batch: int) -> Graph | None:
        other = again(batch)
        return other and lent_first(other)

    return _Writer(graph, paired(lent_first(graph), ordered)).source()


class _Writer:
    def __init__(self, asked: Graph, pair: Pair) -> None:
        self.asked = asked
        self.pair = pair
        self.sizes = Sizes(pair)
        self.graph = graph = pair.graph
        self.root = outline(graph)
        self.places = Places(graph)
        self.support = dict.fromkeys(text for node in graph.nodes for text in SUPPORT.get(node.op.name, ()))
        taken = {*OF_SCRIPTS, *SUPPORT}
        self.name = unique(class_name(graph.name, "Net"), taken)
        self.classes = Classes(
            graph, self.root, spelled, inline=self.is_inline, taken={*taken, self.name}, reserved=OF_SCRIPTS
        )

    def is_inline(self, scope: Call, count: int) -> bool:
        """Say whether scopes that are alike are written as `nn.Sequential` in their places."""
        if not self.places.is_chain(self.graph, scope):
            return False
        return count == 1 or scope.path not in self.graph.kinds or all(isinstance(step, Call) for step in scope.steps)

    def source(self) -> Source:
        classes = [*self.classes.made, Class(self.name, self.root, {}, {})]
        parts = [*(text.rstrip("\n") for text in self.support), *("\n".join(self.written(one)) for one in classes)]
        body = "\n\n\n".join(parts)
        batch = None if self.pair.holds and not self.sizes.unsaid else batch_of(self.asked)
        notes = [] if batch is None else [f"It runs for a batch of {batch} only."]
        if self.graph.keys and not dictionary(self.graph.keys):
            notes.append(f"What it gives, in order: {listed(map(_shown, self.graph.keys))}.")
        title = "\n\n".join([self.title(), *notes]) + "\n" * bool(notes)
        text = f'"""{title}"""\n\n{_imports(body)}\n\n\n{body}\n'
        return Source(text, self.name, tuple(self.places.renamed), batch)

    def title(self) -> str:
        weights = {node.module: node.op.params() for node in self.graph.nodes if node.module and node.call == 1}
        sizes = ", ".join(show_shape(made.shape) for made in self.asked.inputs)
        return f"{_shown(self.graph.name)}: {exact(sum(weights.values()))} parameters, input {sizes}."

    def written(self, cls: Class) -> Iterator[str]:
        """Give the lines of a class."""
        scope = cls.call
        chain = self.places.is_chain(self.graph, scope) and not (scope is self.root and dictionary(self.graph.keys))
        base = "Sequential" if chain else "ModuleList" if scope.module in self.places.lists else "Module"
        yield f"class {cls.name}(nn.{base}):"
        yield from self.init(cls, base)
        if not chain:
            yield from [""] if self.places.children.get(scope.module) else []
            alike = [call for call in self.root.calls() if self.classes.uses[call.module].cls is cls]
            yield from Forward(self.sizes, self.places, scope, alike).code(1)

    def init(self, cls: Class, base: str) -> Iterator[str]:
        """Give the lines of a constructor; where there are no modules, none."""
        scope = cls.call.module
        if not self.places.children.get(scope):
            return
        parameters = [f"{name}: {' | '.join(kinds_of(values))}" for name, values in cls.parameters.items()]
        yield from lines(Nest("def __init__(", ["self", *parameters], ") -> None:"), 1)
        if base == "Module":
            yield "        super().__init__()"
            yield from self.assigned(cls, scope, "self")
        else:
            items = self.items(cls, scope)
            yield from lines(call("super().__init__", *([Nest("[", items, "]")] if base == "ModuleList" else items)), 2)

    def assigned(self, cls: Class, scope: str, target: str) -> Iterator[str]:
        """Give the lines that put modules into a scope."""
        for name, own in self.places.children[scope].items():
            path = join(scope, name)
            code = self.made(cls, path)
            if is_plain(own):
                yield from lines(code, 2, f"{target}.{own} = ")
            else:
                add = "register_parameter" if is_weight(self.places.layers.get(path)) else "add_module"
                yield from lines(call(f"{target}.{add}", literal(own), code), 2)
            if code == HOLDER:
                inner = f"{target}.{own}" if is_plain(own) else f"getattr({target}, {literal(own)})"
                yield from self.assigned(cls, path, inner)

    def made(self, cls: Class, path: str) -> Code:
        """Return what makes a module, a scope, or what only holds some."""
        if path in self.places.layers:
            node = self.places.layers[path]
            return constructor(node, self.instead(cls, path, node.op.values))
        use = self.classes.uses.get(path)
        if use is not None and use.cls is not None:
            texts = {**use.arguments, **self.instead(cls, path, use.arguments)}
            return call(use.cls.name, *(text if is_size(word) else f"{word}={text}" for word, text in texts.items()))
        if use is not None:
            return call("nn.Sequential", *self.items(cls, path))
        if path in self.places.lists:
            return call("nn.ModuleList", Nest("[", self.items(cls, path), "]"))
        return HOLDER

    def instead(self, cls: Class, path: str, words: Iterable[str]) -> dict[str, str]:
        """Return what stands for arguments of a layer in a class."""
        own = cls.call.within(path)
        return {word: cls.spelled[own, word] for word in words if (own, word) in cls.spelled}

    def items(self, cls: Class, scope: str) -> list[Code]:
        """Return what makes the modules of a list, many equal ones in a row as one and a number."""
        made = [self.made(cls, join(scope, str(place))) for place in range(len(self.places.children[scope]))]
        found: list[Code] = []
        for _, group in groupby(made, flat):
            alike = list(group)
            several = Nest("*(", [alike[0], f"for _ in range({len(alike)})"], ")", comma=False)
            found += [several] if len(alike) >= ALIKE else alike
        return found


HOLDER = "nn.Module()"
"""What only holds modules, which are called from outside of it."""


def _shown(name: str) -> str:
    """Return a name as it can stand between the quotes of a text."""
    return "".join(c if c.isprintable() and c not in '\\"' else "_" for c in name)[:60]


def _imports(body: str) -> str:
    names = [name for name in ("Tensor", "nn") if re.search(rf"\b{name}\b", body)]
    wanted = ["import torch"] if re.search(r"\btorch\.", body) else []
    wanted.append(f"from torch import {', '.join(names)}")
    return "\n".join(wanted + (["from torch.nn import functional as F"] if re.search(r"\bF\.", body) else []))
