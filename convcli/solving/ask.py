"""The questions asked backwards, as library functions; `api` has them beside the others."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import how_trained, read_model, report_of, whole
from convcli.blocks import Network, setting
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.rendered import Report
from convcli.shapes import Size, parse_shape, sizes_of

if TYPE_CHECKING:
    from convcli.solving.batch import BatchSolution
    from convcli.solving.size import SizeSolution


def solve_batch(
    model: str | Path,
    *,
    memory: str | int,
    train: bool = False,
    optimizer: str = "sgd",
    amp: bool = False,
    input: Size | Mapping[str, Size] | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    dtype: str = "float32",
    max_layers: int | None = None,
    max_size: int | None = None,
) -> "BatchSolution":
    """Find the largest batch that a memory holds; where not even one sample fits, what weighs most.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        memory: what there is, "8GiB", "24GB", or a number of bytes.
        train: for a step of training; else for inference.
        optimizer: "sgd", "momentum", "adam" or "adamw".
        amp: mixed precision: convolutions and products in float16.
        input: the size that flows in, without a batch.
        variant: one of the file's variants.
        set: variables that replace the file's.
        dtype: the type of all floating point numbers.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what.

    Example:
        >>> solve_batch("resnet50", memory="8GiB", train=True, optimizer="adam").batch
        95
    """
    from convcli.shapes import parse_bytes
    from convcli.solving import batch

    network, own = read_model(model, max_size)
    sizes, training = sizes_of(input), how_trained(optimizer, amp=amp)

    def report(size: int) -> Report:
        return whole(
            report_of(
                network, sizes=sizes, batch=size, variant=variant or own, settings=set or {}, dtype=dtype,
                max_layers=max_layers, needs_input=True, training=training,
            )
        )  # fmt: skip

    room = memory if isinstance(memory, int) else parse_bytes(memory)
    return batch.solve_batch(report, room, train=train)


def solve_size(
    model: str | Path,
    *,
    near: str | int | Sequence[int] | None = None,
    input: Size | Mapping[str, Size] | None = None,
    input_name: str | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> "SizeSolution":
    """Find which input sizes a network takes, and which of them lose no pixels at a border.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        near: a size around which to list those that work, "500x375" or (500, 375), or 500 for all axes.
        input: the size to begin with, where it differs from the file's.
        input_name: of several inputs, the only one that changes; else all change in proportion.
        variant: one of the file's variants.
        set: variables that replace the file's.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).
        progress: is told now and then how much is done, from 0 to 1.

    Raises:
        ConvcliError: something is wrong; its `diagnostics` say what. That no size works is no error.

    Example:
        >>> solve_size("unet").divisible_by()
        (16, 16)
        >>> solve_size("inception_v3").axes[0].lossless.next(299)
        299
    """
    from convcli.resolve.boundary import Given
    from convcli.resolve.state import MAX_LAYERS
    from convcli.solving import size
    from convcli.solving.trials import ask

    network, own = read_model(model, max_size)
    if not isinstance(network, Network):
        message = f"{network.source} has no sizes to work out: only a network in words can be asked for others"
        raise ConvcliError([Diagnostic("CV063", message, help="try single sizes with `-i`")])
    settings = tuple((name, setting(name, value)) for name, value in (set or {}).items())
    given = Given(sizes_of(input), None, None, variant or own, settings, max_layers or MAX_LAYERS)
    asked, failure = ask(network, given, input_name)
    numbers = (near,) if isinstance(near, int) else near
    text = ",".join(map(str, numbers)) if numbers is not None and not isinstance(numbers, str) else numbers
    around = None if text is None else parse_shape(text, "write `--near 500x375`, or one number for all axes")
    return size.solve(asked, around, failure, progress)
