"""The record of a check: what came of each file."""

from typing import TypeVar

from convcli.budgets.record import Judgement, Value
from convcli.diagnostics import ERROR, Diagnostic
from convcli.record import Record
from convcli.report import TensorReport, Totals

GOOD, WARNED, BROKEN, OVER = "good", "warned", "broken", "over"

V = TypeVar("V", bound="Verdict")


class Verdict(Record):
    """What came of one network: a file, or one of its variants.

    Attributes:
        path: the file, as it was asked for.
        name: the network's name.
        variant: None for the file as it stands.
        findings: everything that was found, those of broken budgets too, in order.
        judgements: each budget that was judged.
        totals: what the network adds up to; None where it could not be resolved.
        inputs, outputs: what flows in and out.
        receptive_field: that of the output, as budgets judge it.
        file: the file that a Python model is in; empty where `path` is one.
        unasked: whether its file's own `check:` is wrong, so that nobody knows against what it is to be held.
    """

    path: str
    name: str
    variant: str | None
    findings: tuple[Diagnostic, ...]
    judgements: tuple[Judgement, ...]
    totals: Totals | None
    inputs: tuple[TensorReport, ...]
    outputs: tuple[TensorReport, ...]
    receptive_field: Value
    unasked: bool = False
    file: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it; warnings may be there."""
        return self.status in (GOOD, WARNED)

    @property
    def status(self) -> str:
        """Return "good", "warned", "over" a budget or against a rule, or "broken": file or `check:` is wrong."""
        if self.totals is None or self.unasked:
            return BROKEN
        if any(found.level == ERROR for found in self.findings):
            return OVER
        return WARNED if self.findings else GOOD

    @classmethod
    def unresolved(cls: type[V], path: str, name: str, variant: str | None, findings: tuple[Diagnostic, ...]) -> V:
        """Return the verdict on a network that could not be counted."""
        return cls(path, name, variant, findings, (), None, (), (), Value(None, known=False))

    def title(self) -> str:
        """Return the file, with its variant if it is one."""
        return self.path if self.variant is None else f"{self.path} ({self.variant})"


class Skipped(Record):
    """A file that was not judged, and why; `named` if it was asked for by its name."""

    path: str
    why: str
    named: bool = False


class Check(Record):
    """What came of all files; `wrong` is what is wrong with the question itself."""

    verdicts: tuple[Verdict, ...]
    skipped: tuple[Skipped, ...]
    wrong: tuple[Diagnostic, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with any of them."""
        return not self.wrong and all(verdict.good for verdict in self.verdicts)
