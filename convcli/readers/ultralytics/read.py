"""A model file of the YOLO family as a network in words: its rows, its scales as variants, its numbers as variables.

Nothing in it is evaluated: a module is looked up in a table, an argument is a number, a text, a list of them, a name
that the file itself has, or a layer of torch.nn.
"""

import math
import re
from pathlib import Path

from convcli.blocks import InputWords, Item, Items, Network, Variable, Variant, Words
from convcli.diagnostics import WARNING, Diagnostic, Refusal
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer.syntax import At, Binary, Call, Constant, Expression, Name
from convcli.readers.definitions import definitions, texts
from convcli.readers.ultralytics.decoder import PARTS, Decoder
from convcli.readers.ultralytics.heads import HEADS, OTHER_HEADS, given_by, known
from convcli.readers.ultralytics.modules import (
    DENSE,
    ONE_BY_ITSELF,
    OTHERWISE,
    SCALED,
    TAKES_SEVERAL,
    TAKES_TEXT,
    WRITERS,
    foreign,
    torch_layer,
)
from convcli.readers.ultralytics.resting import RESTING, resting
from convcli.readers.ultralytics.rows import TRUE, Row, RowReader
from convcli.readers.ultralytics.scaling import repeats
from convcli.readers.ultralytics.written import About, Written
from convcli.source import Source, Span

FORMAT = "ultralytics"
FOLDER = Path(__file__).parent
STRUCTURE = frozenset(("backbone", "head", "scales", "scale", "activation", "depth_multiple", "width_multiple"))
"""Keys that are no variables."""

UNLIMITED = 2**63 - 1
"""The most channels of a file that states no limit."""

CLASSES, TEXT = 80, 512
"""How many texts there are, and how long the vector of each is, unless somebody says otherwise."""
IMAGE, IMAGE_TO_CLASSIFY = 640, 224
"""The sizes that these networks are trained at, unless somebody says otherwise; the files do not state them."""

SCALE_IN_NAME = re.compile(r"yolo(?:e-)?v?\d+([nslmx])", re.IGNORECASE)
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


