"""What a run says of the network: where its time goes, and what would make it faster."""

from convcli import human
from convcli.remarks.ran import Ran, Remark, expected_peak
from convcli.rules.catalogue import OF_A_RUN
from convcli.timing.protocol import INFERENCE
from convcli.timing.trust import waits_for_work

SLOW_LAYOUT = OF_A_RUN["slow-layout"]

BETWEEN = 0.2
"""Part of a pass between its layers."""

FOR_POOLS = 0.05
POOLS = frozenset({"MaxPool2d", "AvgPool2d", "max_pool2d", "avg_pool2d"})
"""Those of which torch has slow kernels where channels come first (its issue 51393)."""

FOR_MOVING = 0.4
"""Part of a pass in layers that compute next to nothing."""

MORE_MEMORY, MUCH_MEMORY = 1.25, 64 << 20
"""Times what was predicted, and bytes more than that: workspaces of a few megabytes are nothing to speak of."""

WITHOUT_HALF = ("DEFAULT", "NO AVX", "AVX2")
"""What torch calls processors on which no product of half precision is faster (`get_cpu_capability`)."""


def between_layers(ran: Ran) -> Remark | None:
    """Look for time that no layer takes."""
    rest, total = ran.first.rest and ran.first.rest.value, ran.total
    idle = waits_for_work(ran.first)
    if total is None or not (idle or (rest and rest > BETWEEN * total)):
        return None
    help = (
        ran.suggest(
            (ran.report.batch == 1, "a larger batch, `--batch 8`, shares it among more samples"),
            (not ran.tried("compile"), "`--compile` measures what torch's compiler makes of it"),
            (not ran.on_cpu and not ran.tried("cuda_graph"), "`--cuda-graph` replays a pass as one"),
        )
        or "a network of fewer, larger layers"
    )
    if idle:
        return Remark("CV506", "the device waits for work for a good part of a pass", help)
    return Remark("CV506", f"{100 * (rest or 0.0) / total:.0f} % of a pass lie between its layers", help)


def memory(ran: Ran) -> Remark | None:
    """Look for a pass that takes more memory than was predicted."""
    measured, expected = ran.first.measured_peak_bytes, expected_peak(ran.report)
    if measured is None or not expected or measured <= max(MORE_MEMORY * expected, expected + MUCH_MEMORY):
        return None
    copies = ran.on_cpu and not ran.config.channels_last
    help = ran.suggest(
        (copies, "with channels first oneDNN copies tensors into layouts of its own; `--channels-last` does without"),
        (not copies, "workspaces of the libraries beneath torch are in no prediction: leave room for them"),
    )
    message = f"a pass takes {human.bytes_(measured)} beside the weights, and {human.bytes_(expected)} were predicted"
    return Remark("CV508", message, help)


def slow_layout(ran: Ran) -> Remark | None:
    """Look for pools that are slow because of how their input lies in memory."""
    if not ran.on_cpu or ran.tried("channels_last"):
        return None
    pools = [
        (time.share or 0.0, row)
        for row, time in ran.layers()
        if row.op in POOLS and not ran.is_silenced(SLOW_LAYOUT, row)
    ]
    together = sum(share for share, _ in pools)
    if together <= FOR_POOLS:
        return None
    pools.sort(key=lambda one: -one[0])
    message = f"pooling takes {100 * together:.0f} % of a pass: with channels first it is slow on a processor"
    help = "`--both-layouts` measures what `network.to(memory_format=torch.channels_last)` would save"
    return Remark(SLOW_LAYOUT, message, help, tuple(row for _, row in pools))


def moving(ran: Ran) -> Remark | None:
    """Look for a network whose time goes into layers that move numbers, and compute next to nothing."""
    shares = [(time.share, row.op) for row, time in ran.layers() if row.macs == 0 and time.share]
    together = sum(share for share, _ in shares)
    if ran.config.mode != INFERENCE or together <= FOR_MOVING:
        return None
    norms = any("BatchNorm" in op for _, op in shares)
    help = (
        ran.suggest(
            (not ran.tried("compile"), "`--compile` fuses them with their neighbours"),
            (norms and not ran.tried("compile"), "a batch norm behind a convolution can be folded into it"),
            (not ran.is_half and not _is_without_half(ran), "`--dtype bfloat16` halves what they move"),
        )
        or "fewer, wider layers move less for the same arithmetic"
    )
    message = f"layers without multiply-accumulates take {100 * together:.0f} % of a pass: memory bounds them"
    return Remark("CV511", message, help)


def slow_half(ran: Ran) -> Remark | None:
    """Look for half precision on a machine that has nothing for it."""
    if not ran.is_half or not ran.on_cpu:
        return None
    half = ran.config.dtype if not ran.config.amp else "bfloat16"
    flops = ran.timings.ceilings.flops if ran.timings.ceilings and ran.timings.ceilings.reason is None else {}
    peaks = [max(flops.get(dtype, {}).values(), default=0.0) for dtype in (half, "float32")]
    slower = 0 < peaks[0] < peaks[1]
    if not slower and not _is_without_half(ran):
        return None
    what = "slower than float32" if slower else "by way of float32"
    return Remark("CV512", f"this processor computes {half} {what}", "`--dtype float32` without `--amp`")


def _is_without_half(ran: Ran) -> bool:
    return ran.on_cpu and ran.facts.get("capability") in WITHOUT_HALF
