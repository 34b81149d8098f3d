"""What to say of a name that means nothing, or two things: which was meant, what a pasted line has too much."""

import re
from typing import Any

from convcli.argument import REQUIRED
from convcli.diagnostics import ConvcliError, Diagnostic, Related, listed, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.layer.write import write
from convcli.ops.catalogue import find, find_lazy, names, operator
from convcli.ops.short import SHORT_WORDS
from convcli.resolve import numbers
from convcli.resolve.values import BROKEN, Scope, Several, Tensor, kind_of
from convcli.source import Span

CONSTANTS_OF_YAML = {
    "yes": "True", "on": "True", "true": "True", "no": "False", "off": "False", "false": "False",
    "null": "None", "none": "None",
}  # fmt: skip
"""What other readers of YAML take for a constant, in small letters, in capitals or in both; here it is a name."""

UNLIKELY = 0.8
"""How near a word of another kind must be to be the one that was meant."""


def unknown_name(resolver: Any, tree: syntax.Name, scope: Scope, help: str = "") -> Diagnostic:
    """Say what may be meant by a name that stands for nothing."""
    word, span = tree.name, resolver.phrase.span(*tree.at)
    if word in resolver.blocks or find(word) or find_lazy(word):
        kind = "a block" if word in resolver.blocks else "an operator"
        message = f"`{word}` is {kind}; a layer is written with parentheses"
        return Diagnostic("CV205", message, span, help=f"write `{word}()`")
    if word == "in_channels":
        message = "`in_channels` is known inside blocks only"
        return Diagnostic("CV204", message, span, help="write `_` to infer a number of channels")
    if word in resolver.item_names:
        later = Related(resolver.item_names[word].name_span(), "here")
        message = f"`{word}` stands further down"
        return Diagnostic("CV204", message, span, help="a layer can use those above it", related=(later,))
    constant = CONSTANTS_OF_YAML.get(word.casefold())
    help = help or (f"write `{constant}`" if constant else "")
    layers, short_words = scope.names(), filter(_stands_alone, SHORT_WORDS if scope.x is not None else ())
    help = help or suggestion(word, resolver.known_names(scope)) or suggestion(word, short_words)
    help = help or (f"known here: {listed(layers[-6:])}" if layers else "")
    return Diagnostic("CV204", f"no layer, argument or variable is called `{word}`", span, help=help)


def _stands_alone(word: str) -> bool:
    """Say whether a short word is a layer without any argument."""
    entry = SHORT_WORDS[word]
    arguments = operator(entry.operator.format(n=2)).arguments
    return all(a.default is not REQUIRED or a.inferred or name in entry.fixed for name, a in arguments.items())


def two_meanings(resolver: Any, tree: syntax.Name, layer: Span) -> Diagnostic:
    """Say which two things a name means: an argument of the block, and the layer above."""
    word, span = tree.name, resolver.phrase.span(*tree.at)
    around = [block for block in resolver.blocks.values() if _holds(block.body.span, layer)]
    named = (parameter.span for block in around for parameter in block.parameters if parameter.name == word)
    related = (Related(layer, "the layer"), Related(next(named, None), "the argument"))
    message = f"`{word}` means two things: the argument of this name, and the layer that hides it"
    return Diagnostic("CV121", message, span, help="give the layer another name", related=related)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.source is inner.source and outer.start <= inner.start < outer.end


def unknown_operator(resolver: Any, name: str, tree: syntax.Call, scope: Scope) -> Diagnostic:
    """Say what may be meant by a name that is called and cannot be."""
    span = resolver.phrase.span(*tree.function.at)
    entry = scope.find(name)
    bound = {**resolver.variables, **scope.arguments, **({name: entry.value} if entry else {})}
    if name in bound:
        if bound[name] is BROKEN:
            raise ConvcliError([])  # it has been complained of
        return Diagnostic("CV205", f"`{name}` is {kind_of(bound[name])}, and cannot be called", span)
    known = [*scope.names(), *resolver.blocks, *numbers.FUNCTIONS, "Sequential", "size", *names()]
    like = [other for other in known if other[:1].isupper() == name[:1].isupper()]  # a class, or a function
    like += [other for other in known if other.casefold() == name.casefold()]
    help = suggestion(name, like) or suggestion(name, known, cutoff=UNLIKELY)
    help = help or "`convcli ops` lists the operators; blocks stand under `blocks:`"
    return Diagnostic("CV201", f"there is no operator or block `{name}`", span, help=help)


