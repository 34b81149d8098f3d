"""What codes mean of machines that are measured: which cannot be, and what is in the way of what is kept."""

from convcli.explanations.record import Example, Explanation

MACHINE: tuple[Explanation, ...] = (
    Explanation(
        "CV045",
        "The machine is too busy to be measured",
        "Ceilings are measured from samples that nothing has contaminated: no thread waited for a core, none was moved "
        "to another one, no other guest of the machine took time. There were too few of those, or they differ so much "
        "that something is at work which cannot be seen. A ceiling that is too low makes every prediction wrong, so "
        "there is none. End other work and ask again; `--threads 1` suffers less.",
        None,
        None,
    ),
    Explanation(
        "CV046",
        "A device, a type or a number of threads that is not measured",
        "Ceilings are measured on `cpu` and on GPUs that torch finds, `cuda` or `cuda:1`; in types that torch "
        "multiplies there; and with no more threads than there are cores for this process.",
        Example("convcli device --device tpu"),
        Example("convcli device --help"),
    ),
    Explanation(
        "CV047",
        "What was measured is not kept",
        "Ceilings are kept in `~/.cache/convcli/ceilings.json`, or in `convcli/ceilings.json` below XDG_CACHE_HOME, "
        "and read from there until the machine, torch or a setting is another one. The file cannot be written, or is "
        "one that convcli has not written, or somebody has changed: it is left as it is, and things are measured anew "
        "each time. Remove it, or set XDG_CACHE_HOME.",
        None,
        None,
    ),
)
