"""CV086 to CV089: networks in the files of other tools: model files of the YOLO family, plans of nnU-Net."""

from convcli.explanations.record import Example, Explanation

WRONG_ROW = """nc: 3
backbone:
  - [-1, 1, Conv, 16, 3, 2]
head:
  - [-1, 1, Classify, [nc]]
"""
STALE = """nc: 3
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 1]]
head:
  - [[-1, 3], 1, Concat, [1]]
  - [-1, 1, Classify, [nc]]
"""
STRANGE = """nc: 3
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, MyAttention, []]
head:
  - [-1, 1, Classify, [nc]]
"""
PLANS = """{"configurations": {"2d": {
  "patch_size": [64, 64], "normalization_schemes": ["ZScoreNormalization"],
  "architecture": {"network_class_name": "PlainConvUNet", "arch_kwargs": {
    "features_per_stage": [8, 16], "kernel_sizes": [[3, 3], [3, 3]], "strides": [[1, 1], [2, 2]],
    "n_conv_per_stage": [1, 1], "n_conv_per_stage_decoder": [1], "conv_bias": false,
    "norm_op": "torch.nn.BatchNorm2d"}}
}}}
"""
PROFILE = "convcli profile net.yaml"

FOREIGN: tuple[Explanation, ...] = (
    Explanation(
        "CV086",
        "A model file of the YOLO family that cannot be read",
        "Its `backbone` and its `head` are rows `[from, repeats, module, arguments]`, with these four entries, "
        "the arguments a list; `scales` has three numbers for each scale: the multiples of depth and width, and the "
        "most channels. Nothing is evaluated: an argument is a number, a text, a list, a name that the file itself "
        "has, or a layer of torch.nn.",
        Example(PROFILE, WRONG_ROW),
        Example(PROFILE, WRONG_ROW.replace("16, 3, 2]", "[16, 3, 2]]")),
    ),
    Explanation(
        "CV087",
        "A row takes from a row that does not stand above it",
        "The first entry of a row says where its tensors come from: a negative number counts rows up, any other is the "
        "number of a row, from 0, over `backbone` and `head` as one list. A row that was put in or taken out moves all "
        "numbers behind it: those that name later rows have to be changed with it.",
        Example(PROFILE, STALE),
        Example(PROFILE, STALE.replace("[-1, 3]", "[-1, 0]")),
    ),
    Explanation(
        "CV088",
        "Plans of nnU-Net that cannot be read",
        "Each of the `configurations` has a `patch_size` and either an `architecture` or, as until nnU-Net 2.4, the "
        "numbers themselves; lists have an entry for each stage, and in it a number for each axis. A configuration may "
        "inherit from another. The number of classes stands in `dataset.json`, which lies beside the plans.",
        Example("convcli profile plans.json", "", (("plans.json", PLANS.replace("[2, 2]]", "[2, 2], [2, 2]]")),)),
        Example("convcli profile plans.json", "", (("plans.json", PLANS),)),
    ),
    Explanation(
        "CV089",
        "A module that convcli does not know",
        "A module of somebody else's code is a name, and what it is made of stands elsewhere. Its parameters and its "
        "costs are unknown, `?`, and the totals say `>=`; it is taken to keep the channels and the size of what flows "
        "in, so that the rows behind it can be checked. Profile the model itself to count it: `package.module:name`, "
        "or an exported .pt2.",
        Example(PROFILE, STRANGE),
        Example(PROFILE, STRANGE.replace("MyAttention, []", "Conv, [16]")),
    ),
)
