"""CV07.: a network cannot be written in another format, or not with all its names."""

from convcli.explanations.record import Example, Explanation

NET = "input: [3, 32, 32]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n  - relu: ReLU()\n"
TAKEN = "input: [3, 32, 32]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n  - forward: ReLU()\n"
FIXED = "input: [3, 32, 32]\nlayers:\n  - reshape(x, 1, 96, 32)\n"
FREE = FIXED.replace("1, 96", "size(x, 0), 96")

CONVERSIONS: tuple[Explanation, ...] = (
    Explanation(
        "CV070",
        "There is no such format to convert to",
        "`convcli convert` writes the formats that `--to` has, or the one that the suffix of `-o` tells: .py, .yaml, "
        ".onnx, .mmd, .dot, .svg. A suffix that tells another format than `--to` is refused: whoever opens the file "
        "would be misled.",
        Example("convcli convert net.yaml --to pytorch", NET),
        Example("convcli convert net.yaml --to torch", NET),
    ),
    Explanation(
        "CV071",
        "The file is there already",
        "A file that was written once may have been edited since. `--force` replaces it; the network that is read is "
        "replaced by nothing.",
        Example("convcli convert net.yaml -o net.py", NET, (("net.py", "import torch\n"),)),
        Example("convcli convert net.yaml -o net.py --force", NET, (("net.py", "import torch\n"),)),
    ),
    Explanation(
        "CV072",
        "Boxes cannot be coloured by this, or there are none",
        "`--depth` and `--cost` are for diagrams. `--cost` colours the boxes of one by their MACs, their parameters, "
        "or the bytes of their outputs: `macs`, `params`, `memory`.",
        Example("convcli convert net.yaml --to dot --cost flops", NET),
        Example("convcli convert net.yaml --to dot --cost macs", NET),
    ),
    Explanation(
        "CV073",
        "A layer has another name in what was written",
        "A format has names that it takes for itself: `nn.Module` has a `forward`, a `type`, a `train`, and a layer of "
        "this name gets an underscore; in a network file names have letters, digits, `_` and `-` only, and stand once "
        "in their list. What is written computes the same, but its checkpoints and reports have the new names. Give "
        "the layer another name if that matters.",
        Example("convcli convert net.yaml --to torch", TAKEN),
        Example("convcli convert net.yaml --to torch", NET),
    ),
    Explanation(
        "CV074",
        "The network cannot be written in this format",
        "A network file that convcli writes is read again before it is handed out, and must be the same network. "
        "Where the language has no words for a network, a scope that is called twice and does not do the same both "
        "times, say, there is no file rather than a wrong one. PyTorch source can say any network, but an operator "
        "that we have no name for can be in neither; a diagram shows it.",
        None,
        None,
    ),
    Explanation(
        "CV090",
        "What was written runs for one batch only",
        "Source that convcli writes asks its tensors for the batch, wherever the network takes any: it is made for "
        "several, and what differs between them is the batch. A graph that was exported for one batch, a model that "
        "refuses others, or a layer whose size depends on the batch says nothing more than one. `--batch` chooses it "
        "where there is a choice; for a `.pt2` export it with a dynamic batch.",
        Example("convcli convert net.yaml --to torch", FIXED),
        Example("convcli convert net.yaml --to torch", FREE),
    ),
)
