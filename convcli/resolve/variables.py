"""The variables of a network: the file's, replaced by a variant's, replaced by `--set`."""

from typing import Any, NoReturn

from convcli.blocks import Network, Variable, Words
from convcli.diagnostics import ConvcliError, Diagnostic, listed, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import At
from convcli.ops.catalogue import find, find_lazy
from convcli.quantity import UNKNOWN
from convcli.resolve.expression import Evaluating
from convcli.resolve.state import MAX_LAYERS
from convcli.resolve.values import Numbering, Scope, Tensor, holds_tensor


def settle_variables(
    network: Network, variant: str | None, settings: tuple[tuple[str, Words], ...]
) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """Return the value of each variable, whatever the order in which they refer to each other.

    A variable without a value (a circle, a mistake) is unknown, and complained of in the second result.

    Raises:
        ConvcliError: an unknown variant or variable.
    """
    words = {variable.name: variable.value for variable in network.variables}
    words.update(_variant(network, variant, words))
    for name, value in settings:
        if name not in words:
            raise ConvcliError([_unknown("CV004", "variable", name, words, value)])
        words[name] = value
    variables, found = _Variables(network, words).all()
    return variables, (*_strays(network, words), *found)


def _variant(network: Network, name: str | None, words: dict[str, Words]) -> dict[str, Words]:
    lineage = network.lineage(name)
    if name is not None and not lineage:
        known = {variant.name: None for variant in network.variants}
        raise ConvcliError([_unknown("CV005", "variant", name, known, None)])
    replaced = [variable for variant in lineage for variable in variant.variables]
    return {variable.name: variable.value for variable in replaced if variable.name in words}


def _strays(network: Network, words: dict[str, Words]) -> tuple[Diagnostic, ...]:
    """Complain of variables that variants replace and that the file does not have."""
    variables = [variable for variant in network.variants for variable in variant.variables]
    return tuple(_stray(variable, words) for variable in variables if variable.name not in words)


def _stray(variable: Variable, words: dict[str, Words]) -> Diagnostic:
    return _unknown("CV004", "variable", variable.name, words, variable.value)._replace(span=variable.span)


def _unknown(code: str, kind: str, name: str, known: "dict[str, Any]", value: Words | None) -> Diagnostic:
    help = suggestion(name, known) or f"the network's {kind}s are: {listed(known) or 'none'}"
    return Diagnostic(code, f"the network has no {kind} `{name}`", value.span if value else None, help=help)


class _Variables(Evaluating):
    """Evaluates each variable when it is first asked for."""

    def __init__(self, network: Network, words: dict[str, Words]) -> None:
        super().__init__(network, {}, MAX_LAYERS)
        self.words = words
        self.open: list[str] = []
        self.circles: set[str] = set()

    def all(self) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
        found: list[Diagnostic] = []
        for name in self.words:
            if name in self.circles:  # the complaint is made
                continue
            try:
                self.value(name)
            except ConvcliError as error:
                found.extend(error.diagnostics)
        for name in self.words:
            self.variables.setdefault(name, UNKNOWN)  # so that what uses it is looked at all the same
        return self.variables, tuple(dict.fromkeys(found))

    def invalid(self, tree: syntax.Invalid, scope: Scope, spot: Any, tail: bool) -> Any:
        raise ConvcliError([])  # what could not be read has been complained of already

    def value(self, name: str) -> Any:
        if name in self.variables:
            return self.variables[name]
        phrase, self.phrase = self.phrase, self.words[name].phrase
        tree = self.words[name].tree
        if name in self.open:
            members = self.open[self.open.index(name) :]
            self.circles.update(members)
            circle = " -> ".join([*members, name])
            self.refuse("CV113", f"variables refer to each other in a circle: {circle}", tree.at)
        self.open.append(name)
        try:
            scope = Scope(Numbering("", ""), None, {}, None)
            value = self.evaluate(tree, scope, scope.spot)
            if holds_tensor(value):
                self.refuse_layer(repr(value), tree.at)
            self.variables[name] = value
        finally:
            self.open.pop()
            self.phrase = phrase
        return value

    def refuse_layer(self, found: str, at: At) -> NoReturn:
        """Refuse a value that only a block can have."""
        name = self.open[-1]
        help = f"a layer with a name is a block: under `blocks:` write `{name}():`, the layer below it, and `{name}()`"
        message = f"a variable is a number, a string or a list of them, found {found}"
        self.refuse("CV114", message, at, f"{help} where it is used")

    def current(self, scope: Scope, at: At) -> Tensor:
        self.refuse_layer("a layer", at)  # there is no tensor that it could be applied to

    def known_names(self, scope: Scope) -> list[str]:
        return [name for name in self.words if name not in self.open]

    def name(self, tree: syntax.Name, scope: Scope, spot: Any, tail: bool) -> Any:
        if tree.name in self.words:
            return self.value(tree.name)
        if tree.name in ("x", "input", "_"):
            help = "variables are worked out before anything flows"
            self.refuse("CV114", f"`{tree.name}` has no meaning in a variable", tree.at, help)
        if tree.name in self.blocks or find(tree.name) or find_lazy(tree.name):
            self.refuse_layer("a block" if tree.name in self.blocks else "an operator", tree.at)
        try:
            return super().name(tree, scope, spot, tail)
        except ConvcliError as error:
            whole = tree is self.words[self.open[-1]].tree
            help = f'a string has quotes: "{tree.name}"' if whole else f"the variables are: {listed(self.words)}"
            raise ConvcliError([found._replace(help=found.help or help) for found in error.diagnostics]) from None
