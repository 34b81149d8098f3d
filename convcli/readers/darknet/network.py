"""A Darknet file to a network in words: what each section is called, and what it may refer to."""

from collections.abc import Callable

from convcli.blocks import InputWords, Item, Items, Network, Stated, Words
from convcli.diagnostics import ConvcliError, Diagnostic, nearest, suggestion
from convcli.layer import syntax
from convcli.readers.complaints import in_order
from convcli.readers.darknet import convolutions, layers, recurrent
from convcli.readers.darknet.sections import Layer, Section, Sections
from convcli.readers.trees import Writer
from convcli.source import Source, Span

LAYERS: dict[str, Callable[[Section], Layer]] = {
    "convolutional": convolutions.convolutional,
    "deconvolutional": convolutions.deconvolutional,
    "local": convolutions.local,
    "connected": convolutions.connected,
    "maxpool": layers.maxpool,
    "local_avgpool": layers.local_avgpool,
    "avgpool": layers.avgpool,
    "upsample": layers.upsample,
    "reorg": layers.reorg,
    "reorg3d": layers.reorg,
    "crop": layers.crop,
    "route": layers.route,
    "shortcut": layers.shortcut,
    "scale_channels": layers.scale_channels,
    "sam": layers.scale_channels,
    "dropout": layers.dropout,
    "softmax": layers.softmax,
    "activation": layers.activate,
    "logistic": layers.plain("Sigmoid"),
    "batchnorm": layers.plain("BatchNorm2d", syntax.Name("_")),
    "normalization": layers.keeps("normalization"),
    "l2norm": layers.keeps("l2norm"),
    "cost": layers.plain("Identity"),
    "empty": layers.plain("Identity"),
    "contrastive": layers.keeps("contrastive"),
    "iseg": layers.keeps("iseg"),
    "yolo": layers.detector("yolo"),
    "gaussian_yolo": layers.detector("gaussian_yolo"),
    "region": layers.detector("region"),
    "detection": layers.detector("detection"),
    "rnn": recurrent.recurrent,
    "gru": recurrent.recurrent,
    "lstm": recurrent.recurrent,
    "crnn": recurrent.convolutional_recurrent,
    "conv_lstm": recurrent.convolutional_recurrent,
}
OTHER_NAMES = {
    "conv": "convolutional", "deconv": "deconvolutional", "conn": "connected", "max": "maxpool", "avg": "avgpool",
    "local_avg": "local_avgpool", "soft": "softmax", "lrn": "normalization", "silence": "empty", "network": "net",
}  # fmt: skip
SHORT = {"convolutional": "conv", "deconvolutional": "deconv"}
"""What layers are called here, before their number, if not by their type."""


def read_darknet(source: Source, name: str) -> Network:
    """Read a file; mistakes in single lines are in the network's `findings`.

    Raises:
        ConvcliError: there is no layer in it, or too much of it is wrong.
    """
    return _Reader(source).network(name)


class _Reader(Sections):
    """Writes the layers of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.writer = Writer(source)

    def network(self, name: str) -> Network:
        sections = self.read()
        first = sections[0] if sections else None
        if first is None or OTHER_NAMES.get(first.kind, first.kind) != "net":
            span = Span(self.source, *first.at) if first else None
            raise ConvcliError([*self.findings, Diagnostic("CV081", "a Darknet file begins with `[net]`", span)])
        items = [self.item(section, number) for number, section in enumerate(sections[1:])]
        body = Items(tuple(items), Span(self.source, 0, len(self.source.text)))
        if not items:
            span = Span(self.source, *first.at)
            raise ConvcliError(in_order([*self.findings, Diagnostic("CV081", "the file has no layers", span)]))
        inputs = self.inputs(first)
        outputs = self.outputs(sections)
        return Network(
            name, self.source.name, "darknet", body, inputs, outputs, findings=in_order(self.findings),
            stated=self.stated(first),
        )  # fmt: skip

    def stated(self, section: Section) -> dict[str, Stated]:
        """Return what the file says of its input, also where it does not say all."""
        if "channels" not in section.options:
            return {}
        return {"": Stated(section.number("channels", 3), 2, Span(self.source, *section.place("channels")))}

    def inputs(self, section: Section) -> tuple[InputWords, ...]:
        """Return the size that flows in: an image, or a row of numbers."""
        names: tuple[str, ...] = ("channels", "height", "width")
        if not any(name in section.options for name in names):
            if "inputs" not in section.options:
                return ()
            names = ("inputs",)
        sizes = [self.writer.words(syntax.Constant(section.number(name, 0), section.place(name))) for name in names]
        missing = [name for name in names if name not in section.options]
        if missing:
            near = nearest(missing[0], [name for name in section.options if name not in names])
            place, help = (
                (section.place(near), f"write `{missing[0]}` in place of `{near}`") if near else (section.at, "")
            )
            self.complain("CV081", f"`[net]` has no `{missing[0]}`", place, help)
            return ()
        return (InputWords("input", tuple(sizes), Span(self.source, *section.at)),)

    def item(self, section: Section, number: int) -> Item:
        """Write a layer, as one item that is named by its type and its number."""
        kind = OTHER_NAMES.get(section.kind.lower(), section.kind.lower())
        at = section.at
        self.names.append(f"{SHORT.get(kind, kind)}{number}")
        if kind not in LAYERS:
            if kind == "net":
                self.complain("CV081", "`[net]` stands at the beginning, once", at)
            else:
                help = suggestion(kind, LAYERS)
                self.complain("CV083", f"there is no layer `[{section.kind[:40]}]` here that is known", at, help)
            return self.writer.item(self.names[-1], syntax.Invalid(at))
        section.kind = kind
        made = LAYERS[kind](section)
        self.warn(section.slips())
        if not isinstance(made, dict):
            return self.writer.item(self.names[-1], made)
        return self.writer.scope(self.names[-1], [self.writer.item(*one) for one in made.items()], at)

    def outputs(self, sections: list[Section]) -> tuple[Words, ...]:
        """Return the detectors, and the last layer if it is none."""
        heads = [n for n, one in zip(self.names, sections[1:], strict=True) if one.kind in ("yolo", "gaussian_yolo")]
        heads += [self.names[-1]] * (self.names[-1] not in heads)
        return tuple(self.writer.words(syntax.Name(name, (0, 0))) for name in heads)
