"""What a model file says beside its rows: scales, numbers, its activation, what flows in."""

import math
import re
from pathlib import Path

from convcli.blocks import InputWords, Stated, Variable
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer.syntax import Call, Constant, Expression, Name
from convcli.readers.ultralytics.heads import HEADS
from convcli.readers.ultralytics.modules import TAKES_TEXT
from convcli.readers.ultralytics.rows import TRUE, Row, RowReader
from convcli.readers.ultralytics.written import About
from convcli.source import Span

UNLIMITED = 2**63 - 1
"""The most channels of a file that states no limit."""

CLASSES, TEXT = 80, 512
"""How many texts there are, and how long the vector of each is, unless somebody says otherwise."""
IMAGE, IMAGE_TO_CLASSIFY = 640, 224
"""The sizes that these networks are trained at, unless somebody says otherwise; the files do not state them."""

SCALE_IN_NAME = re.compile(r"yolo(?:e-)?v?\d+([nslmx])", re.IGNORECASE)


class SettingReader(RowReader):
    """Reads what stands beside the rows."""

    image = "input"
    """What the first input is called."""
    text: Expression | None = None
    """What texts mean, where the network is given any."""
    reread: Expression | None = None
    """The same, once the network has looked at its image with them."""

    def inputs(self, numbers: dict[str, Node], rows: list[Row], at: Span) -> tuple[InputWords, ...]:
        """Return the image, and where the head tells classes by texts a vector for each."""
        image = IMAGE_TO_CLASSIFY if any(row.module == "Classify" for row in rows) else IMAGE
        colours = self.plain(numbers.get("ch", numbers.get("channels"))) or 3
        shape = tuple(self.as_words(Constant(size, (at.start, at.end))) for size in (colours, image, image))
        takes = [row for row in rows if row.module in TAKES_TEXT]
        self.image = "image" if takes else "input"
        found = [InputWords(self.image, shape, at)]
        if takes:
            last = takes[-1]
            place = HEADS[last.module].text if last.module in HEADS else None
            given = [self.argument(node) for node in last.arguments] if place else []
            wanted = ((0, CLASSES), (place or 0, TEXT))
            sizes = [given[which] if given[which:] else Constant(other) for which, other in wanted]
            found.append(InputWords("text", tuple(map(self.as_words, sizes)), last.named))
            self.text = Name("text", (last.named.start, last.named.end))
        return tuple(found)

    def stated(self, numbers: dict[str, Node]) -> dict[str, Stated]:
        """Return what the file says of its image; without the number of its channels nothing."""
        node = numbers.get("ch", numbers.get("channels"))
        found = self.plain(node)
        return {"": Stated(found, 2, node.span)} if node is not None and isinstance(found, int) else {}

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
