"""A Caffe file to a network in words: which blob a layer reads, and what it is called."""

from convcli.blocks import InputWords, Item, Items, Network
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import At, Expression
from convcli.readers.caffe import layers, others, shapes
from convcli.readers.caffe.layer import Layer, Options
from convcli.readers.caffe.prototxt import Message, Text
from convcli.readers.complaints import Complaints
from convcli.readers.trees import Names, Writer, applied
from convcli.source import Source, Span

LAYERS: dict[str, layers.Write] = {
    "Convolution": layers.convolution,
    "Deconvolution": layers.convolution,
    "DepthwiseConvolution": layers.convolution,
    "ConvolutionDepthwise": layers.convolution,
    "Pooling": layers.pooling,
    "InnerProduct": layers.inner_product,
    "BatchNorm": layers.batch_norm,
    "Scale": layers.scale,
    "Bias": layers.scale,
    "Normalize": layers.normalize,
    "ReLU": layers.relu,
    "ReLU6": layers.plain("ReLU6"),
    "PReLU": layers.prelu,
    "ELU": layers.elu,
    "Sigmoid": layers.plain("Sigmoid"),
    "TanH": layers.plain("Tanh"),
    "Swish": layers.plain("SiLU"),
    "BNLL": layers.plain("Softplus"),
    "AbsVal": layers.function("abs"),
    "Exp": layers.function("exp"),
    "Log": layers.function("log"),
    "Power": layers.keeps,
    "Threshold": layers.keeps,
    "MVN": layers.keeps,
    "Dropout": layers.dropout,
    "LRN": layers.local_norm,
    "Softmax": layers.softmax,
    "Eltwise": shapes.eltwise,
    "Concat": shapes.concat,
    "Slice": shapes.slices,
    "Split": shapes.split,
    "Flatten": shapes.flatten,
    "Reshape": shapes.reshape,
    "Permute": shapes.permute,
    "Crop": shapes.crop,
    "Upsample": shapes.upsample,
    "Interp": shapes.upsample,
    "ShuffleChannel": shapes.shuffle,
    "Reduction": shapes.reduction,
    "Tile": others.tile,
    "Axpy": others.axpy,
    "Clip": others.clip,
    "Embed": others.embed,
    "Parameter": others.parameter,
    "RNN": others.recurrent,
    "LSTM": others.recurrent,
    "PriorBox": others.priors,
    "DetectionOutput": others.detections,
    "Proposal": others.proposals,
    "ROIPooling": others.regions,
    "PSROIPooling": others.regions,
    "SPP": others.pyramid,
}
OLD = {
    "INNER_PRODUCT": "InnerProduct", "RELU": "ReLU", "PRELU": "PReLU", "TANH": "TanH", "LRN": "LRN", "BNLL": "BNLL",
    "ABSVAL": "AbsVal", "MVN": "MVN", "SOFTMAX_LOSS": "SoftmaxWithLoss", "HDF5_DATA": "HDF5Data", "ARGMAX": "ArgMax",
    "HDF5_OUTPUT": "HDF5Output",
}  # fmt: skip
"""Types of old files whose names are not the new ones in capitals."""
DATA = ("Data", "ImageData", "HDF5Data", "WindowData", "AnnotatedData", "Python")
SHAPED = {"Input": "input_param", "DummyData": "dummy_data_param"}
"""Layers that say the shapes of what flows in, and where."""
LEFT_OUT = ("Accuracy", "Silence", "ArgMax", "HDF5Output", "DetectionEvaluate")
"""Beside losses, what is there for training and tests, and no part of what a network computes."""


def read_caffe(source: Source, name: str) -> Network:
    """Read a file; mistakes in single layers are in the network's `findings`.

    Raises:
        ConvcliError: it is no text of protobuf, or there is no layer in it.
    """
    return _Reader(source).network(name)


