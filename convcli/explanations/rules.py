"""CV301 to CV399: what the rules have against an architecture. `profile` and `shape` warn; the exit code stays 0."""

from convcli.explanations.record import Explanation, network, shape

RULES: tuple[Explanation, ...] = (
    Explanation(
        "CV301",
        "Rows or columns of the input are dropped",
        "A stride does not divide what there is, and no window reads the last rows or columns. Padding does not count, "
        "nor do the regular gaps of a kernel that is shorter than its stride. A padding, `ceil_mode=True` or another "
        "input size reads them. docs/rules.md#dropped-pixels says when it is fine.",
        shape("MaxPool2d(2)", "8x15x15"),
        shape("MaxPool2d(2, ceil_mode=True)", "8x15x15"),
    ),
    Explanation(
        "CV302",
        "Branches meet that look at different places",
        "Units that are added or joined have receptive fields of different strides, or with middles in different "
        "places. Even kernels with `padding='same'` and even pools beside odd kernels do that. "
        "docs/rules.md#misaligned-branches says what is compared, and when it is fine.",
        shape("AvgPool2d(2) + Conv2d(8, 8, 3, stride=2, padding=1)", "8x32x32"),
        shape("AvgPool2d(3, stride=2, padding=1) + Conv2d(8, 8, 3, stride=2, padding=1)", "8x32x32"),
    ),
    Explanation(
        "CV303",
        "Dilated convolutions leave holes",
        "Convolutions in a row whose dilations have a divisor in common read a grid of positions, and nothing in "
        "between; their neighbours read another grid. Dilations such as 1, 2, 5 read every position. "
        "docs/rules.md#gridding says how that is decided.",
        shape("Conv2d(8, 8, 3, padding=2, dilation=2) * 3", "8x32x32"),
        shape("Conv2d(8, 8, 3, padding=1) | Conv2d(8, 8, 3, padding=2, dilation=2)", "8x32x32"),
    ),
    Explanation(
        "CV304",
        "A bias in front of a normalisation does nothing",
        "A batch norm subtracts the mean of each channel, and with it whatever the bias of the layer in front has "
        "added; the norm has a bias of its own. docs/rules.md#bias-before-norm says which normalisations do that.",
        shape("Conv2d(3, 8, 3) | BatchNorm2d(8)", "3x32x32"),
        shape("Conv2d(3, 8, 3, bias=False) | BatchNorm2d(8)", "3x32x32"),
    ),
    Explanation(
        "CV305",
        "A layer is computed for nothing",
        "No output of the network depends on it: its result has a name, and nobody uses that. What only it needs is "
        "counted with it. An operator in place counts as used where the tensor that it changes is read later. "
        "docs/rules.md#dead-layer has more.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - stem: Conv2d(3, 8, 3)",
            "  - head: Linear(_, 10)",
            "  - relu(stem)",
        ),
        network(
            "input: [3, 32, 32]",
            "outputs: [head, out]",
            "layers:",
            "  - stem: Conv2d(3, 8, 3)",
            "  - head: Linear(_, 10)",
            "  - out: relu(stem)",
        ),
    ),
    Explanation(
        "CV306",
        "A transposed convolution covers its output unevenly",
        "Where the kernel is no multiple of the stride, neighbouring positions of the output get different numbers of "
        "the kernel's elements, which shows as a checkerboard; where it is shorter, some get none. "
        "docs/rules.md#checkerboard says when it is fine.",
        shape("ConvTranspose2d(16, 8, 3, stride=2, padding=1)", "16x32x32"),
        shape("ConvTranspose2d(16, 8, 4, stride=2, padding=1)", "16x32x32"),
    ),
    Explanation(
        "CV307",
        "A kernel lies on padding",
        "The map is so small, or the dilation so large, that at least half of the kernel's elements meet nothing but "
        "zeros wherever the kernel stands: they have no effect, and get no gradient. "
        "docs/rules.md#padded-kernel has more.",
        shape("Conv2d(8, 8, 3, padding=1)", "8x1x1"),
        shape("Conv2d(8, 8, 1)", "8x1x1"),
    ),
    Explanation(
        "CV308",
        "An activation follows itself",
        "A ReLU, ReLU6 or Hardtanh changes nothing of what it has made itself; the second one is a slip, most often "
        "at the seam of two blocks. docs/rules.md#repeated-activation has more.",
        shape("Conv2d(3, 8, 3) | ReLU() | ReLU()", "3x32x32"),
        shape("Conv2d(3, 8, 3) | ReLU()", "3x32x32"),
    ),
    Explanation(
        "CV309",
        "A dilation has no effect",
        "A dilation spreads the elements of a kernel. A kernel of 1 has a single one, so the layer is the same without "
        "it; most often the kernel was meant to be 3. docs/rules.md#idle-dilation has more.",
        shape("Conv2d(8, 8, 1, dilation=2)", "8x32x32"),
        shape("Conv2d(8, 8, 3, padding=2, dilation=2)", "8x32x32"),
    ),
    Explanation(
        "CV310",
        "A window of 1 with a stride reads a part of its input",
        "A 1x1 convolution with a stride of 2 reads one position of four, and nothing of the others. ResNet does it on "
        "purpose, so this rule is off until a configuration or `levels` asks for it. "
        "docs/rules.md#strided-1x1 says what reads all.",
        shape("Conv2d(8, 16, 1, stride=2)", "8x32x32"),
        shape("AvgPool2d(2) | Conv2d(8, 16, 1)", "8x32x32"),
    ),
    Explanation(
        "CV311",
        "Channels do not fit tensor cores",
        "Tensor cores take numbers of 16 bits in blocks of 8 channels; where 8 does not divide the channels, a GPU "
        "pads them or does without. The first and the last layer and groups are let pass. The rule is off until a "
        "configuration or `levels` asks for it. docs/rules.md#tensor-cores has more.",
        shape("Conv2d(3, 16, 3) | Conv2d(16, 20, 3) | Conv2d(_, 16, 3)", "3x32x32"),
        shape("Conv2d(3, 16, 3) | Conv2d(16, 24, 3) | Conv2d(_, 16, 3)", "3x32x32"),
    ),
    Explanation(
        "CV312",
        "A layer sees nothing that was not seen before it",
        "What flows into the convolution already depends on more than the network's whole input, along each axis: no "
        "position comes into sight that was not in sight. The rule is off until a configuration or `levels` asks for "
        "it. docs/rules.md#unproductive-layer has more.",
        shape("Conv2d(8, 8, 3, padding=1) * 5", "8x8x8"),
        shape("Conv2d(8, 8, 3, padding=1) * 5", "8x32x32"),
    ),
    Explanation(
        "CV313",
        "A comment states another size or another number",
        "A comment at the end of a line that states nothing but a size, `# 8x30x30`, or a number, `# 224 params`, `# "
        "1.8 GMACs`, is held against what the line builds. docs/rules.md#wrong-comment says which comments are read, "
        "and when.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3)  # 8x32x32",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3)  # 8x30x30",
        ),
    ),
    Explanation(
        "CV314",
        "A comment silences nothing",
        "`# convcli: ignore[dropped-pixels] why` silences a rule on its line. This one has no reason, names no rule "
        "that exists, or stands where the rule has nothing to say. docs/rules.md#wrong-ignore has more.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3, stride=2)  # convcli: ignore[dropped-pixels] the border is black",
            "  - Conv2d(8, 8, 3)  # convcli: ignore[dropped-pixels] the border is black",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3, stride=2)  # convcli: ignore[dropped-pixels] the border is black",
            "  - Conv2d(8, 8, 3)",
        ),
    ),
)
