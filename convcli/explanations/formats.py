"""CV08.: files in the formats of other tools."""

from convcli.explanations.record import Example, Explanation

_SMALL = "[net]\nwidth=32\nheight=32\nchannels=3\n\n"
_CONV = "[convolutional]\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky\n\n"


def _darknet(text: str, options: str = "") -> Example:
    """Make an example of the sections of a Darknet file."""
    return Example(f"convcli profile net.cfg {options}".rstrip(), beside=(("net.cfg", _SMALL + text),))


_BUNDLE = """network_def:
  _target_: SegResNet
  spatial_dims: 2
  in_channels: 1
  out_channels: 2
"""


def _bundle(outputs: int) -> Example:
    """Make an example of a bundle whose metadata tell of some channels that come out."""
    ends = (("inputs", "image", 1), ("outputs", "pred", outputs))
    parts = [
        f'"{end}": {{"{name}": {{"num_channels": {channels}, "spatial_shape": [64, 64]}}}}'
        for end, name, channels in ends
    ]
    metadata = f'{{"network_data_format": {{{", ".join(parts)}}}}}\n'
    return Example("convcli profile train.yaml", beside=(("train.yaml", _BUNDLE), ("metadata.json", metadata)))


FORMATS: tuple[Explanation, ...] = (
    Explanation(
        "CV080",
        "A file in no format that is known",
        "The format of a file is told by its name and its content; `--from FORMAT` says it. The message lists what was "
        "tried, and why it was none of them.",
        Example("convcli profile net.cfg", beside=(("net.cfg", "[settings]\nwidth=32\n"),)),
        _darknet(_CONV),
    ),
    Explanation(
        "CV081",
        "A file of another tool that is not written as that tool reads it",
        "The place is what cannot be read: a number that is none, a bracket that does not close, an entry that the "
        "format needs.",
        _darknet(_CONV.replace("filters=8", "filters=many")),
        _darknet(_CONV),
    ),
    Explanation(
        "CV082",
        "A layer refers to one that there is not",
        "Other formats name layers by their number, or by a name. The one that is meant has to stand before the layer "
        "that reads it.",
        _darknet(_CONV + "[shortcut]\nfrom=-4\nactivation=linear\n"),
        _darknet(_CONV + _CONV + "[shortcut]\nfrom=-2\nactivation=linear\n"),
    ),
    Explanation(
        "CV083",
        "A layer of another tool that is not known",
        "The format has a layer or a value of this name, or may have, and convcli does not know what it does to sizes.",
        _darknet(_CONV + "[convolve]\nfilters=8\n"),
        _darknet(_CONV + _CONV),
    ),
    Explanation(
        "CV084",
        "Layers of another tool that do not fit together",
        "The tool itself would stop here: a detector needs `(classes + 5) * mask` channels of the layer before it, "
        "say.",
        _darknet(_CONV + "[yolo]\nmask=0,1,2\nclasses=80\n"),
        _darknet(_CONV.replace("filters=8", "filters=255") + "[yolo]\nmask=0,1,2\nclasses=80\n"),
    ),
    Explanation(
        "CV085",
        "A file that does not say all of a network",
        "What `print(model)` shows are modules, and `Sequential` alone says that its modules run one after the other. "
        "Of others the parameters are counted, and their sizes are not known; `-i` has nowhere to flow. Weights that "
        "are no module, and modules that two names share, cannot be seen.",
        Example("convcli profile net.txt", beside=(("net.txt", "Net(\n  (a): Conv2d(3, 8, kernel_size=(3, 3))\n)\n"),)),
        Example(
            "convcli profile net.txt -i 3x32x32",
            beside=(("net.txt", "Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3))\n)\n"),),
        ),
    ),
    Explanation(
        "CV191",
        "A bundle of MONAI whose metadata say another output",
        "`metadata.json` beside the configuration says under `network_data_format` what flows into the network and "
        "what comes out of it. Programs that use the bundle rely on that. One of both is out of date.",
        _bundle(3),
        _bundle(2),
    ),
    Explanation(
        "CV192",
        "An option of another tool that is nearly one of its options",
        "The tool would leave it out, and so does convcli: the option that was meant has its usual value. Only "
        "names are looked at that are nearly one which counts; what is there for training says nothing here.",
        _darknet(_CONV.replace("stride=1", "strid=1")),
        _darknet(_CONV),
    ),
    Explanation(
        "CV194",
        "An input that the file contradicts",
        "A file of another tool says how many channels its network takes, and along how many axes it works. A size "
        "given with `-i` has the same: channels first, whatever the tool's own order is, and a batch may stand in "
        "front.",
        _darknet(_CONV, "-i 32x32x3"),
        _darknet(_CONV, "-i 3x32x32"),
    ),
)