def unknown_member(resolver: Any, tree: Any, scope: Scope, whole: Expression) -> Diagnostic:
    """Say what is wrong with a dotted name that stands for nothing; `whole` is what it begins, perhaps a call."""
    first = _first(tree)
    if isinstance(first, syntax.Name) and not _is_known(resolver, first.name, scope):
        return unknown_name(resolver, first, scope, _without_prefix(resolver, first, tree, scope))
    path = resolver.path(tree.value, scope)
    deeper = path is not None and not isinstance(tree.value, syntax.Name)
    value = resolver.tensors.get(path) if deeper else resolver.evaluate(tree.value, scope, scope.spot)
    if value is BROKEN:
        raise ConvcliError([])  # it has been complained of
    name = tree.name if isinstance(tree, syntax.Attribute) else str(tree.items[0].value)
    span = resolver.phrase.span(*tree.at)
    cls = find(name)
    if isinstance(value, Tensor | Several) and ((cls and not cls.module) or name in ("size", "shape")):
        return Diagnostic("CV205", "tensors have no methods here", span, help=f"write `{write(_as_function(whole))}`")
    if path is None:
        return Diagnostic("CV204", f"`{write(tree)}` is nothing that is known here", span)
    inside = [known[len(path) + 1 :] for known in resolver.tensors if known.startswith(f"{path}.")]
    if value is None and not inside:
        return unknown_member(resolver, tree.value, scope, tree.value)
    written = {one: write(member) for one in inside if (member := _member(tree.value, one))}
    help = suggestion(name, written, written=written) or f"`{write(tree.value)}` has " + (
        listed(written.values()) if written else "no named tensors inside"
    )
    return Diagnostic("CV204", f"there is no tensor `{write(tree)}`", span, help=help)


def _first(tree: Any) -> Expression:
    """Return what a dotted name begins with."""
    while isinstance(tree, syntax.Attribute | syntax.Index):
        tree = tree.value
    return tree  # type: ignore[no-any-return]


def _is_known(resolver: Any, word: str, scope: Scope) -> bool:
    return word in ("x", "input", *SHORT_WORDS) or _can_begin(resolver, word, scope)


def _can_begin(resolver: Any, word: str, scope: Scope) -> bool:
    """Say whether a name stands for something in this file, or can be called."""
    known = (*scope.arguments, *resolver.variables, *resolver.blocks, *numbers.FUNCTIONS, "size", "Sequential")
    return bool(word in known or scope.find(word) or find(word) or find_lazy(word))


def _without_prefix(resolver: Any, first: syntax.Name, tree: Any, scope: Scope) -> str:
    """Return the advice to leave out what a pasted line has in front: the `self.` of `self.conv1(x)`."""
    keep = None
    while tree is not first:
        own = tree.value is first and first.name == "self"
        if isinstance(tree, syntax.Attribute) and (own or _can_begin(resolver, tree.name, scope)):
            keep = tree
        tree = tree.value
    if keep is None:
        return ""
    text = resolver.phrase.text
    prefix = text[first.at[0] : keep.at[1] - len(keep.name)]
    rest = re.sub(rf"\b{re.escape(prefix)}", "", text[first.at[0] : _end(text, keep.at[1])])
    return f"leave `{prefix}` out: `{' '.join(rest.split())}`"


def _end(text: str, start: int) -> int:
    """Return where the brackets and dotted names end that follow a name."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth < 0 or (not depth and not (text[at].isalnum() or text[at] in "_.)]")):
            return at
    return len(text)


def _member(base: Expression, name: str) -> Expression | None:
    """Return the expression for what is called `name` inside of a scope, None if there is none."""
    if name.isidentifier():
        return syntax.Attribute(base, name)
    return syntax.Index(base, (syntax.Constant(int(name)),)) if name.isdigit() else None


def _as_function(tree: Any) -> Expression:
    """Turn methods into functions: `x.view(x.size(0), -1)` is `view(x, size(x, 0), -1)`."""
    if isinstance(tree, syntax.Attribute):  # `x.shape`, of which a size is wanted
        function, rest = syntax.Name("size" if tree.name == "shape" else tree.name), [syntax.Name("...")]
        return syntax.Call(function, (tree.value, *rest), ())
    if not isinstance(tree, syntax.Call) or not isinstance(tree.function, syntax.Attribute):
        return tree  # type: ignore[no-any-return]
    base = tree.function.value
    arguments = (_as_function(base) if isinstance(base, syntax.Call) else base, *map(_as_function, tree.arguments))
    return syntax.Call(syntax.Name(tree.function.name), arguments, tree.keywords)
