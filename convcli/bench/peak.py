"""How much memory a pass takes, measured: torch's own record of what its allocator gave and took."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def peak_bytes(torch: Any, run: Callable[[], Any], inputs: Sequence[Any]) -> int | None:
    """Return the most bytes that were alive at once in a pass, its inputs and nothing before it counted.

    The workspaces of kernels are in it, as far as they come from torch's allocator. None where torch
    records nothing.
    """
    with torch.autograd.profiler.profile(profile_memory=True) as record:
        run()
    events = sorted(_allocations(record.kineto_results.experimental_event_tree()))
    if not events:
        return None
    _, first_size, first_total = events[0]
    highest = max(total for _, _, total in events)
    return int(highest - (first_total - first_size)) + input_bytes(inputs)


def input_bytes(inputs: Sequence[Any]) -> int:
    """Return the bytes of the inputs of a pass, which were there before it."""
    return sum(one.untyped_storage().nbytes() for one in inputs)


def _allocations(events: Any) -> Iterator[tuple[int, int, int]]:
    """Give when something was allocated or freed, how much, and how much there is then."""
    open_ = list(events)
    while open_:
        event = open_.pop()
        open_.extend(event.children)
        if event.tag.name == "Allocation":
            yield event.start_time_ns, event.extra_fields.alloc_size, event.extra_fields.total_allocated
