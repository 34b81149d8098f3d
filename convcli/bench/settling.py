"""How long a call takes, from samples that nothing has contaminated; and why that cannot be said."""

from collections.abc import Sequence

from convcli.bench.sampling import Call, Sampler
from convcli.record import Record
from convcli.timing.clean import CAUSES, cause_of, count_causes
from convcli.timing.protocol import Sample
from convcli.timing.statistics import median

FEWEST = 5
"""Clean samples that there must be."""

NEAR = 0.9
"""The best clean sample has at least this part of the median; otherwise something that is not seen disturbs them."""

TRIES = 2
LONGER = 3
"""How often it is tried, and how much longer than its time a try may last to have enough clean samples."""

SAMPLE_NS = 2_000_000
"""A sample takes about so long: calls that are shorter are sampled in a row."""


class Settled(Record):
    """The seconds of a call; None where there is a reason against them."""

    seconds: float | None
    reason: str | None = None


def settle(sampler: Sampler, call: Call, seconds: float) -> Settled:
    """Take samples of a call for some seconds, and return the median of the clean ones."""
    sampler(call, 1)  # torch makes ready what a call of this size needs
    once = sampler(call, 1).wall_ns
    repeat = max(1, round(SAMPLE_NS / max(once, 1)))
    reason = None
    for _ in range(TRIES):
        samples, clean = _samples(sampler, call, repeat, seconds)
        reason = refusal(samples, clean)
        if reason is None:
            return Settled(median(clean))
    return Settled(None, reason)


def _samples(sampler: Sampler, call: Call, repeat: int, seconds: float) -> tuple[list[Sample], list[float]]:
    samples: list[Sample] = []
    clean: list[float] = []
    spent = 0.0
    while spent < seconds or (len(clean) < FEWEST and spent < LONGER * seconds) or len(samples) < FEWEST:
        one = sampler(call, repeat)
        samples.append(one)
        spent += one.wall_ns / 1e9
        if cause_of(one) is None:
            clean.append(one.wall_ns / one.repeat / 1e9)
    return samples, clean


def refusal(samples: Sequence[Sample], clean: Sequence[float]) -> str | None:
    """Say why samples deserve no trust; None where they do."""
    if len(clean) < FEWEST:
        why = ", ".join(f"{count} {CAUSES[cause]}" for cause, count in count_causes(samples).items())
        return f"{len(clean)} of {len(samples)} samples are clean: {why}"
    if min(clean) < NEAR * median(clean):
        return f"half of the samples take more than {median(clean) / min(clean) - 1:.0%} longer than the best"
    return None
