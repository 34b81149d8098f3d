"""CV058 and CV059: times that are not there, or cannot be compared; CV501 and up: what a run has to say of itself."""

from convcli.explanations.record import Example, Explanation

TIMES: tuple[Explanation, ...] = (
    Explanation(
        "CV058",
        "There are no times here, or they cannot be read",
        "The columns `time`, `spread`, `share_time`, `backward`, `flop_s`, `byte_s`, `ceiling` and `predicted` say "
        "what a run has measured, so they need `--run`. Two reports that were kept can be compared by their times "
        "where both were written by `profile MODEL --run -o NAME.json`.",
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
