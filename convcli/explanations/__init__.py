"""What each error code means, each with a wrong example and its repair; tests run all of them.

CV0.. the question itself       CV1.. how layers and files are written
CV2.. what layers are made of (up to CV219), and which tensors they take
CV3.. what the rules have against an architecture: warnings
CV4.. what a check has against a network, and how budgets are written (from CV410 on)
"""

from convcli.explanations.budgets import BUDGETS
from convcli.explanations.conversions import CONVERSIONS
from convcli.explanations.files import FILES
from convcli.explanations.foreign import FOREIGN
from convcli.explanations.formats import FORMATS
from convcli.explanations.layers import LAYERS
from convcli.explanations.machine import MACHINE
from convcli.explanations.onnx import ONNX
from convcli.explanations.question import QUESTION
from convcli.explanations.record import Example, Explanation
from convcli.explanations.rules import RULES
from convcli.explanations.running import RUNNING
from convcli.explanations.settled import SETTLED
from convcli.explanations.tensors import TENSORS
from convcli.explanations.timing import TIMES, TIMING
from convcli.explanations.writing import WRITING

BUG = Explanation(
    "CV999",
    "A bug in convcli",
    "Something happened that should not, whatever was asked. Please report it with the command and the file; with "
    "the environment variable CONVCLI_DEBUG=1 the message is preceded by a traceback. The exit code is 70.",
    None,
    None,
)

_ALL = (
    *QUESTION,
    *RUNNING,
    *MACHINE,
    *TIMES,
    *SETTLED,
    *FOREIGN,
    *CONVERSIONS,
    *FORMATS,
    *ONNX,
    *WRITING,
    *FILES,
    *LAYERS,
    *TENSORS,
    *RULES,
    *BUDGETS,
    *TIMING,
    BUG,
)

EXPLANATIONS: tuple[Explanation, ...] = tuple(sorted(_ALL, key=lambda one: one.code))
"""All codes in order."""

__all__ = ["EXPLANATIONS", "Example", "Explanation"]
