"""Which samples are contaminated: other work took time from them, or the device was slowed down.

A sample is contaminated where what it lost may be more than a fiftieth of it. Lost are

    the time for which a thread waited for a core             as the system says
    for each involuntary switch                               25 us where the wait is known, else 4 ms
    for each tick that another guest of the machine took      10 ms

A switch costs more than its wait: caches and pages are cold after it, from some microseconds to a
millisecond (Li, Ding, Shen, Quantifying the Cost of Context Switch, ExpCS 2007). Of 1,150 passes of
10 to 15 ms with up to four switches each, a least deviations fit gave each millisecond of wait 0.2 to
1.4 ms, and each switch between -0.03 and 0.1 ms. So two switches spoil a pass of 2 ms, and nothing
that takes longer, in which they cannot be avoided; where the system does not tell the wait, a switch
may have cost a whole time slice, and one spoils all that is shorter than 200 ms. Ticks are those of
Linux, a hundred a second, on any core: one spoils a pass that is shorter than half a second.
"""

from collections.abc import Iterable

from convcli.timing.protocol import Sample

MAY_LOSE = 0.02
"""Of its time. Waits are those of all threads together; two threads on two cores wait 1.2 % of a second-long pass
with nothing else to run but the system itself."""

SWITCH_NS, BLIND_SWITCH_NS, TICK_NS = 25_000, 4_000_000, 10_000_000

WAITED, SWITCHED, STOLEN, THROTTLED = "waited", "switched", "stolen", "throttled"
"""What has contaminated a sample: most of what it lost, it lost like this."""

CAUSES = {
    WAITED: "waited for a core",
    SWITCHED: "had to leave their core",
    STOLEN: "lost their core to another guest",
    THROTTLED: "ran on a device that was slowed down",
}
"""In words, after a number of passes."""


def cause_of(sample: Sample) -> str | None:
    """Return what has contaminated a sample, None where it is clean."""
    if sample.throttled:
        return THROTTLED
    lost = {
        WAITED: sample.wait_ns or 0,
        SWITCHED: sample.switches * (BLIND_SWITCH_NS if sample.wait_ns is None else SWITCH_NS),
        STOLEN: (sample.steal_ticks or 0) * TICK_NS,
    }
    if sum(lost.values()) <= MAY_LOSE * sample.wall_ns:
        return None
    return max(lost, key=lost.__getitem__)


def count_causes(samples: Iterable[Sample]) -> dict[str, int]:
    """Count the samples that are contaminated, by what has done it, in the order of `CAUSES`."""
    found = [cause_of(sample) for sample in samples]
    return {cause: found.count(cause) for cause in CAUSES if cause in found}
