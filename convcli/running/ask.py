"""The library's `build` and `verify`; what they need, torch too, is imported when they are asked."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import counted, expect_dtype, expect_joined, graph_of, read_model, shared_options, whole
from convcli.diagnostics import ConvcliError
from convcli.rendered import Report
from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.bench.verify import Verification
    from convcli.graph import Graph
    from convcli.settled import AnyNetwork
    from convcli.timing.wanted import Run

Progress = Callable[[float, str], None]


def silent(done: float, doing: str) -> None:
    """Hear of progress, and say nothing."""


def plain_model(*model: Any, **options: Any) -> dict[str, Any]:
    """Return a network and its options as plain values, for `timed`."""
    from convcli.running.graphs import plain_model

    return plain_model(*model, **options)


def timed(plain: dict[str, Any], run: "Run", **wanted: Any) -> Report:
    """Count a network, build it and time it."""
    from convcli.running.timed import timed_report

    return timed_report(plain, run, **wanted)


def build(
    model: str | Path,
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    device: str = "cpu",
    dtype: str = "float32",
    init: str | None = None,
    seed: int | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
) -> Any:
    """Build a network with torch: a `torch.nn.Module` whose `state_dict` has the names of the file.

    It takes the network's inputs in order, or by name, and returns its output, or a tuple of its outputs.
    Sizes that the file computes from the input are those of the input with which it was built.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        input: the size that flows in, where it differs from the file's.
        batch: the batch, where `input` has none (default 1).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's.
        device: where its weights are, as torch calls it: "cpu", "cuda:1", "meta".
        dtype: the type of its weights, "bfloat16" or torch's own.
        init: how weights begin: None as torch does, or "kaiming_normal", "kaiming_uniform",
            "xavier_uniform", "orthogonal" or "zeros".
        seed: makes the weights the same each time, and leaves torch's own generator as it is.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).
        from_format: the format of the file, "darknet" say, where its name and content do not tell.

    Raises:
        ConvcliError: torch is not installed, or something is wrong with the network or an option.

    Example:
        >>> network = build("resnet18", device="meta")  # doctest: +SKIP
        >>> tuple(network.layer1[0].conv1.weight.shape)  # doctest: +SKIP
        (64, 64, 3, 3)
    """
    from convcli.bench.network import build_network
    from convcli.bench.torch_or_not import find_torch
    from convcli.bench.weights import expect_device, expect_seed, initialised

    torch = find_torch()
    dtype = str(dtype).removeprefix("torch.")
    expect_dtype(dtype)
    expect_device(torch, device)
    if seed is not None:
        expect_seed(seed)
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    words, own = read_model(model, max_size, from_format)
    graph, findings = graph_of(words, variant=variant or own, settings=set or {}, needs_input=True, **options)
    whole(counted(graph, findings, receptive_fields=False))
    expect_joined(graph)
    factory = {"device": device, "dtype": getattr(torch, dtype)}
    return initialised(torch, lambda: build_network(torch, graph, **factory), init, seed)


def verify(
    model: str | Path,
    *,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    batched: bool | None = None,
    variant: str | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int = 0,
    receptive_field: bool = False,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> "Verification":
    """Hold every static number of a network against torch, layer by layer.

    Compared are sizes, types, weights, buffers, parameters, what torch's `FlopCounterMode` counts, what
    autograd saves, and the shape of each weight's gradient. The batch is 2 where none is given, since
    batch norms refuse to train on a single value.

    Args:
        model: a network file, `-` for standard input, a bundled network's name, or layers.
        input: the size that flows in, where it differs from the file's.
        batch: the batch, where `input` has none (default 2).
        batched: say whether `input` has a batch.
        variant: one of the file's variants.
        set: variables that replace the file's.
        seed: for weights and inputs.
        receptive_field: compare receptive fields too, of some units of each layer.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of the file's size in bytes (default 2 MiB).
        from_format: the format of the file, "darknet" say, where its name and content do not tell.
        progress: is told now and then how much is done, from 0 to 1.

    Raises:
        ConvcliError: torch is not installed, something is wrong with the network, or there is too little memory.

    Example:
        >>> verify("conv 8 k3 | bn | relu", input="3x16x16").good  # doctest: +SKIP
        True
    """
    from convcli.bench import verify as bench
    from convcli.bench.torch_or_not import find_torch
    from convcli.bench.weights import expect_seed
    from convcli.running.room import expect_room

    torch = find_torch()
    expect_seed(seed)
    options = shared_options(input=input, batch=batch, batched=batched, max_layers=max_layers)
    words, own = read_model(model, max_size, from_format)
    given = {"variant": variant or own, "settings": set or {}, "needs_input": True, **options}
    graph, report, at = trainable(words, given, 2)
    expect_room(report, train=True, report_at=at)
    return bench.verify(torch, graph, report, seed=seed, receptive_field=receptive_field, progress=progress)


def trainable(
    words: "AnyNetwork", given: dict[str, Any], batch: int
) -> "tuple[Graph, Report, Callable[[int, int], Report]]":
    """Return a network, with this batch where none is given, its report, and its reports at other sizes."""
    from convcli.running.graphs import resized

    graph, findings = graph_of(words, **given)
    if given["batch"] is None and not findings and graph.batch == 1:
        with contextlib.suppress(ConvcliError):  # an archive may have been exported for one batch only
            wider, wrong = graph_of(words, **{**given, "batch": batch})
            graph = graph if wrong else wider  # an input that says its batch itself takes no other
    report = whole(counted(graph, findings))
    expect_joined(graph)

    def at(batch: int, times: int) -> Report:
        sizes = resized(graph, batch, times)
        return whole(counted(*graph_of(words, **{**given, "sizes": sizes, "batch": None, "batched": True})))

    return graph, report, at
