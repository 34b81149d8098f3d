"""CV400 on: budgets, and how they are written."""

from convcli.explanations.record import Example, Explanation

_LAYERS = "input: [3, 32, 32]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n"


def check(budgets: str, configuration: str = "", file: str = _LAYERS) -> Example:
    """Make an example of a file with budgets, and perhaps a configuration beside it."""
    return Example("convcli check net.yaml", file + (f"check:\n  {budgets}\n" if budgets else ""), configuration)


BUDGETS: tuple[Explanation, ...] = (
    Explanation(
        "CV401",
        "A budget is broken",
        "What was found is not what the budget allows. The message says by how much, and where there is too much of "
        "something the help names the layers that weigh most. A bare number means exactly this number.",
        check("params: <= 200"),
        check("params: <= 300"),
    ),
    Explanation(
        "CV402",
        "A budget cannot be judged",
        "What is not known never passes: an operator whose cost is not known, or a network without an output that "
        "has a receptive field. Judge another metric, or switch the budget off with `level: off`.",
        check("receptive_field: {min: 3}", file="input: [16]\nlayers:\n  - Linear(16, 4)\n"),
        check("params: 68", file="input: [16]\nlayers:\n  - Linear(16, 4)\n"),
    ),
    Explanation(
        "CV403",
        "A budget for layers that do not exist",
        "A name stands for that layer and all below it, `*` for any text. A pattern that matches nothing judges "
        "nothing, so it never passes.",
        check("conv1: {macs: <= 1M}"),
        check("conv: {macs: <= 1M}"),
    ),
    Explanation(
        "CV410",
        "There is no such metric",
        "The metrics are params, trainable, buffers, macs, flops, layers, depth, output, receptive_field, "
        "memory.weights, memory.inference, memory.saved, memory.training and divisible_by. What is a mapping of them "
        "is for layers: `layer4.*: {macs: <= 1G}`.",
        check("parameters: <= 300"),
        check("params: <= 300"),
    ),
    Explanation(
        "CV411",
        "A limit is no quantity",
        "Numbers of things have k, M, G or T behind them, sizes in memory B, KB, MB, GB or KiB, MiB, GiB; what has "
        "axes is a number or a list. Underscores may group digits.",
        check("params: <= 12 Mb"),
        check("params: <= 12M"),
    ),
    Explanation(
        "CV412",
        "A budget or the configuration has something that does not belong there",
        "A budget is a limit, `<= 12M`, or a mapping with min, max, equals, tolerance and level. The configuration has "
        "input, batch, dtype, optimizer, amp, check, rules, exclude and files.",
        check("params: {maximum: 300}"),
        check("params: {max: 300}"),
    ),
    Explanation(
        "CV413",
        "There is no such level",
        "The levels of budgets and rules are `error`, which fails, `warn`, which only says it, and `off`.",
        check("params: {max: 300, level: fatal}"),
        check("params: {max: 300, level: error}"),
    ),
    Explanation(
        "CV414",
        "The configuration is no TOML",
        "`convcli.toml` and `pyproject.toml` are TOML: `name = value`, texts in quotes, `[section]`.",
        check("", "dtype = float16\n"),
        check("", 'dtype = "float16"\n'),
    ),
    Explanation(
        "CV415",
        "There is no such rule",
        "Rules are called by their name or their code; docs/rules.md has all of them.",
        check("", '[rules]\nbias-before-batchnorm = "off"\n'),
        check("", '[rules]\nbias-before-norm = "off"\n'),
    ),
    Explanation(
        "CV416",
        "A pattern of files that no file fits",
        "Patterns begin at the folder of the configuration: `configs/*.yaml`, or `configs/**/*.yaml` for all below it. "
        "One that no file fits would judge nothing.",
        check("", '[[files]]\npath = "nets/*.yaml"\ncheck = {params = 224}\n'),
        check("", '[[files]]\npath = "*.yaml"\ncheck = {params = 224}\n'),
    ),
)
