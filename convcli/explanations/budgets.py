"""CV400 on: budgets, and how they are written."""

from convcli.explanations.record import Example, Explanation

_LOCK = """\
["net.yaml"]
inputs = "1x3x32x32"
outputs = "1x8x30x30"
receptive_field = 3
layers = 1
params = 224
trainable = 224
buffers = 0
macs = 194_400
flops = 388_800
other_ops = 7_200
weights_bytes = 896
inference_peak_bytes = 41_088
saved_for_backward_bytes = 12_288
training_bytes = 71_680
"""
_LAYERS = "input: [3, 32, 32]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n"


def check(budgets: str, configuration: str = "", file: str = _LAYERS) -> Example:
    """Make an example of a file with budgets, and perhaps a configuration beside it."""
    beside = (("convcli.toml", configuration),) if configuration else ()
    return Example("convcli check net.yaml", file + (f"check:\n  {budgets}\n" if budgets else ""), beside)


def locked(layer: str) -> Example:
    """Make an example of a file beside a lock."""
    return Example("convcli check net.yaml --locked", f"input: [3, 32, 32]\nlayers:\n  - conv: {layer}\n", lock())


def lock(more: str = "") -> tuple[tuple[str, str], ...]:
    """Return the lock of a network, and perhaps more."""
    return (("convcli.lock", _LOCK + more),)


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
        "CV404",
        "A network has moved, and the lock has not",
        "The lock has other numbers than the file has now; the message says which. If the change is meant, write the "
        "lock anew, and both show in the same commit.",
        locked("Conv2d(3, 8, 5)"),
        locked("Conv2d(3, 8, 3)"),
    ),
    Explanation(
        "CV405",
        "A network is not in the lock",
        "`convcli check --locked` compares every network with its entry in `convcli.lock`; one without an entry could "
        "be anything. `convcli lock` adds it.",
        Example("convcli check net.yaml --locked", _LAYERS),
        Example("convcli check net.yaml", _LAYERS),
    ),
    Explanation(
        "CV406",
        "The lock has a network that is no more",
        "A file that was locked is gone, or its variant, or it was renamed. `convcli lock` writes what there is.",
        Example("convcli check . --locked", _LAYERS, lock('\n["other.yaml"]\nparams = 1\n')),
        Example("convcli check . --locked", _LAYERS, lock()),
    ),
    Explanation(
        "CV407",
        "A network is slower than its baseline",
        "Both were timed in one run, in turns, in several processes. The whole interval of the ratio lies above what "
        "is allowed: chance and other work on the machine do not explain it. `convcli diff BASELINE FILE --run` shows "
        "which layers it is.",
        None,
        None,
    ),
    Explanation(
        "CV408",
        "It cannot be told whether a network is slower than its baseline",
        "The interval of the ratio reaches beyond what is allowed, or the passes were too unsteady, or there is no "
        "baseline yet. That is no failure, and no proof that all is well: run it on a machine with less other work, "
        "allow more, or take more time.",
        None,
        None,
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
    Explanation(
        "CV417",
        "The lock cannot be read",
        "`convcli.lock` is written by `convcli lock`, an entry for each network. After a merge conflict, take either "
        "side whole, or delete the file, and run `convcli lock` again.",
        Example("convcli check net.yaml --locked", _LAYERS, (("convcli.lock", "params = 224\n"),)),
        Example("convcli check net.yaml --locked", _LAYERS, lock()),
    ),
)
