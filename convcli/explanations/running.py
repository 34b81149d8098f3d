"""What codes mean of networks that are built, verified and timed, and of machines: torch, memory, devices."""

from convcli.explanations.record import Example, Explanation

RUNNING: tuple[Explanation, ...] = (
    Explanation(
        "CV040",
        "torch is needed, and is not installed",
        "Building, verifying and timing a network need torch; everything else does without. "
        "`pip install 'convcli[torch]'` brings it, or install it as pytorch.org says for your machine.",
        None,
        None,
    ),
    Explanation(
        "CV041",
        "There is too little memory",
        "What a run will take is known beforehand, and compared with what is free before anything is allocated. Take a "
        "smaller batch or input; `convcli solve batch` finds the largest batch that fits.",
        None,
        None,
    ),
    Explanation(
        "CV042",
        "There is no such initialisation",
        "Weights begin as torch's own modules do, or by kaiming_normal, kaiming_uniform, xavier_uniform, orthogonal or "
        "zeros, as `torch.nn.init` has them.",
        None,
        None,
    ),
    Explanation(
        "CV043",
        "A device or a seed that torch does not take",
        "A device is what torch calls it, `cpu`, `cuda:1` or `meta`, and has to be there; a seed is an integer from 0 "
        "to 2^63 - 1.",
        None,
        None,
    ),
    Explanation(
        "CV044",
        "A batch norm is to train on one value",
        "In training a batch norm takes mean and variance over batch and positions, and torch refuses a single value "
        "for each channel. Take a batch of 2 or more, or a larger input.",
        None,
        None,
    ),
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
    Explanation(
        "CV053",
        "A run that cannot be",
        "The options of a run contradict each other, or one has no such value: a device is cpu, cuda, cuda:1, mps or "
        "auto, a process measures for more than no time, a CUDA graph needs a GPU and has no backward.",
        Example("convcli profile 'conv 8 k3' -i 3x8x8 --run --device tpu"),
        Example("convcli profile 'conv 8 k3' -i 3x8x8"),
    ),
    Explanation(
        "CV054",
        "A layer cannot run on this device, or in this type",
        "torch has no kernel for the layer that is named, with this type of number, on this device. The message is "
        "torch's own. Take another `--dtype` or `--device`.",
        None,
        None,
    ),
    Explanation(
        "CV055",
        "The network changed while it was measured",
        "Each process reads the network anew and compares it with what the run began with. Something wrote the file "
        "in between. Run it again.",
        None,
        None,
    ),
    Explanation(
        "CV056",
        "A measuring process ended early",
        "The process that runs the network died, or torch raised an error that has no better name. What had been "
        "measured is shown all the same. SIGKILL is what a system sends where memory runs out: take a smaller batch.",
        None,
        None,
    ),
    Explanation(
        "CV057",
        "A number is not torch's",
        "Before anything is timed, sizes, weights and FLOPs are held against torch, without computing; where training "
        "is timed, saved bytes and gradients too. One that differs is a bug of convcli, never of your network. Please "
        "report it; `convcli verify` shows all that differ. The exit code is 70.",
        None,
        None,
    ),
)
