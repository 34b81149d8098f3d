"""What speaks against the measurement itself: other work, too many threads, numbers that do not hold together."""

from convcli import human
from convcli.remarks.ran import Ran, Remark
from convcli.timing.clean import CAUSES, THROTTLED
from convcli.timing.record import NOT_FINITE, Figure
from convcli.timing.trust import beaten

MOST_SPOILED = 0.25
"""Part of the passes; a run has more than enough of them."""

UNSTEADY = 0.10
"""The middle half of the passes, relative to the median; from here on torch's own timer warns too."""

MANY_FAULTS = 50
"""Page faults a pass; with an allocator that keeps what is freed there are none."""

CLOSURE, OVERHEAD, SAME = (0.90, 1.05), 1.05, 0.02
"""What layers may add up to, what timestamps may cost, and by how much equal passes may differ."""

SLOW_FIRST, NOTICED = 4.0, 0.1
"""Times a usual pass, and the seconds more from which on anybody notices."""


def spoiled(ran: Ran) -> Remark | None:
    """Look for passes that other work has spoiled."""
    whole, clean = ran.first.samples
    if not whole or whole - clean <= MOST_SPOILED * whole:
        return None
    most = max(ran.first.contaminated, key=lambda cause: ran.first.contaminated[cause])
    help = ran.suggest(
        (most == THROTTLED, "let the device cool down, or give it more power"),
        (most != THROTTLED, "close what else runs on this machine"),
        (most != THROTTLED and ran.facts.get("threads") != 1, "`--threads 1` needs one core alone"),
        (True, "a longer run, `--seconds 10`, finds more quiet moments"),
    )
    return Remark("CV501", f"{whole - clean} of {whole} passes are left out: most of them {CAUSES[most]}", help)


def crowded(ran: Ran) -> Remark | None:
    """Look for more threads than there are cores for them."""
    threads, cores, quota = (ran.facts.get(name) for name in ("threads", "cores", "quota"))
    found = [number for number in (cores, quota) if isinstance(number, (int, float))]
    if not ran.on_cpu or not isinstance(threads, int) or not found or threads <= min(found):
        return None
    room = max(int(min(found)), 1)
    if threads == room:  # of less than one core there is no smaller number of threads
        return None
    message = f"torch has {threads} threads, and this process may use {min(found):g} cores"
    return Remark("CV502", message, f"`--threads {room}`")


def unsteady(ran: Ran) -> Remark | None:
    """Look for passes, or processes, that differ much."""
    help = ran.suggest(
        (True, "a longer run, `--seconds 10`, or a quieter machine"),
        (ran.on_cpu and ran.facts.get("threads") != 1, "`--threads 1` is steadier"),
    )
    total = ran.first.total
    if total.value is None:
        apart = sum(value is not None for value in total.medians) > 1
        return Remark("CV503", f"there is no time of a pass: {total.reason}", help) if apart else None
    width = (total.p75 - total.p25) / total.value if total.p25 is not None and total.p75 is not None else 0.0
    if width <= UNSTEADY:
        return None
    return Remark("CV503", f"the middle half of the passes spreads over {100 * width:.0f} % of their median", help)


def faulting(ran: Ran) -> Remark | None:
    """Look for memory that is asked for again in each pass."""
    faults = ran.first.faults
    if not ran.on_cpu or faults is None or faults <= MANY_FAULTS:
        return None
    help = ran.suggest(
        (ran.facts.get("malloc") == "system", "leave out `--malloc system`"),
        (True, "in your own program an allocator that keeps what is freed, jemalloc or tcmalloc, does away with them"),
    )
    return Remark("CV504", f"a pass has {faults:,.0f} page faults: its memory is given back and asked for again", help)


def inconsistent(ran: Ran) -> Remark | None:
    """Look for parts that do not fit their whole."""
    first, found = ran.first, []
    closure, overhead, again = (_value(one) for one in (first.closure, first.overhead, first.again))
    if closure is not None and not CLOSURE[0] <= closure <= CLOSURE[1]:
        found.append(f"the layers add up to {closure:.2f} of a pass")
    if overhead is not None and overhead > OVERHEAD:
        found.append(f"timestamps make a pass {overhead:.2f} times as long")
    if again is not None and abs(again - 1) > SAME:
        found.append(f"the same pass again takes {again:.2f} times as long")
    if not found:
        return None
    help = "believe the whole pass more than its layers; a larger batch makes what lies between layers matter less"
    return Remark("CV505", ", and ".join(found), help)


def slow_first(ran: Ran) -> Remark | None:
    """Look for a first pass that is much slower than all others."""
    total, first = ran.total, _value(ran.first.first_pass)
    if total is None or first is None or first <= SLOW_FIRST * total or first - total <= NOTICED:
        return None
    message = f"the first pass takes {human.seconds(first)}, {first / total:.0f} times as long as the others"
    return Remark("CV507", message, "it is in no other number; a service should run a pass before it answers")


def odd_numbers(ran: Ran) -> Remark | None:
    """Look for outputs with which times can be anything."""
    notes = {note for process in ran.timings.processes for note in process.notes}
    if not notes:
        return None
    what = "not finite" if NOT_FINITE in notes else "the same everywhere"
    message = f"the outputs of the network are {what}, and times of such numbers can be anything"
    return Remark("CV509", message, "other weights, `--init kaiming_normal`, or another `--seed`")


def beaten_ceiling(ran: Ran) -> Remark | None:
    """Look for a layer that is faster than what was measured of the machine."""
    ceilings = ran.timings.ceilings
    name = beaten(ran.timings) if ceilings is not None and ceilings.reason is None else None
    if name is None:
        return None
    message = f"`{name}` is faster than the ceiling of this machine, so no share of it is shown"
    return Remark("CV513", message, "measure the ceilings again, on a quiet machine: `convcli device`")


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value
