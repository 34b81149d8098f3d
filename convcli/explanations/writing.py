"""CV1..: how layers and network files are written, and how large they may be."""

from convcli.explanations.record import Example, Explanation, network, shape

WRITING: tuple[Explanation, ...] = (
    Explanation(
        "CV101",
        "This is not a layer",
        "A layer is an expression as in Python, `Conv2d(3, 64, 7, stride=2)`, or short words, `conv 64 k7 s2`. The "
        "text cannot be read as either: a parenthesis or a comma is missing, or there is nothing where a layer "
        "should be.",
        shape("Conv2d(3, 8, 3) | | ReLU()", "3x32x32"),
        shape("Conv2d(3, 8, 3) | ReLU()", "3x32x32"),
    ),
    Explanation(
        "CV102",
        "This is not part of the language",
        "Layers are written in a small part of Python: calls, names, numbers, `+ - * / // %`, comparisons, `and or "
        "not`, conditions, indexing, lists. Comprehensions, lambdas, f-strings and powers are not among it; what is "
        "repeated is multiplied.",
        shape("[ReLU() for i in range(3)]", "8x32x32"),
        shape("ReLU() * 3", "8x32x32"),
    ),
    Explanation(
        "CV103",
        "Nested too deeply",
        "An expression has at most 64 levels of parentheses, calls and signs. Write layers one after the other, with "
        "`|` or one a line; repeat them with `*`; give a part a name.",
        shape("relu(" * 70 + "x" + ")" * 70, "8x32x32"),
        shape("ReLU() * 70", "8x32x32"),
    ),
    Explanation(
        "CV104",
        "The expression is too long",
        "An expression has at most 64 KiB of text. Write layers one a line, or what is repeated as a product.",
        network("input: [16, 8, 8]", "layers:", "  - " + " | ".join(["Conv2d(16, 16, 1)"] * 4000)),
        network("input: [16, 8, 8]", "layers:", "  - Conv2d(16, 16, 1) * 4000"),
    ),
    Explanation(
        "CV105",
        "The number is too large",
        "Arguments and sizes are at most 2^63 - 1, as in torch. Totals have no limit.",
        shape("Linear(9223372036854775808, 10)"),
        shape("Linear(9223372036854775807, 10)"),
    ),
    Explanation(
        "CV106",
        "Beside `|` this needs parentheses",
        "`|` could bind before or after a `+`, a `-` or an `if` beside it, and a reader would have to guess. "
        "Parentheses say which.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - x + Conv2d(8, 8, 3, padding=1) | ReLU()",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - x + (Conv2d(8, 8, 3, padding=1) | ReLU())",
        ),
    ),
    Explanation(
        "CV107",
        "This short word is not understood",
        "Short words are a word, then numbers by place, letters with a number (`k3`, `s2`, `k3x5`), and `name=value`: "
        "`conv 64 k3 s2 p1 bias=False`. `convcli ops --short` is their table.",
        Example("convcli shape conv 64 k3 s:2 -i 3x32x32"),
        Example("convcli shape conv 64 k3 s2 -i 3x32x32"),
    ),
    Explanation(
        "CV108",
        "The file lies outside of the project",
        "`uses:` reads files below the project's root only: the repository, or the working directory. A network file "
        "that somebody hands you cannot read other files of your machine.",
        network(
            "uses: [../common.yaml]",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3)",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3)",
        ),
    ),
    Explanation(
        "CV109",
        "The file is too large",
        "A network file has at most 2 MiB, unless `--max-size` says otherwise. Weights have no place in it.",
        network("input: [3, 32, 32]", "layers:", "  - Conv2d(3, 8, 3)", options="--max-size 20"),
        network("input: [3, 32, 32]", "layers:", "  - Conv2d(3, 8, 3)", options="--max-size 200"),
    ),
    Explanation(
        "CV110",
        "This key is not known, or stands twice",
        "At the top of a network file stand name, input, inputs, outputs, vars, variants, blocks, layers, uses and "
        "check, each once; `input` or `inputs`, not both. An item of a list of layers has one key, its name. Blocks "
        "and their parameters have names of their own.",
        network(
            "input: [3, 32, 32]",
            "var: {width: 8}",
            "layers:",
            "  - Conv2d(3, 8, 3)",
        ),
        network(
            "input: [3, 32, 32]",
            "vars: {width: 8}",
            "layers:",
            "  - Conv2d(3, width, 3)",
        ),
    ),
    Explanation(
        "CV111",
        "The file is not built like a network file",
        "It is no YAML (tabs, a missing quote, a colon too many), or no network file: `layers:` is a list with one "
        "layer on each `- ` line, `vars:` and `blocks:` are mappings. YAML splits `[Conv2d(3, 8, 3), ReLU()]` at every "
        "comma, also inside of the parentheses. Tags and merge keys are not used.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  conv: Conv2d(3, 8, 3)",
            "  relu: ReLU()",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - conv: Conv2d(3, 8, 3)",
            "  - relu: ReLU()",
        ),
    ),
    Explanation(
        "CV112",
        "This is no size of an input",
        "`input:` is a list of positive integers, or of expressions that give them: channels, height, width, without "
        "the batch. There are no open sizes: another one is given with `-i`, or by a variable.",
        network(
            "input: [3, -1, -1]",
            "layers:",
            "  - Conv2d(3, 8, 3)",
        ),
        network(
            "vars: {size: 64}",
            "input: [3, size, size]",
            "layers:",
            "  - Conv2d(3, 8, 3)",
        ),
    ),
    Explanation(
        "CV113",
        "Variables refer to each other in a circle",
        "A variable may be written in terms of others, in any order, but not of itself.",
        network(
            "vars: {width: hidden // 4, hidden: width * 4}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, width, 3)",
        ),
        network(
            "vars: {width: 16, hidden: width * 4}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, width, 3)",
        ),
    ),
    Explanation(
        "CV114",
        "A variable cannot have this value",
        "A variable is a number, a string or a list of them. Layers and tensors are no values: a layer that is used in "
        "several places is a block.",
        network(
            "vars: {activation: SiLU()}",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3) | activation",
        ),
        network(
            "blocks:",
            "  Activation:",
            "    - SiLU()",
            "input: [3, 32, 32]",
            "layers:",
            "  - Conv2d(3, 8, 3) | Activation()",
        ),
    ),
    Explanation(
        "CV115",
        "This cannot be a name",
        "Names have letters, digits, `_` and `-`. `x`, `input`, `in_channels` and `_` mean something already, and a "
        "block may not be called like an operator, which a reader would take it for.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - x: Conv2d(3, 8, 3)",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - stem: Conv2d(3, 8, 3)",
        ),
    ),
    Explanation(
        "CV116",
        "Two layers have one name",
        "Names of modules are unique within their list, as attributes of a torch module are. To apply the same "
        "layer again, with the same weights, call it: `conv(x)`.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv: Conv2d(8, 8, 3)",
            "  - conv: Conv2d(8, 8, 3)",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - conv1: Conv2d(8, 8, 3)",
            "  - conv2: Conv2d(8, 8, 3)",
        ),
    ),
    Explanation(
        "CV117",
        "A layer cannot be shared here",
        "A layer that is applied again has the same weights, so its arguments must be the same. Here `_`, or a "
        "block's `in_channels`, would have to be another number than the first time.",
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - conv: Conv2d(_, 8, 3)",
            "  - conv(x)",
        ),
        network(
            "input: [3, 32, 32]",
            "layers:",
            "  - stem: Conv2d(_, 8, 3)",
            "  - conv: Conv2d(_, 8, 3)",
            "  - conv(x)",
        ),
    ),
    Explanation(
        "CV118",
        "Blocks are nested too deeply",
        "Blocks contain blocks to at most 64 levels. Most often a block contains itself without an end.",
        network(
            "blocks:",
            "  Stage(depth):",
            "    - ReLU()",
            "    - Stage(depth - 1)",
            "input: [8, 32, 32]",
            "layers:",
            "  - Stage(4)",
        ),
        network(
            "blocks:",
            "  Stage(depth):",
            "    - ReLU()",
            "    - None if depth == 1 else Stage(depth - 1)",
            "input: [8, 32, 32]",
            "layers:",
            "  - Stage(4)",
        ),
    ),
    Explanation(
        "CV119",
        "A layer or a tensor is needed here",
        "An item of a list, and each part of a chain, is a layer, a tensor, or None for nothing. A number or a string "
        "is an argument.",
        network(
            "vars: {depths: [2, 3]}",
            "input: [8, 32, 32]",
            "layers:",
            "  - depths[0]",
        ),
        network(
            "vars: {depths: [2, 3]}",
            "input: [8, 32, 32]",
            "layers:",
            "  - ReLU() * depths[0]",
        ),
    ),
    Explanation(
        "CV120",
        "The network has too many layers",
        "A few lines can unfold to any number of layers. The limit is 100,000, counted before anything is unfolded; "
        "`--max-layers` raises it.",
        Example("convcli shape 'ReLU() * 30' -i 8x32x32 --max-layers 20"),
        Example("convcli shape 'ReLU() * 30' -i 8x32x32 --max-layers 40"),
    ),
)
