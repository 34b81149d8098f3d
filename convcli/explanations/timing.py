"""CV058 and CV059: times that are not there, or cannot be compared; CV501 and up: what a run has to say of itself."""

from convcli.explanations.record import Example, Explanation

TIMES: tuple[Explanation, ...] = (
    Explanation(
        "CV058",
        "There are no times here, or they cannot be read",
        "Columns of times, such as `time`, `spread`, `flop_s` and `ceiling`, say what a run has measured, so they need "
        "`--run`. Two reports that were kept can be compared by their times where both were written by "
        "`profile MODEL --run -o NAME.json`.",
        Example("convcli profile resnet18 --columns +time"),
        Example("convcli profile resnet18 --columns +flops"),
    ),
    Explanation(
        "CV059",
        "The times of two runs cannot be compared",
        "Times depend on processor, threads, versions and settings. Two reports that were kept are compared only where "
        "all of these agree; the message names what differs. `convcli diff --run A B` measures both in one run, in "
        "turns, and needs no such care.",
        None,
        None,
    ),
)


def _said(code: str, title: str, text: str) -> Explanation:
    return Explanation(code, title, text, None, None)


TIMING: tuple[Explanation, ...] = (
    _said(
        "CV501",
        "Other work has spoiled many passes",
        "A pass counts only where its threads had to wait for a core for less than a hundredth of its time, and no "
        "other guest of the machine took one away. Here more than a quarter of the passes do not count. What is shown "
        "is made of the others, or is `-` where they are too few.",
    ),
    _said(
        "CV502",
        "torch has more threads than cores",
        "Threads that have no core wait for each other, and passes take much longer than they must. torch counts the "
        "cores of the machine, and not what an affinity or a control group, as of a container, grants.",
    ),
    _said(
        "CV503",
        "Times are unsteady",
        "The middle half of the passes spreads over more than 10 % of their median, or processes disagree by more than "
        "15 %. Medians and intervals stand for such times too, and differences between networks are not told where "
        "the spread is more than 25 %.",
    ),
    _said(
        "CV504",
        "Memory is asked for again in each pass",
        "Each page that the system hands out anew costs a page fault. glibc gives large blocks back as soon as they "
        "are free, so a network can have thousands of faults a pass, which took a seventh of the time of MobileNet v2. "
        "A run tells glibc to keep them, unless `--malloc system` is given.",
    ),
    _said(
        "CV505",
        "Parts and whole do not fit",
        "A pass with two timestamps for each layer runs beside one without. The layers should add up to 0.90 to 1.05 "
        "of that, timestamps cost less than 5 %, and the same pass again differ by less than 2 %. Small networks miss "
        "that, since a timestamp takes as long as their layers.",
    ),
    _said(
        "CV506",
        "Much of a pass lies between its layers",
        "Between layers torch looks for the next kernel and starts it, which takes microseconds however small the "
        "layer is; a GPU waits meanwhile. Larger batches, compilers and CUDA graphs help.",
    ),
    _said(
        "CV507",
        "The first pass is much slower",
        "It makes kernels, workspaces and caches ready. It is in none of the other numbers, but whoever answers a "
        "single question feels nothing else.",
    ),
    _said(
        "CV508",
        "A pass takes more memory than was predicted",
        "Predicted are the tensors that are alive at once. What libraries beneath torch take for themselves comes to "
        "it: on a processor oneDNN copies input and output of a convolution with channels first into layouts of its "
        "own. More than a quarter above the prediction is worth a look.",
    ),
    _said(
        "CV509",
        "The network computes odd numbers",
        "Times of a network whose outputs are infinite, undefined or all the same are not those of real ones: "
        "denormal numbers alone make a convolution a hundred times slower, and a pool of zeros is faster.",
    ),
    _said(
        "CV510",
        "Pools are slow with channels first",
        "torch's pools on a processor take up to twelve times as long where channels come first (its issue 51393). "
        "`# convcli: ignore[slow-layout] why it is fine` on a pool's line silences it.",
    ),
    _said(
        "CV511",
        "Most of the time goes into moving numbers",
        "Normalisations, activations, pools, sums and joins compute next to nothing for each number that they read and "
        "write, so memory bounds them, whatever the processor could compute.",
    ),
    _said(
        "CV512",
        "Half precision gains nothing here",
        "Processors with AMX or AVX-512 BF16 multiply bfloat16 natively. Others widen each number to float32 and round "
        "it again, so the network is slower for it, if smaller.",
    ),
    _said(
        "CV513",
        "A layer is faster than the machine",
        "A ceiling is the most that was seen of a machine in a product or a copy. A layer that is more than 5 % "
        "faster says that the ceiling was measured while something else ran. No share of it is shown then.",
    ),
)
"""What a run has to say of itself; there is no example, since that depends on the machine."""
