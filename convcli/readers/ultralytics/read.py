"""A model file of the YOLO family as a network in words: its rows, its scales as variants, its numbers as variables.

Nothing in it is evaluated: a module is looked up in a table, an argument is a number, a text, a list of them, a name
that the file itself has, or a layer of torch.nn.
"""

import math
from pathlib import Path

from convcli.blocks import Item, Items, Network, Variable, Variant, Words
from convcli.diagnostics import WARNING, Diagnostic, Refusal
from convcli.layer.syntax import Binary, Call, Expression, Name
from convcli.readers.definitions import definitions, texts
from convcli.readers.ultralytics.decoder import PARTS, Decoder
from convcli.readers.ultralytics.heads import HEADS, OTHER_HEADS, given_by, known, takes
from convcli.readers.ultralytics.modules import (
    DENSE,
    ONE_BY_ITSELF,
    OTHERWISE,
    SCALED,
    TAKES_SEVERAL,
    WRITERS,
    foreign,
    torch_layer,
)
from convcli.readers.ultralytics.resting import RESTING, resting
from convcli.readers.ultralytics.rows import Row
from convcli.readers.ultralytics.scaling import repeats
from convcli.readers.ultralytics.settings import SettingReader
from convcli.readers.ultralytics.top import STRUCTURE, VALUES
from convcli.readers.ultralytics.written import About, Written
from convcli.source import Source

FORMAT = "ultralytics"
FOLDER = Path(__file__).parent
LEAST_INNER, MOST_INNER = 3, 100
"""Inner modules that are written out where a row asks for fewer, and those that a row can ask for."""

DEFINITIONS = texts(*(FOLDER / f"{name}.yaml" for name in ("blocks", "seven", "heads")))
DEFINED = frozenset((*DEFINITIONS, *HEADS, "Concat"))


def read_ultralytics(source: Source, name: str) -> Network:
    """Read a model file at the scale that its name implies, or else its first.

    Mistakes in single rows are in the network's `findings`; the other rows are read all the same.

    Raises:
        ConvcliError: the text is no YAML.
    """
    return ModelReader(source, None).network(name)


