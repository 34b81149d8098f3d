"""CV06.: networks whose graph is settled already: Python models and exported ones."""

from convcli.explanations.record import Explanation

SETTLED: tuple[Explanation, ...] = (
    Explanation(
        "CV060",
        "There is no such Python model",
        "`package.module:name` is looked for where Python imports from and in the working directory, "
        "`path/file.py:name` in that file. The name is a class, a function that returns a model, or a model. "
        "Nothing is imported but what was named.",
        None,
        None,
    ),
    Explanation(
        "CV061",
        "What was named is no model",
        "A model is a `torch.nn.Module`, a class of one, or a function that returns one. Its arguments stand in "
        "parentheses, `net.py:Net(num_classes=10)`, and are numbers, texts, lists, True, False or None: they are read, "
        "not evaluated. For anything else write a function that returns the model, and name that.",
        None,
        None,
    ),
    Explanation(
        "CV062",
        "The model's own code failed",
        "The error is Python's or torch's, and the place is the last one in your files. While a model is called, its "
        "tensors have shapes and no numbers: code that reads a number out of a tensor (`.item()`, `.tolist()`, `if` on "
        "a value) cannot be followed. The table shows the layers up to there.",
        None,
        None,
    ),
    Explanation(
        "CV063",
        "The question needs a network in words",
        "`solve size` follows a network's sizes from line to line, at all sizes at once. A Python model or an exported "
        "graph has no lines to follow, only one graph for each size: ask for a size with `-i`.",
        None,
        None,
    ),
)