class ModelReader(RowReader):
    """Turns the rows of a file into words."""

    text: Expression | None = None
    """What texts mean, where the network is given any."""
    reread: Expression | None = None
    """The same, once the network has looked at its image with them."""

    def network(self, name: str) -> Network:
        root = self.document()
        top = {key.text: node for key, node in root.items} if isinstance(root, Mapping) else {}
        numbers = {key: node for key, node in top.items() if key not in STRUCTURE and key.isidentifier()}
        self.variables = frozenset(numbers)
        rows = self.rows(top)
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
            chosen=first,
        )  # fmt: skip

    # ---- what the file says beside its rows

    def inputs(self, numbers: dict[str, Node], rows: list[Row], at: Span) -> tuple[InputWords, ...]:
        """Return the image, and where the head tells classes by texts a vector for each."""
        image = IMAGE_TO_CLASSIFY if any(row.module == "Classify" for row in rows) else IMAGE
        colours = self.plain(numbers.get("ch", numbers.get("channels"))) or 3
        shape = tuple(self.as_words(Constant(size, (at.start, at.end))) for size in (colours, image, image))
        found = [InputWords("input", shape, at)]
        takes = [row for row in rows if row.module in TAKES_TEXT]
        if takes:
            last = takes[-1]
            place = HEADS[last.module].text if last.module in HEADS else None
            given = [self.argument(node) for node in last.arguments] if place else []
            wanted = ((0, CLASSES), (place or 0, TEXT))
            sizes = [given[which] if given[which:] else Constant(other) for which, other in wanted]
            found.append(InputWords("text", tuple(map(self.as_words, sizes)), last.named))
            self.text = Name("text", (last.named.start, last.named.end))
        return tuple(found)

    def about(self, top: dict[str, Node], rows: list[Row]) -> About:
        """Return what decides about rows beside themselves."""
        classes, twice = top.get("nc"), top.get("end2end")
        named = {node.text for row in rows for node in row.arguments if isinstance(node, Scalar)}
        return About(
            self.integer(classes) if classes else None,
            "anchors" in named,
            "anchors" in top and "anchors" not in named,
            isinstance(top.get("anchors"), Scalar),
            isinstance(twice, Scalar) and twice.text in TRUE,
            any(row.module in ("C3k2", "A2C2f") for row in rows),
            "reg_max" in top,
        )

    def scales(self, top: dict[str, Node]) -> dict[str, list[Variable]]:
        """Return the variables of each scale: `n: [depth, width, max_channels]`."""
        node = top.get("scales")
        if node is not None and not isinstance(node, Mapping):
            self.complain("CV086", "`scales` has a line for each scale: `n: [0.33, 0.25, 1024]`", node.span)
        found: dict[str, list[Variable]] = {}
        for key, value in node.items if isinstance(node, Mapping) else ():
            items = value.items if isinstance(value, Sequence) else ()
            sizes = [self.plain(item) for item in items]
            if len(sizes) != 3 or None in sizes:
                help = "depth and width are multiples, the third number is the most channels"
                message = f"the scale `{key.text}` is three numbers: `[0.33, 0.25, 1024]`"
                self.complain("CV086", message, value.span, help)
                continue
            names = ("depth", "width", "max_channels")
            own = [
                Variable(name, self.as_words(self.argument(item)), item.span)
                for name, item in zip(names, items, strict=True)
            ]
            at = (key.span.start, key.span.end)
            found[key.text] = [*own, Variable("scale", self.as_words(Constant(key.text, at)), key.span)]
        return found

    @staticmethod
    def depth(variable: Variable) -> float:
        """Return the number that a variable of a scale has."""
        tree = variable.value.tree
        return float(tree.value) if isinstance(tree, Constant) and isinstance(tree.value, int | float) else 1.0

    def multiples(self, top: dict[str, Node]) -> list[Variable]:
        """Return the same variables of a file without scales."""
        found = []
        for name, key in (("depth", "depth_multiple"), ("width", "width_multiple")):
            node = top.get(key)
            if node is not None and self.plain(node) is None:
                self.complain("CV086", f"`{key}` is a number", node.span)
            tree = self.argument(node) if node is not None else Constant(1.0)
            found.append(Variable(name, self.as_words(tree), self.whole.span(*tree.at)))
        start = self.whole.span(0, 0)
        found.append(Variable("max_channels", self.as_words(Constant(UNLIMITED)), start))
        return [*found, Variable("scale", self.as_words(Constant("")), start)]

    def implied(self, top: dict[str, Node], scales: dict[str, list[Variable]]) -> str | None:
        """Return the scale that the file's name or its key `scale` says, or else the first."""
        named = SCALE_IN_NAME.match(Path(self.source.name).name)
        own = top.get("scale")
        for name in (own.text if isinstance(own, Scalar) else None, named[1].lower() if named else None):
            if name in scales:
                return name
        return next(iter(scales), None)

    def plain(self, node: Node | None) -> int | float | None:
        """Return a number, None where there is none."""
        tree = self.argument(node) if isinstance(node, Scalar) else None
        value = tree.value if isinstance(tree, Constant) else None
        return (
            value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None
        )

    def activation(self, top: dict[str, Node]) -> str:
        """Return the file's activation as a layer of ours; only a call with numbers is taken."""
        node = top.get("activation")
        if node is None:
            return "SiLU()"
        tree = self.argument(node)
        if isinstance(tree, Call) and isinstance(node, Scalar) and re.fullmatch(r"[\w.]+\([\w.,= +-]*\)", node.text):
            return node.text
        self.complain("CV086", "the activation is a layer of torch.nn: `nn.ReLU()`, `nn.LeakyReLU(0.1)`", node.span)
        return "SiLU()"

    # ---- rows

    def is_defined(self, module: str) -> bool:
        """Say whether it is known what a module is made of."""
        return module in WRITERS and module in DEFINED

    def items(self, row: Row, about: About) -> list[Item]:
        """Translate a row; the weights of a head that no image runs through are items of their own."""
        if row.module == "RTDETRDecoder":
            return self.decoder(row)
        found = [self.item(row, about)]
        if row.module in RESTING and not about.with_anchors:
            at = (row.named.start, row.span.end)
            levels = self.tensors(row, at)
            parts = resting(row.module, Name(f"model.{row.number}", at), self.text, levels)
            found += [Item(name, self.as_words(tree), row.span) for name, tree in parts]
        if row.module == "ImagePoolingAttn":
            self.reread = Name(f"model.{row.number}", (row.named.start, row.span.end))
        return found

    def decoder(self, row: Row) -> list[Item]:
        """Translate the head of RT-DETR, whose layers are items of their own."""
        at = (row.named.start, row.span.end)
        arguments = [self.argument(node) for node in row.arguments]
        try:
            parts = Decoder(Written(row, self.tensors(row, at), arguments, at, at)).write()
        except Refusal as refusal:
            self.complain(refusal.code, refusal.message, row.span)
            return []
        return [Item(name, self.as_words(tree), row.span) for name, tree in parts]

    @staticmethod
    def tensors(row: Row, at: At) -> tuple[Expression, ...]:
        """Return what a row takes."""
        return tuple(Name("input" if number < 0 else f"model.{number}", at) for number in row.sources)

    def item(self, row: Row, about: About) -> Item:
        """Translate a row."""
        at = (row.named.start, row.span.end)
        name_at = (row.named.start, row.named.end)
        arguments = [self.argument(node) for node in row.arguments]
        tensors = self.tensors(row, at)
        text = self.text if row.module in HEADS else self.reread or self.text
        one = Written(row, tensors, arguments, at, name_at, text)
        self.check_sources(row)
        if row.module.startswith(("nn.", "torch.nn.")):
            tree = torch_layer(about, one)
        elif self.is_defined(row.module):
            tree = WRITERS[row.module](about, one)
        else:
            self.warn_of(row)
            return Item(f"model.{row.number}", self.as_words(foreign(one)), row.span)
        if row.repeats > 1 and row.module not in ONE_BY_ITSELF:
            tree = Binary("*", tree, repeats(row.repeats, row.at), at)
        if row.module not in TAKES_SEVERAL:
            tree = Call(tree, tensors[:1], (), at)
        return Item(f"model.{row.number}", self.as_words(tree), row.span)

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

    def check_sources(self, row: Row) -> None:
        """Complain of a module that takes one tensor and gets several."""
        if len(row.sources) > 1 and row.module not in TAKES_SEVERAL and row.module in WRITERS:
            message = f"`{row.module}` takes one tensor, found {len(row.sources)}"
            self.complain("CV086", message, row.span, "`Concat` joins tensors: `[[-1, 6], 1, Concat, [1]]`")
