"""CV220 on: arguments that do not go together, and tensors that do not fit."""

from convcli.explanations.record import Explanation, network, shape

TENSORS: tuple[Explanation, ...] = (
    Explanation(
        "CV220",
        "The kernel is larger than its input",
        "A kernel, with its dilation, has to fit into the padded input at least once. Add padding, take a smaller "
        "kernel, or stride less before. The message says the least padding that helps.",
        shape("Conv2d(3, 8, 7)", "3x4x4"),
        shape("Conv2d(3, 8, 7, padding=3)", "3x4x4"),
    ),
    Explanation(
        "CV221",
        "padding='same' does not go with a stride",
        "'same' means an output of the input's size, which a stride makes smaller. torch refuses it. The padding that "
        "is meant is half the kernel.",
        shape('Conv2d(3, 8, 3, stride=2, padding="same")', "3x32x32"),
        shape("Conv2d(3, 8, 3, stride=2, padding=1)", "3x32x32"),
    ),
    Explanation(
        "CV222",
        "The padding is larger than what it copies from",
        "Reflecting and circular padding copy elements of the input, so there must be enough of them: reflecting needs "
        "a size of one more than the padding, circular one as large as the padding.",
        shape("ReflectionPad2d(4)", "3x4x4"),
        shape("ReflectionPad2d(3)", "3x4x4"),
    ),
    Explanation(
        "CV223",
        "The groups do not divide the channels",
        "Each group has the same number of channels, of the input and of the output. The message lists the numbers of "
        "groups that fit.",
        shape("Conv2d(6, 8, 3, groups=4)", "6x32x32"),
        shape("Conv2d(6, 8, 3, groups=2)", "6x32x32"),
    ),
    Explanation(
        "CV224",
        "output_padding is too large",
        "`output_padding` chooses among the output sizes that the stride leaves open, so it is smaller than the stride "
        "or the dilation.",
        shape("ConvTranspose2d(8, 4, 4, stride=2, output_padding=2)", "8x16x16"),
        shape("ConvTranspose2d(8, 4, 4, stride=2, output_padding=1)", "8x16x16"),
    ),
    Explanation(
        "CV225",
        "Nothing is left of the tensor",
        "The arguments cut off, or scale away, all there is: an axis of the result would have a size of 0 or less.",
        shape("ConvTranspose2d(8, 4, 2, padding=3)", "8x4x4"),
        shape("ConvTranspose2d(8, 4, 2, padding=1)", "8x4x4"),
    ),
    Explanation(
        "CV226",
        "The arguments do not go together",
        "Each value is right by itself, but one excludes, or needs, another: `size` and `scale_factor`, a mode and an "
        "option it does not have, numbers of heads that do not divide a width.",
        shape("Upsample(size=64, scale_factor=2)", "3x32x32"),
        shape("Upsample(scale_factor=2)", "3x32x32"),
    ),
    Explanation(
        "CV227",
        "The padding is more than half of the kernel",
        "A pool's window must reach the input: torch refuses padding of more than half the kernel, which would make "
        "windows of nothing but padding.",
        shape("MaxPool2d(2, padding=2)", "3x32x32"),
        shape("MaxPool2d(2, padding=1)", "3x32x32"),
    ),
    Explanation(
        "CV228",
        "The sizes of tensors disagree",
        "Tensors that are added, joined or multiplied have fitting sizes: equal, or 1 for `+` and `*`; equal but for "
        "the joined axis for `cat`. Often one branch was strided and the other not, or an odd size was halved and "
        "doubled again. The message says where both come from.",
        network(
            "input: [8, 30, 30]",
            "layers:",
            "  - enc: Conv2d(8, 8, 3, padding=1)",
            "  - MaxPool2d(4)",
            "  - Upsample(scale_factor=4)",
            "  - cat([enc, x], dim=1)",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - enc: Conv2d(8, 8, 3, padding=1)",
            "  - MaxPool2d(4)",
            "  - Upsample(scale_factor=4)",
            "  - cat([enc, x], dim=1)",
        ),
    ),
    Explanation(
        "CV229",
        "The axis cannot be divided like this",
        "The elements are dealt out anew, and the numbers do not work out: a reshape to another number of elements, "
        "`PixelShuffle(2)` of channels that 4 does not divide, sections that do not add up, a GLU of an odd axis.",
        shape("PixelShuffle(2)", "6x16x16"),
        shape("PixelShuffle(2)", "8x16x16"),
    ),
    Explanation(
        "CV230",
        "The tensor has no such axis or place",
        "Axes count from 0, the batch, or from -1, the last. Places along an axis lie within its size, and a crop is "
        "no larger than what it is cut from.",
        shape("Softmax(dim=4)", "3x32x32"),
        shape("Softmax(dim=1)", "3x32x32"),
    ),
    Explanation(
        "CV231",
        "The tensor's numbers are of the wrong type",
        "Convolutions, linear layers and norms compute with floating point numbers; an Embedding looks up integers, "
        "such as `argmax` gives; indices of a pool are integers.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - argmax(x, dim=1, keepdim=True)",
            "  - Conv2d(1, 8, 3)",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - amax(x, dim=1, keepdim=True)",
            "  - Conv2d(1, 8, 3)",
        ),
    ),
    Explanation(
        "CV232",
        "A wrong number of tensors",
        "Most layers take one tensor. `Bilinear` takes two, a MaxUnpool values and indices, a decoder layer also the "
        "memory: they are written in parentheses behind the layer.",
        network(
            "inputs: {a: [8], b: [6]}",
            "layers:",
            "  - Bilinear(8, 6, 4)",
        ),
        network(
            "inputs: {a: [8], b: [6]}",
            "layers:",
            "  - Bilinear(8, 6, 4)(a, b)",
        ),
    ),
    Explanation(
        "CV233",
        "A size that torch's integers cannot hold",
        "Sizes and arguments are at most 2^63 - 1, as in torch. Totals of parameters and MACs have no such limit.",
        shape("ZeroPad2d(9223372036854775807)", "3x32x32"),
        shape("ZeroPad2d(3)", "3x32x32"),
    ),
    Explanation(
        "CV240",
        "There is only one value to take statistics of",
        "The mean of one value is the value itself, and the result would be 0 everywhere. torch refuses it. Normalise "
        "before the pool that leaves one position, or use another norm.",
        shape("AdaptiveAvgPool2d(1) | InstanceNorm2d(8)", "8x16x16"),
        shape("InstanceNorm2d(8) | AdaptiveAvgPool2d(1)", "8x16x16"),
    ),
    Explanation(
        "CV255",
        "The answer depends on a size that is not known",
        "Without `-i` only what the arguments say is known. Here even the number or the rank of the results depends on "
        "the size that flows in.",
        shape("Conv2d(3, 8, 3) | split(x, 16, dim=2)[0]"),
        shape("Conv2d(3, 8, 3) | split(x, 16, dim=2)[0]", "3x32x32"),
    ),
)
