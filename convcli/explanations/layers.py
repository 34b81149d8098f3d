"""CV201 to CV219: names, arguments, and what expressions are made of."""

from convcli.explanations.record import Explanation, network, shape

LAYERS: tuple[Explanation, ...] = (
    Explanation(
        "CV201",
        "There is no such operator or block",
        "Operators have the names of torch.nn and of torch's functions, capital letters included; `convcli ops` lists "
        "them. Blocks are those of the file and of the files it uses.",
        shape("Conv2D(3, 8, 3)", "3x32x32"),
        shape("Conv2d(3, 8, 3)", "3x32x32"),
    ),
    Explanation(
        "CV202",
        "The input has another number of channels",
        "What flows in has not the number of channels, or of features, that the layer's arguments say. The message "
        "names the layer it comes from. Write the number that arrives, or `_`, which reads it from there; behind a "
        "Flatten it is channels times height times width.",
        network(
            "input: [1, 28, 28]",
            "layers:",
            "  - Conv2d(1, 16, 3, padding=1) | ReLU() | MaxPool2d(2)",
            "  - Flatten()",
            "  - Linear(3163, 10)",
        ),
        network(
            "input: [1, 28, 28]",
            "layers:",
            "  - Conv2d(1, 16, 3, padding=1) | ReLU() | MaxPool2d(2)",
            "  - Flatten()",
            "  - Linear(3136, 10)",
        ),
    ),
    Explanation(
        "CV203",
        "The input has a wrong number of dimensions",
        "`Conv2d` takes batch, channels, height and width, or the last three; `Conv1d` has one axis less. Often a "
        "Flatten or a pool stands in the wrong place, or a batch is missing: `--unbatched` and `--batched` say how "
        "`-i` is meant where that is open.",
        shape("Flatten() | Conv2d(3, 8, 3)", "3x32x32"),
        shape("Conv2d(3, 8, 3) | Flatten()", "3x32x32"),
    ),
    Explanation(
        "CV204",
        "There is nothing of this name",
        "A name is a layer above, an argument of the block, a variable, `x` (the current tensor) or `input` (what "
        "flowed into the file or block). `in_channels` is known inside blocks only. A tensor inside a named scope is "
        "written with a dot: `body.conv1`.",
        network(
            "vars: {width: 16}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, widht, 3)",
        ),
        network(
            "vars: {width: 16}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, width, 3)",
        ),
    ),
    Explanation(
        "CV205",
        "This cannot be called, or has to be",
        "A layer is written with parentheses, also where it has no arguments. Numbers and tensors cannot be called, "
        "and tensors have no methods: `x.view(1, -1)` is `view(x, 1, -1)`.",
        shape("Conv2d(3, 8, 3) | ReLU", "3x32x32"),
        shape("Conv2d(3, 8, 3) | ReLU()", "3x32x32"),
    ),
    Explanation(
        "CV206",
        "`_` cannot be inferred",
        "`_` is read from what flows in, and nothing is known of that. Give the input's size, or write the number.",
        shape("Conv2d(_, 8, 3)"),
        shape("Conv2d(_, 8, 3)", "3x32x32"),
    ),
    Explanation(
        "CV207",
        "There is no item of this number",
        "Lists count from 0, or from -1 at their end. An index is an integer. `a[1:3]` and several indices at once "
        "are for tensors.",
        network(
            "vars: {widths: [16, 32]}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, widths[2], 3)",
        ),
        network(
            "vars: {widths: [16, 32]}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, widths[1], 3)",
        ),
    ),
    Explanation(
        "CV208",
        "This cannot be calculated",
        "A sign or a function does not go with these values: a number and a string, a layer in a comparison, a "
        "division by zero, a result past 2^63 - 1.",
        network(
            "vars: {width: 64, reduction: 0}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, width // reduction, 1)",
        ),
        network(
            "vars: {width: 64, reduction: 16}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, width // reduction, 1)",
        ),
    ),
    Explanation(
        "CV209",
        "A layer cannot be repeated a negative number of times",
        "`layer * 3` is three layers, `layer * 0` none. A number below 0 is a mistake somewhere else, in the depth of "
        "a stage perhaps.",
        network(
            "vars: {depth: 0}",
            "input: [8, 32, 32]",
            "layers:",
            "  - Conv2d(8, 8, 3) * (depth - 1)",
        ),
        network(
            "vars: {depth: 2}",
            "input: [8, 32, 32]",
            "layers:",
            "  - Conv2d(8, 8, 3) * (depth - 1)",
        ),
    ),
    Explanation(
        "CV210",
        "The argument's value is of the wrong kind",
        "`convcli ops Conv2d` says what each argument of an operator accepts. What torch refuses is refused; numbers "
        "of channels, kernels and strides are 1 or more.",
        shape("Conv2d(3, 8, 3, stride=0)", "3x32x32"),
        shape("Conv2d(3, 8, 3, stride=1)", "3x32x32"),
    ),
    Explanation(
        "CV211",
        "An argument is missing",
        "Arguments without a default must be written. The input's channels may be left out where all others are "
        "given by name: `Conv2d(out_channels=8, kernel_size=3)`; else they are the first argument, or `_`.",
        shape("Conv2d(3, 8)", "3x32x32"),
        shape("Conv2d(3, 8, 3)", "3x32x32"),
    ),
    Explanation(
        "CV212",
        "There is no argument of this name",
        "Arguments have torch's names. `device` and `dtype` have no place in a layer. A layer that is applied, and "
        "`Sequential`, take no names at all.",
        shape("Conv2d(3, 8, 3, strides=2, padding=1)", "3x32x32"),
        shape("Conv2d(3, 8, 3, stride=2, padding=1)", "3x32x32"),
    ),
    Explanation(
        "CV213",
        "There are too many arguments",
        "An operator or a block takes fewer arguments by place than are written. A short word takes few numbers by "
        "place; the others have letters: `conv 64 k3 s2`.",
        shape("MaxPool1d(2, 2, 0, 1, False, False, 1)", "8x32"),
        shape("MaxPool1d(2, 2, 0, 1, False, False)", "8x32"),
    ),
    Explanation(
        "CV214",
        "An argument is given twice",
        "Once by its place, and once by its name.",
        shape("Conv2d(3, 8, 3, kernel_size=5)", "3x32x32"),
        shape("Conv2d(3, 8, kernel_size=5)", "3x32x32"),
    ),
    Explanation(
        "CV215",
        "`cat` and `stack` need their `dim` written",
        "torch's default is the batch's axis, 0, where networks nearly always mean the channels, 1. So that nobody "
        "has to know, it is written. As a merge (`- cat:` with branches below it) it is 1.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv: Conv2d(8, 8, 3, padding=1)",
            "  - cat([conv, input])",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv: Conv2d(8, 8, 3, padding=1)",
            "  - cat([conv, input], dim=1)",
        ),
    ),
    Explanation(
        "CV218",
        "The gate is multiplied by itself",
        "`x` is the current tensor, that of the line above. Where the gate stands right above, `x * gate` is its "
        "square. Name the tensor that is to be weighted, or take `input`.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv: Conv2d(8, 8, 3)",
            "  - gate: AdaptiveAvgPool2d(1) | Conv2d(8, 8, 1) | Sigmoid()",
            "  - x * gate",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv: Conv2d(8, 8, 3)",
            "  - gate: AdaptiveAvgPool2d(1) | Conv2d(8, 8, 1) | Sigmoid()",
            "  - conv * gate",
        ),
    ),
)
