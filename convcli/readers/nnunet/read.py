"""Plans of nnU-Net as a network in words: each configuration is a variant, with its patch as the input.

Plans have had two forms: until 2.4 a configuration has the numbers themselves (`UNet_class_name`,
`conv_kernel_sizes`, ...), since then an `architecture` with the arguments of a class.
"""

from pathlib import Path

from convcli.blocks import InputWords, Item, Items, Network, Stated, Variable, Variant, Words
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping
from convcli.layer.syntax import (
    At,
    Attribute,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Index,
    Keyword,
    Name,
)
from convcli.quantity import UNKNOWN
from convcli.readers.definitions import definitions, texts
from convcli.readers.nnunet.classes import number_of_classes
from convcli.readers.nnunet.configuration import PlanReader
from convcli.readers.nnunet.record import CLASSES, Configuration
from convcli.readers.trees import fitted, unknown
from convcli.source import Source

FORMAT = "nnunet"
DEFINITIONS = texts(Path(__file__).parent / "blocks.yaml")


def read_plans(source: Source, name: str) -> Network:
    """Read plans; where no configuration is asked for, they are the first.

    Raises:
        ConvcliError: the text is no JSON, or has no configuration.
    """
    return _Reader(source, None).network(name)


class _Reader(PlanReader):
    """Turns configurations into words."""

    def network(self, name: str) -> Network:
        root = self.document()
        top = {key.text: node for key, node in root.items} if isinstance(root, Mapping) else {}
        found = self.configurations(top)
        if not found:
            message = "the plans have no configuration"
            raise ConvcliError(self.findings or [Diagnostic("CV088", message, root.span)])
        classes, other = number_of_classes(self.source)
        if other is not None:
            self.keep(other)
        first = found[0]
        tree: Expression = self.call(first)
        for one in reversed(found[1:]):
            test = Compare("==", Name("configuration", one.at), Constant(one.name, one.at), one.at)
            tree = Conditional(test, self.call(one), tree, one.at)
        item = Item("network", self.as_words(tree), self.whole.span(*first.at))
        levels = max(len(one.features) for one in found)
        library, blocks = definitions(DEFINITIONS, {one.network for one in found}, {"k": levels, "l": 1})
        whole = (first.at[0], first.at[0])
        plain = Variable("num_classes", self.as_words(Constant(classes or UNKNOWN, whole)), self.whole.span(*whole))
        image = InputWords("input", (self.as_words(Name("image", whole)),), self.whole.span(*first.at))
        return Network(
            self.text(top, "plans_name") or name, self.source.name, FORMAT, Items((item,), root.span),
            (image,), tuple(self.output(level, whole) for level in reversed(range(levels - 1))),
            (plain, *self.variables(first)),
            tuple(Variant(one.name, None, self.variables(one), None, self.whole.span(*one.at)) for one in found),
            blocks, library=library,
            findings=tuple(self.findings), chosen=first.name,
            stated=self.stated(found),
        )  # fmt: skip

    def stated(self, found: list[Configuration]) -> dict[str, Stated]:
        """Return what each configuration says of its input, if that does not hang on the classes."""
        known = [one for one in found if one.channels]
        return {one.name: Stated(one.channels, one.dims, self.whole.span(*one.patch.at)) for one in known}

    def variables(self, one: Configuration) -> tuple[Variable, ...]:
        """Return what a configuration says for the whole network."""
        own = {
            "configuration": Constant(one.name, one.at),
            "image": one.image(),
            "stages": Constant(len(one.features) if one.network in CLASSES else 0, one.at),
        }
        return tuple(Variable(name, self.as_words(tree), self.whole.span(*one.at)) for name, tree in own.items())

    def call(self, one: Configuration) -> Expression:
        """Return the call of a configuration's network; one of somebody's own gives classes for each place."""
        if one.network not in CLASSES:
            return fitted(lambda x: unknown(one.network, (x[0], UNKNOWN, *x[2:]), {"unknown": (UNKNOWN,)}), one.at)
        keywords = {**one.arguments(), "classes": Name("num_classes", one.at)}
        named = tuple(Keyword(name, tree, tree.at) for name, tree in keywords.items())
        return Call(Name(one.network, one.at), (), named, one.at)

    def output(self, level: int, at: At) -> Words:
        """Return what a level predicts, where there is such a level: training compares all of them."""
        decoder = Index(Attribute(Name("network", at), "decoder", at), (Constant(level, at),), at)
        there = Compare("<", Constant(level + 1, at), Name("stages", at), at)
        return self.as_words(Conditional(there, Attribute(decoder, "seg_layer", at), Constant(None, at), at))
