"""What codes mean of networks that are built, verified and timed: torch, memory, devices, processes."""

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
        "A layer cannot train on its input",
        "In training a batch norm takes mean and variance over batch and positions, and torch refuses a single value "
        "for each channel: take a batch of 2 or more, or a larger input. Dropout of whole channels refuses an input "
        "without channels.",
        None,
        None,
    ),
    Explanation(
        "CV048",
        "pillow is needed, and is not installed",
        "`convcli inspect --images` reads images with pillow, which `pip install 'convcli[inspect]'` brings. Without "
        "`--images` random numbers flow in, and nothing but torch is needed; nor is TensorBoard, to write its log.",
        None,
        None,
    ),
    Explanation(
        "CV049",
        "An image is not there, or cannot be read",
        "`--images` names files and folders. A file that is named has to be an image that pillow reads, whole, and "
        "with fewer pixels than pillow's limit, which guards against files that unpack to more than there is room for. "
        "Below a folder the files that end like images are taken; those that cannot be read are left out and listed.",
        None,
        None,
    ),
    Explanation(
        "CV050",
        "The network does not take or make such pictures",
        "Pictures are written of tensors of four axes, N x C x H x W. Images flow into a network with one such input "
        "of 1 or 3 channels; a layer is shown in pictures of 3 channels where its channels are a multiple of 3, and "
        "with `--fold 1` in any case.",
        None,
        None,
    ),
    Explanation(
        "CV051",
        "A file is there already",
        "Nothing is overwritten: `--grids` and `--tensorboard` name folders without pictures or logs of an earlier "
        "look. `--force` overwrites the pictures, and writes a log beside the old one.",
        None,
        None,
    ),
    Explanation(
        "CV052",
        "No layer is called so",
        "`--layers` takes names as `convcli profile` lists them, a scope for all that is in it, and `*`, `?` and "
        "`[...]` for any text.",
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