class ModelReader(SettingReader):
    """Turns the rows of a file into words."""

    def network(self, name: str) -> Network:
        root = self.document()
        top = self.top(root)
        numbers = {key: node for key, node in top.items() if key not in STRUCTURE and key.isidentifier()}
        self.variables = frozenset(numbers)
        rows = self.rows(top)
        used = self.used(numbers)
        self.expect_keys(root, used)
        kept = {*VALUES, *used}
        numbers = {key: node for key, node in numbers.items() if key in kept or self.is_number(node)}
        self.variables = frozenset(numbers)
        about = self.about(top, rows)
        scales = self.scales(top)
        first = self.implied(top, scales)
        at = root.span._replace(end=root.span.start)
        inputs = self.inputs(numbers, rows, at)
        body = Items(tuple(item for row in rows for item in self.items(row, about)), root.span)
        variables = [Variable(key, self.as_words(self.argument(node)), node.span) for key, node in numbers.items()]
        variables += self.multiples(top) if first is None else scales[first]
        depths = [1.0, *(self.depth(own[0]) for own in scales.values())]
        library, blocks = definitions(
            DEFINITIONS, self.needed(rows, about), self.counts(rows, depths), self.activation(top)
        )
        return Network(
            name, self.source.name, FORMAT, body,
            inputs, self.outputs(rows, about), tuple(variables),
            tuple(Variant(name, None, tuple(own), None, own[0].span) for name, own in scales.items()),
            blocks, library=library, findings=tuple(self.findings), comments=self.comments,
            chosen=first, stated=self.stated(numbers),
        )  # fmt: skip

    def is_defined(self, module: str) -> bool:
        """Say whether it is known what a module is made of."""
        return module in WRITERS and module in DEFINED

    def items(self, row: Row, about: About) -> list[Item]:
        """Translate a row; the layers of RT-DETR's head, and weights that no image runs through, are items too."""
        one = self.written(row)
        whole = Name(f"model.{row.number}", one.at)
        parts = self.decoder(one) if row.module == "RTDETRDecoder" else [(whole.name, self.layer(one, about))]
        if row.module in RESTING and not about.with_anchors:
            parts += resting(row.module, whole, self.text, one.tensors)
        if row.module == "ImagePoolingAttn":
            self.reread = whole
        return [Item(name, self.as_words(tree), row.span) for name, tree in parts]

    def written(self, row: Row) -> Written:
        """Return a row with what it takes."""
        at = (row.named.start, row.span.end)
        tensors = tuple(Name(self.image if number < 0 else f"model.{number}", at) for number in row.sources)
        arguments = [self.argument(node) for node in row.arguments]
        text = self.text if row.module in HEADS else self.reread or self.text
        return Written(row, tensors, arguments, at, (row.named.start, row.named.end), text)

    def decoder(self, one: Written) -> list[tuple[str, Expression]]:
        """Translate the head of RT-DETR into its layers."""
        try:
            return Decoder(one).write()
        except Refusal as refusal:
            self.complain(refusal.code, refusal.message, one.row.span)
            return []

    def layer(self, one: Written, about: About) -> Expression:
        """Translate any other row."""
        row = one.row
        if not self.fits(row, about):
            return foreign(one)
        if row.module.startswith(("nn.", "torch.nn.")):
            tree = torch_layer(about, one)
        elif self.is_defined(row.module):
            tree = WRITERS[row.module](about, one)
        else:
            self.warn_of(row)
            return foreign(one)
        if row.repeats > 1 and row.module not in ONE_BY_ITSELF:
            tree = Binary("*", tree, repeats(row.repeats, row.at), one.at)
        return tree if row.module in TAKES_SEVERAL else Call(tree, one.tensors[:1], (), one.at)

    def warn_of(self, row: Row) -> None:
        """Say that a module is not known."""
        if row.module:  # of a row that cannot be read it is said
            message = f"`{row.module}` is a module that convcli does not know: its parameters and costs are not counted"
            kept = row.module not in SCALED and row.module not in OTHER_HEADS
            help = "it is taken to keep the channels and the size of what flows in" if kept else ""
            self.keep(Diagnostic("CV089", message, row.named, help=help, level=WARNING))

    @staticmethod
    def needed(rows: list[Row], about: About) -> set[str]:
        """Return the names of the definitions that rows need."""
        heads = {known(about, row.module).definition for row in rows if row.module in HEADS}
        heads |= PARTS if "RTDETRDecoder" in heads else set()
        return {row.module for row in rows} | heads | {OTHERWISE[row.module] for row in rows if row.module in OTHERWISE}

    def counts(self, rows: list[Row], depths: list[float]) -> dict[str, int]:
        """Return how many inner modules and how many levels there are at most."""
        inner, levels = LEAST_INNER, 1
        for row in rows:
            if row.module in DENSE and row.repeats * max(depths) > MOST_INNER:
                message = f"`{row.module}` stands {row.repeats} times, and has {MOST_INNER} inner modules at most"
                self.complain("CV086", message, self.whole.span(*row.at))
            elif row.module in DENSE:
                inner = max(inner, math.ceil(row.repeats * max(depths)))
            if row.module in TAKES_SEVERAL:
                levels = max(levels, len(row.sources))
        return {"k": inner, "l": min(levels, MOST_INNER)}

    def outputs(self, rows: list[Row], about: About) -> tuple[Words, ...]:
        """Return what the last row gives: what its head predicts, and what training or masks need beside it."""
        last = rows[-1] if rows else None
        if last is None or last.module not in HEADS:
            return ()
        return tuple(map(self.as_words, given_by(about, last, (last.named.start, last.span.end))))

    def fits(self, row: Row, about: About) -> bool:
        """Say whether a module gets as many tensors as it takes; complain where it does not."""
        count, help = len(row.sources), ""
        wanted = takes(known(about, row.module), count) if row.module in HEADS else ""
        if row.module == "Shortcut" and count != 2:
            wanted = "two tensors"
        elif count > 1 and row.module not in TAKES_SEVERAL and row.module in WRITERS:
            wanted, help = "one tensor", "`Concat` joins tensors: `[[-1, 6], 1, Concat, [1]]`"
        if wanted:
            self.complain("CV086", f"`{row.module}` takes {wanted}, found {count}", row.span, help)
        elif row.module in SCALED and not row.arguments:
            help = f"write them as its first argument: `[-1, 1, {row.module}, [256]]`"
            self.complain("CV086", f"`{row.module}` needs the number of its output channels", row.span, help)
            return False
        return not wanted
