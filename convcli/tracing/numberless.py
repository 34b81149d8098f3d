"""Code that wants numbers out of tensors that have none: behind it nobody knows how a model goes on."""

import re

from convcli.aten.call import Call, Ref
from convcli.diagnostics import WARNING, Diagnostic
from convcli.record import Record
from convcli.tracing.blame import place_of, said_by

_KERNELLESS = re.compile(
    r"(\w+::\w+): attempted to run this operator|Could not run '(\w+::\w+)' with arguments from the '\w*Meta' backend"
    r"|The register_meta function for (\S+?)(?:\(\))? raises|fake impl registered for <CustomOpDef\((\S+?)\)>"
    r"|(\w+::\w+): We could not find the fake impl"
)
_READ = re.compile(
    "on meta tensors|out of meta tensor|as a correct data-independent implementation|data-dependent"
    "|meta device type tensor to numpy|repeat_interleave a meta tensor|a tensor with unallocated storage"
    r"|unsupported format string passed to Tensor.__format__|should be a 1D CPU int64 tensor, but got \w+ meta"
)
"""What torch says where numbers of a tensor are wanted that has none: of operators, and of Python that reads them."""


class Ended(Record):
    """Where a network is not known any further: why, what was called up to there, and what stands for all behind."""

    error: BaseException
    calls: tuple[Call, ...]
    ref: Ref


def wants_numbers(error: BaseException) -> bool:
    """Say whether that is what an error is about."""
    said = said_by(error)
    return bool(_READ.search(said) or _KERNELLESS.search(said))


def open_end(error: BaseException, torch: object) -> Diagnostic:
    """Say where a model goes on in a way that depends on numbers, and what that means for what is counted."""
    found = _KERNELLESS.search(said_by(error))
    reads = "the code reads numbers out of a tensor"
    what = f"`{next(filter(None, found.groups()))}` cannot tell what it gives without numbers" if found else reads
    message = f"{what}, and a model is called without any: all its parameters are counted, its costs up to here"
    help = "a part that reads no numbers, such as the backbone, is counted to its end: name a function that returns it"
    return Diagnostic("CV068", message, place_of(error, torch), help=help, level=WARNING, cause=error)
