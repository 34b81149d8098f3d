"""CV075 to CV079: ONNX files, read and written."""

from convcli.explanations.record import Example, Explanation

NET = "input: [3, 32, 32]\nlayers:\n  - conv: Conv2d(3, 8, 3)\n  - relu: ReLU()\n"
RECURRENT = "input: [5, 8]\nlayers:\n  - lstm: LSTM(8, 16, proj_size=4, batch_first=True)\n"

ONNX: tuple[Explanation, ...] = (
    Explanation(
        "CV075",
        "An ONNX file cannot be read",
        "The file ends inside of one of its parts, is no ONNX file, or has something in it that none has. Nothing of "
        "it is run, no weight is read, and no other file is opened, whatever it names.",
        None,
        None,
    ),
    Explanation(
        "CV076",
        "An ONNX file whose operators are too old",
        "Each version of ONNX's operators, an `opset`, may mean something else by the same words. Those from 7 on are "
        "read, which is from 2018. `onnx.version_converter.convert_version(model, 13)` makes a newer file of an older "
        "one, and so does exporting the network again.",
        None,
        None,
    ),
    Explanation(
        "CV077",
        "The layers of an ONNX file do not fit together",
        "Sizes are worked out from the inputs on, layer by layer, and this one cannot take what reaches it; the table "
        "goes up to there. Often the size that was given with `-i` is another one than the file was exported for, and "
        "a `Reshape` in it still has the old one.",
        None,
        None,
    ),
    Explanation(
        "CV078",
        "A layer cannot be written as ONNX",
        "ONNX has no operator for it, or none that does the same, or convcli does not know how to say it there: "
        "recurrent layers with `proj_size`, pools that give indices, layers that a graph was read with and that "
        "convcli knows by their sizes alone. `torch.onnx.export` of what `--to torch` writes may know more.",
        Example("convcli convert net.yaml -o net.onnx", RECURRENT),
        Example("convcli convert net.yaml -o net.py", RECURRENT),
    ),
    Explanation(
        "CV079",
        "An ONNX file cannot be written like this",
        "A file is bytes and no text, so it needs a name. It has at most 2 GiB: a network with more weights is written "
        "without `--init`, and its weights are inputs.",
        Example("convcli convert net.yaml --to onnx", NET),
        Example("convcli convert net.yaml --to onnx -o net.onnx", NET),
    ),
)
