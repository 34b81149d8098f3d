"""CV0..: the question itself is wrong: a file, a size, an option."""

from convcli.explanations.record import Example, Explanation, network, shape

QUESTION: tuple[Explanation, ...] = (
    Explanation(
        "CV001",
        "There is no such network, or it cannot be read",
        "A model is a network file, `-` for standard input, the name of a bundled network, layers, a "
        "Python model, a .pt2 archive, or an ONNX file. This one is none of them, or the file is a folder, may "
        "not be read, or is no UTF-8 text. For `check` and `lock`, a folder has nothing to judge. A file's name ends "
        "in .yaml or .yml; `convcli models` lists the bundled networks.",
        Example("convcli profile resnet-50"),
        Example("convcli profile resnet50"),
    ),
    Explanation(
        "CV002",
        "A size cannot be read, or is given twice",
        "A size is positive integers with an `x` or a comma between them: channels, height and width, with or without "
        "the batch in front; for a network file as many as under its `input:`. A batch is given once, by `--batch` or "
        "as the first number of `-i`, and each input once. `--near` of `solve size` has a number for each axis, "
        "and none for the channels.",
        shape("Conv2d(3, 8, 3)", '"3 32 32"'),
        shape("Conv2d(3, 8, 3)", "3x32x32"),
    ),
    Explanation(
        "CV003",
        "The network has no input of this name",
        "`-i name=3x64x64` gives a size to one of several inputs. Their names are the keys under `inputs:`.",
        network(
            "inputs: {image: [3, 64, 64], depth: [1, 64, 64]}",
            "layers:",
            "  - cat([image, depth], dim=1)",
            "  - Conv2d(4, 8, 3)",
            options="-i img=3x32x32 -i depth=1x32x32",
        ),
        network(
            "inputs: {image: [3, 64, 64], depth: [1, 64, 64]}",
            "layers:",
            "  - cat([image, depth], dim=1)",
            "  - Conv2d(4, 8, 3)",
            options="-i image=3x32x32 -i depth=1x32x32",
        ),
    ),
    Explanation(
        "CV004",
        "There is no variable of this name",
        "`--set` and the variants of a file replace variables that the file has under `vars:`. They cannot make new "
        "ones: a variable that no layer reads would change nothing, and nobody would notice.",
        Example("convcli profile resnet50 --set classes=10"),
        Example("convcli profile resnet50 --set num_classes=10"),
    ),
    Explanation(
        "CV005",
        "There is no variant of this name",
        "The variants are the keys under `variants:` in the network's file, for `--variant` and for `of`. A bundled "
        "network's variants are also networks of their own: `convcli profile resnet34`.",
        Example("convcli profile resnet18 --variant resnet35"),
        Example("convcli profile resnet18 --variant resnet34"),
    ),
    Explanation(
        "CV006",
        "There is no such type of number",
        "`--dtype` is the type of all floating point numbers, for sizes in bytes. It is one of torch's names: "
        "float32, float64, float16 or bfloat16.",
        Example("convcli profile resnet18 --dtype fp16"),
        Example("convcli profile resnet18 --dtype float16"),
    ),
    Explanation(
        "CV007",
        "The size of the input is not known",
        "`profile` needs to know what flows in. Write it into the file (without the batch), or give it with `-i`.",
        network(
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
        "CV008",
        "There is no such column",
        "`--columns` and `--sort` name columns by the words that stand over them in CSV, which the message lists. "
        "`--columns +flops` adds one to the usual columns.",
        Example("convcli profile resnet18 --columns name,mac"),
        Example("convcli profile resnet18 --columns name,macs"),
    ),
    Explanation(
        "CV009",
        "The answer cannot be written like this",
        "There is no such format; or the output's name does not tell its format (give one with `--format`), or it is "
        "a file that is read, a network, a lock or a configuration; or it cannot be written.",
        Example("convcli profile resnet18 --format md"),
        Example("convcli profile resnet18 --format markdown"),
    ),
    Explanation(
        "CV010",
        "The command line is not understood",
        "There is no such command, option or error code, an option lacks its value, or an argument is missing or too "
        "many; or options do not go together. `--help` behind a command shows its options, with examples.",
        Example("convcli profile resnet18 --batches 2"),
        Example("convcli profile resnet18 --batch 2"),
    ),
    Explanation(
        "CV012",
        "The network has no layer of this name",
        "`--layer` takes a name as the first column of the table shows it, with all its scopes: `layer1.0.conv1`. "
        "`convcli rf MODEL` lists all layers.",
        Example("convcli rf resnet18 --layer layer1.0.conv3"),
        Example("convcli rf resnet18 --layer layer1.0.conv2"),
    ),
    Explanation(
        "CV013",
        "There is no such unit or position",
        "A unit of a layer, and a position of the input, is a number for each axis, from 0 on: `10,12` is row 10 and "
        "column 12. Behind a global pool or a linear layer over all positions there are no such units; and where "
        "tensors are joined along an axis, or taken apart in a way that is not followed, it is not known where they "
        "are.",
        Example("convcli rf resnet18 --layer layer1.0.conv2 --unit 56,10"),
        Example("convcli rf resnet18 --layer layer1.0.conv2 --unit 55,10"),
    ),
    Explanation(
        "CV015",
        "There is no such convention",
        "`--convention` and `--versus` name the tool whose way of counting is wanted: torch, fvcore, thop, ptflops, "
        "ptflops-aten, torchinfo, calflops or darknet; macs is our own. docs/conventions.md says what each counts.",
        Example("convcli profile resnet18 --convention deepspeed"),
        Example("convcli profile resnet18 --convention calflops"),
    ),
    Explanation(
        "CV017",
        "A device is not known, or its figures cannot be read",
        "`--device-spec` is `this`, a device's name, or two figures: `peak` in operations a second and `bandwidth` in "
        "bytes a second, numbers with k, M, G, T or P behind them and a unit if you like (989T, 989 TFLOP/s, "
        "3.35TB/s). "
        "Behind a name, figures replace the device's own: `h100-sxm,bandwidth=2.9TB/s`. The columns `bound` and "
        "`bound_by` need a device. docs/devices.md lists those that have a name.",
        Example("convcli profile resnet18 --device-spec h100"),
        Example("convcli profile resnet18 --device-spec h100-sxm"),
    ),
    Explanation(
        "CV018",
        "The device has no figure for this type of number",
        "A device's table has a peak for each type that its data sheet gives one for; the message lists them. "
        "`--dtype` chooses the type, and `peak=` behind the device's name another of its figures, or one of your own.",
        Example("convcli profile resnet18 --device-spec t4 --dtype bfloat16"),
        Example("convcli profile resnet18 --device-spec t4 --dtype float16"),
    ),
    Explanation(
        "CV020",
        "There is no such optimiser",
        "`--optimizer` says what is kept for each weight while a network is trained: nothing (sgd), one number "
        "(momentum), or two (adam, adamw).",
        Example("convcli profile resnet18 --optimizer lion"),
        Example("convcli profile resnet18 --optimizer adam"),
    ),
    Explanation(
        "CV021",
        "A memory cannot be read",
        "A memory is a number with B, KB, MB, GB or TB (thousands), or KiB, MiB, GiB or TiB (1024).",
        Example("convcli solve batch resnet18 --memory 8gigs"),
        Example("convcli solve batch resnet18 --memory 8GiB"),
    ),
    Explanation(
        "CV030",
        "Git knows no such revision",
        "`convcli diff` reads `REV:path` out of git. REV is what git takes for a revision: a commit, a branch, a tag, "
        "`HEAD~1`, `origin/main`. None begins with `-`. A shallow clone, as CI makes them, may lack it: "
        "`git fetch --depth=1 origin main` brings it. A path begins at the repository's root, or with `./` at the "
        "working directory.",
        Example("convcli diff -- -HEAD:net.yaml resnet18"),
        Example("convcli diff resnet18 resnet34"),
    ),
    Explanation(
        "CV031",
        "Git cannot be asked",
        "`convcli diff` reads `REV:path` out of the repository of the working directory. There is none here, or git "
        "is not installed, or it refuses to read this repository, and says why. Two files that lie side by side "
        "need no git.",
        Example("convcli diff HEAD:net.yaml resnet18"),
        Example("convcli diff resnet18 resnet34"),
    ),
)
