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
        "parentheses, `net.py:Net(num_classes=10)`, or in `--arg num_classes=10`, and are numbers, texts, lists, True, "
        "False or None: they are read, not evaluated. For anything else write a function that returns the model, and "
        "name that.",
        None,
        None,
    ),
    Explanation(
        "CV062",
        "The model's own code failed",
        "The error is Python's or torch's, and the place is the last one in your files. The table shows the layers up "
        "to there.",
        None,
        None,
    ),
    Explanation(
        "CV068",
        "A model reads numbers, and ends in the open",
        "While a model is called, tensors have shapes and no numbers. Where code reads one (`.item()`, `if` on a "
        "value), or a result is as large as numbers say (`x[mask]`, a detector's boxes), nobody knows how it goes on. "
        "One row with costs `?` stands for all behind it, and totals say `>=`. Layers that were not reached follow "
        "with their parameters, bare weights as `Unreached`.",
        None,
        None,
    ),
    Explanation(
        "CV180",
        "The modules of a model have no end",
        "A module that holds itself, or one that holds it, has parameters under names without end, and torch goes "
        "through them too: to move a model or to save it fails. So do modules that are shared so often that they have "
        "more than 100,000 names, or nested deeper than 200 levels. A module that only knows its parent keeps it where "
        "torch does not look for parts: in a list.",
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
    Explanation(
        "CV064",
        "An archive cannot be read",
        "`torch.export.save` writes a zip archive whose graph is JSON, `models/model.json`; that of Keras has a "
        "`config.json`. This one is damaged, is no "
        "such archive, or has something in it that none has. Nothing of it is unpacked, and no pickle is ever loaded.",
        None,
        None,
    ),
    Explanation(
        "CV065",
        "A .pt2 archive of a version that is not known",
        "The form of the graph has a version, and another one may mean something else by the same words. Export the "
        "model again with a torch of which the version is known, or profile the model itself.",
        None,
        None,
    ),
    Explanation(
        "CV066",
        "A .pt2 archive was exported for other sizes",
        "An exported graph holds for the sizes of its example inputs, but for the axes that were named under "
        "`dynamic_shapes`, within their ranges. Give sizes that fit, or export the model again.",
        None,
        None,
    ),
    Explanation(
        "CV067",
        "A layer that was read cannot be built",
        "A graph that was traced or exported may have operators that convcli knows by their sizes and costs alone, and "
        "weights that are computed or shared by several modules. `build` and `verify` need what they can make.",
        None,
        None,
    ),
)