class _Reader:
    """Writes the layers of one file, as they are when it is tested."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.writer = Writer(source)
        self.complaints = Complaints(source)
        self.blobs: dict[str, str] = {}
        self.unread: dict[str, str] = {}
        self.taken = Names()
        self.shared: dict[tuple[str, ...], str] = {}
        self.inputs: list[InputWords] = []
        self.items: list[Item] = []

    def network(self, name: str) -> Network:
        top = Text(self.source).read()
        whole = Span(self.source, 0, len(self.source.text))
        self.old_inputs(top)
        found = [*top.messages("layer"), *top.messages("layers")]
        found = [one for one in found if _is_for_tests(one)]
        behind: Message | None = None
        for message, following in zip(found, [*found[1:], None], strict=True):
            if message is not behind:
                behind = _scale(message, following)
                self.layer(message, behind)
        if not self.items:
            nothing = Diagnostic("CV081", "the file has no layers: `layer { ... }`", whole._replace(end=1))
            raise ConvcliError([*self.complaints.findings, nothing])
        outputs = [self.writer.words(syntax.Name(one, (0, 0))) for one in dict.fromkeys(self.unread.values())]
        return Network(
            name, self.source.name, "caffe", Items(tuple(self.items), whole), tuple(self.inputs), tuple(outputs),
            findings=tuple(self.complaints.findings),
        )  # fmt: skip

    # ---- inputs

    def old_inputs(self, top: Message) -> None:
        """Read inputs that stand at the top: `input` with `input_shape`, or with four `input_dim`s."""
        own = Options("a network", top, Layer("input", top, [], 0, self.complaints))
        sizes, shapes = own.integers("input_dim"), own.shapes("input_shape")
        for place, name in enumerate(own.texts("input")):
            dims = shapes[place] if place < len(shapes) else sizes[4 * place : 4 * place + 4]
            self.input(name, dims, top.place("input"))
        self.complaints.warn(own.slips())

    def input(self, name: str, dims: list[int], at: At) -> None:
        """Add an input; the first of its sizes is the batch."""
        own = self.taken.new(name)
        self.blobs[name] = own
        if dims[1:]:
            sizes = tuple(self.writer.words(syntax.Constant(dim, at)) for dim in dims[1:])
            self.inputs.append(InputWords(own, sizes, Span(self.source, *at)))
        elif not self.inputs:
            self.blobs[name] = "input"  # its size is asked for

    def data(self, kind: str, message: Message) -> None:
        """Read a layer that gives what flows in; of several blobs those behind the first are labels."""
        layer = Layer(kind, message, [], 0, self.complaints)
        tops = message.texts("top")
        at = message.place("type")
        dims: list[list[int]] = []
        if kind == "MemoryData":
            own = layer.options("memory_data_param")
            dims = [[1, *(own.positive(name, 1) for name in ("channels", "height", "width"))]]
        elif kind in SHAPED:
            dims = layer.options(SHAPED[kind]).shapes()
        self.complaints.warn(layer.slips())
        for place, top in enumerate(tops if kind in SHAPED else tops[:1]):
            self.input(top, dims[min(place, len(dims) - 1)] if dims else [], at)

    # ---- layers

    def layer(self, message: Message, scale: Message | None) -> None:
        """Write one layer; a norm together with the scale behind it."""
        kind = _kind(message)
        if kind in ("MemoryData", *SHAPED, *DATA) and not message.texts("bottom"):
            self.data(kind, message)
            return
        bottoms, tops = message.texts("bottom"), message.texts("top")
        if kind in LEFT_OUT or kind.endswith("Loss"):
            return
        at = message.place("type")
        if not kind and message.messages("layer"):
            help = "Caffe's `upgrade_net_proto_text old.prototxt new.prototxt` writes it as later versions do"
            self.complaints.complain("CV081", "a layer of Caffe's oldest form is not read", message.at, help)
        elif kind not in LAYERS:
            help = suggestion(kind, LAYERS)
            self.complaints.complain("CV083", f"there is no layer `{kind[:40]}` here that is known", at, help)
        inputs = [self.blob(name, message) for name in bottoms]
        if not inputs and kind in LAYERS and kind != "Parameter":
            self.complaints.complain("CV081", f"{kind} reads no blob: `bottom` is missing", at)
        layer = Layer(kind, message, inputs, len(tops), self.complaints)
        if kind not in LAYERS or not (inputs or kind == "Parameter"):
            made: layers.Made = syntax.Invalid(at)
        else:
            wrong = len(self.complaints.findings)
            made = layers.whole_norm(layer) if scale else LAYERS[kind](layer)
            made = made if len(self.complaints.findings) == wrong else syntax.Invalid(at)
            self.complaints.warn(layer.slips())
        weights = (kind, *(one.text("name") for one in message.messages("param")))
        named = len(weights) > 1 and all(weights)
        if named and weights in self.shared and inputs:
            made = applied(syntax.Name(self.shared[weights], at), inputs[0])
        own = self.add(message.text("name", kind), made, (scale or message).texts("top"), at)
        if named:
            self.shared.setdefault(weights, own)

    def add(self, name: str, made: layers.Made, tops: list[str], at: At) -> str:
        """Add the items of a layer, one for each result; return what the last is called."""
        own = ""
        several = made if isinstance(made, list) else [made]
        for place, tree in enumerate(several):
            own = self.taken.new(name if len(several) == 1 else f"{name}_{place}")
            self.items.append(self.writer.item(own, tree)._replace(span=Span(self.source, *at)))
            for top in tops[place : place + 1] if len(several) > 1 else tops[:1]:
                self.blobs[top] = own
                self.unread[top] = own
        return own

    def blob(self, name: str, message: Message) -> Expression:
        """Return the tensor that a blob is at this point."""
        at = message.place("bottom")
        self.unread.pop(name, None)
        if name in self.blobs:
            return syntax.Name(self.blobs[name], at)
        help = suggestion(name, self.blobs)
        self.complaints.complain("CV082", f"no layer before this one has a top `{name[:80]}`", at, help)
        return syntax.Invalid(at)


def _kind(message: Message) -> str:
    """Return a layer's type; old files write it in capitals."""
    kind = message.text("type")
    if kind.isupper() and kind not in LAYERS:
        return OLD.get(kind) or "".join(part.capitalize() for part in kind.split("_"))
    return kind


def _is_for_tests(message: Message) -> bool:
    """Say whether a layer is there when the network is tested, and not in training alone."""
    phases = [one.text("phase") for one in message.messages("include")]
    left_out = [one.text("phase") for one in message.messages("exclude")]
    return (not phases or any(phase in ("TEST", "1", "") for phase in phases)) and "TEST" not in left_out


def _scale(message: Message, following: Message | None) -> Message | None:
    """Return the layer behind a norm that scales and shifts each channel, which makes both one norm."""
    if following is None or (_kind(message), _kind(following)) != ("BatchNorm", "Scale"):
        return None
    own = following.message("scale_param")
    usual = own.text("axis", "1") == "1" and own.text("num_axes", "1") == "1"
    shifts = own.text("bias_term", "false").lower() in ("true", "1")
    return following if usual and shifts and following.texts("bottom") == message.texts("top") else None
