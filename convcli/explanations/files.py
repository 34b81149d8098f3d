"""CV108 to CV121: how network files are built, and how large they may be."""

from convcli.explanations.record import Example, Explanation, network

FILES: tuple[Explanation, ...] = (
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
        "Variables, or variants, refer to each other in a circle",
        "A variable may be written in terms of others, in any order, but not of itself; a variant may be `of` another, "
        "but not of itself.",
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
            "    - SiLU()",
            "    - Stage(depth - 1)",
            "input: [8, 32, 32]",
            "layers:",
            "  - Stage(4)",
        ),
        network(
            "blocks:",
            "  Stage(depth):",
            "    - SiLU()",
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
            "  - SiLU() * depths[0]",
        ),
    ),
    Explanation(
        "CV120",
        "The network has too many layers",
        "A few lines can unfold to any number of layers. The limit is 100,000, counted before anything is unfolded; "
        "`--max-layers` raises it.",
        Example("convcli shape 'SiLU() * 30' -i 8x32x32 --max-layers 20"),
        Example("convcli shape 'SiLU() * 30' -i 8x32x32 --max-layers 40"),
    ),
    Explanation(
        "CV121",
        "This name means two things",
        "A layer may be called like an argument of its block, as in `- dropout: Dropout(dropout)`. "
        "From there on the name could mean either. Calling the layer is clear, `dropout(x)`, and so is `- act: act`, "
        "which gives the argument's layer its name; any other use further down is refused.",
        network(
            "input: [8, 32, 32]",
            "blocks:",
            "  Up(skip, planes):",
            "    - skip: Conv2d(_, planes, 1)(skip)",
            "    - cat([skip, x], dim=1)",
            "layers:",
            "  - encoder: ReLU()",
            "  - Up(encoder, 4)",
        ),
        network(
            "input: [8, 32, 32]",
            "blocks:",
            "  Up(skip, planes):",
            "    - narrow: Conv2d(_, planes, 1)(skip)",
            "    - cat([narrow, x], dim=1)",
            "layers:",
            "  - encoder: ReLU()",
            "  - Up(encoder, 4)",
        ),
    ),
)
