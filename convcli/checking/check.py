"""Judging files: each is read, resolved, counted, and held against its budgets."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import how_trained, read_model, report_of
from convcli.blocks import Network, Variant
from convcli.budgets.judge import judge
from convcli.budgets.metrics import DIVISOR, UNKNOWN, receptive_field
from convcli.budgets.read import read_budgets
from convcli.budgets.record import Budget, Value
from convcli.checked import Check, Verdict
from convcli.checking.configured import Configured
from convcli.checking.files import collect
from convcli.checking.models import QUESTION, expect_files, model_in
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.document import Mapping
from convcli.quantity import Shape
from convcli.readers.files import MAX_SIZE
from convcli.record import Record
from convcli.settled import AnyNetwork
from convcli.shapes import sizes_of

if TYPE_CHECKING:
    from convcli.checking.latency import Against


class Wanted(Record):
    """How files are judged, beside what the configuration says.

    Attributes:
        options: options of `profile` from the command line: they go before the file's and the configuration's.
        budgets: budgets from the command line, in place of others for the same.
        variants: variants to judge; None for the file as it stands and all of its variants.
        jobs: the number of processes; None for as many as are useful.
        lock: the lock file that networks are held against; None without one.
        skip_others: skip named files too that are no networks.
        fields: work out the receptive field of the output, for a lock, without a budget for it too.
        against: the baseline that times are held against; None where nothing is run.
    """

    options: dict[str, Any] = {}
    budgets: tuple[Budget, ...] = ()
    variants: tuple[str, ...] | None = None
    jobs: int | None = None
    lock: Path | None = None
    skip_others: bool = False
    fields: bool = False
    against: "Against | None" = None


Progress = Callable[..., None]

TIMED_WITH = ("dtype", "max_layers", "max_size", "from_format")
"""Options that a comparison of times takes too."""

MANY = 64
"""Files from which on further processes are worth their start."""


def check_paths(paths: Sequence[str], configured: Configured, wanted: Wanted, progress: Progress) -> Check:
    """Judge files and folders.

    Raises:
        ConvcliError: options stand against the lock, or it is none.
    """
    if wanted.lock is not None:
        _refuse_other_numbers(wanted)
    files = collect(
        paths, configured.configuration.exclude, configured.folder,
        skip_others=wanted.skip_others, limit=wanted.options.get("max_size") or MAX_SIZE,
    )  # fmt: skip
    if wanted.against is not None:
        expect_files(files.models, wanted.against.baseline)
    verdicts: list[Verdict] = []
    wrong = list(files.wrong)
    judged = (check_file(model, configured, wanted) for model in files.models)
    for at, (found, mistakes) in enumerate(chain(_each(files.files, configured, wanted), judged)):
        verdicts += found
        wrong += mistakes
        progress((at + 1) / (len(files.files) + len(files.models)))
    if wanted.against is not None:
        verdicts, mistakes = _timed(verdicts, wanted.against, configured, wanted, progress)
        wrong += mistakes
    if wanted.lock is not None:
        from convcli.checking.lock import held

        verdicts = held(verdicts, paths, wanted.lock, wanted.variants)
    return Check(tuple(verdicts), files.skipped, tuple(wrong))


def _timed(
    verdicts: list[Verdict], against: "Against", configured: Configured, wanted: Wanted, progress: Progress
) -> tuple[list[Verdict], list[Diagnostic]]:
    """Time each network against the baseline; the second result is what is wrong with that."""
    from convcli.checking.latency import held

    found: list[Verdict] = []
    wrong: dict[Diagnostic, None] = {}
    for at, verdict in enumerate(verdicts):

        def part(done: float, doing: str, at: int = at) -> None:
            progress((at + done) / len(verdicts), doing)

        options = configured.how(Path(verdict.file or verdict.path)) | wanted.options
        how = {name: options[name] for name in TIMED_WITH if name in options}
        try:
            found.append(held(verdict, against, how, part))
        except ConvcliError as error:
            wrong |= dict.fromkeys(error.diagnostics)
            found.append(verdict)
    return found, list(wrong)


def _refuse_other_numbers(wanted: Wanted) -> None:
    """Refuse what changes numbers and is not in files or the configuration, which are what was locked."""
    given = [f"`--{name}`" for name in ("input", "batch", "dtype") if wanted.options.get(name) is not None]
    if given:
        message = f"the lock has the numbers without {' and '.join(given)}, so nothing can be compared"
        help = "leave it away, or put it into the configuration and run `convcli lock`"
        raise ConvcliError([Diagnostic("CV010", message, help=help)])


def _each(
    files: Sequence[Path], configured: Configured, wanted: Wanted
) -> Iterator[tuple[list[Verdict], list[Diagnostic]]]:
    """Judge each file, in several processes where there are many."""
    jobs = wanted.jobs or (os.cpu_count() or 1 if len(files) >= MANY else 1)
    work = partial(check_file, configured=configured, wanted=wanted)
    if min(jobs, len(files)) <= 1:
        yield from map(work, files)
        return
    from concurrent.futures import ProcessPoolExecutor  # only many files need it

    pool = ProcessPoolExecutor(min(jobs, len(files)), initializer=_begin_worker)
    whole = False
    try:
        yield from pool.map(work, files, chunksize=max(1, min(16, len(files) // (4 * jobs))))
        whole = True
    finally:
        pool.shutdown(wait=whole, cancel_futures=True)  # who is interrupted does not wait for work nobody wants


def _begin_worker() -> None:
    """Let a worker end with the program, however that ends, and not before: signals go to the program.

    A signal to all of them, as from Ctrl-C, would end workers that the program still waits for.
    """
    import signal
    from multiprocessing import parent_process
    from threading import Thread

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def check_file(path: Path | str, configured: Configured, wanted: Wanted) -> tuple[list[Verdict], list[Diagnostic]]:
    """Judge a file and its variants, or a Python model by its name.

    The second result is what is wrong with the file's own `check:`, or with the question for the model.
    """
    how = map(wanted.options.get, ("max_size", "from_format")) if isinstance(path, Path) else ()
    try:
        network, _ = read_model(path, *how)
    except ConvcliError as error:
        if isinstance(path, str) and all(one.code in QUESTION for one in error.diagnostics):
            return [], list(error.diagnostics)
        title = path.stem if isinstance(path, Path) else path
        return [Verdict.unresolved(str(path), title, None, error.diagnostics)._replace(file=model_in(path))], []
    file = model_in(path)
    where = Path(file or path)
    mistakes: list[Diagnostic] = []
    variants: list[str | None] = [] if network.chosen else [None]  # which is one of the variants
    variants += [variant.name for variant in network.variants]
    if wanted.variants is not None:
        variants = [name for name in variants if name in wanted.variants] or list(wanted.variants)
    own = _own_budgets(network, mistakes)
    verdicts = []
    for name in variants:
        lineage: tuple[Variant, ...] = network.lineage(name)
        budgets = _together(
            configured.budgets(where), own[None], *(own[variant.name] for variant in lineage), wanted.budgets
        )
        judged = _judged(where, network, name, budgets, configured, wanted)
        verdicts.append(judged._replace(path=str(path), unasked=bool(mistakes), file=file))
    return verdicts, mistakes


def _own_budgets(network: AnyNetwork, mistakes: list[Diagnostic]) -> dict[str | None, list[Budget]]:
    """Return the budgets of a file, None, and those of its variants."""
    checks: dict[str | None, Mapping | None] = {None: network.check}
    checks |= {variant.name: variant.check for variant in network.variants}
    return {name: read_budgets(check, mistakes) if check else [] for name, check in checks.items()}


def _together(*sources: Iterable[Budget]) -> list[Budget]:
    """Put budgets together; a later one takes the place of an earlier one for the same."""
    found: dict[tuple[str | None, str], Budget] = {}
    for budgets in sources:
        for budget in budgets:
            found[budget.pattern, budget.metric] = budget
    return list(found.values())


def _judged(
    path: Path, network: AnyNetwork, variant: str | None, budgets: list[Budget], configured: Configured, wanted: Wanted
) -> Verdict:
    options = configured.how(path)
    if network.inputs:
        options.pop("input", None)  # it is for files that have none
    options |= wanted.options
    sizes = sizes_of(options.pop("input", None))
    training = how_trained(options.pop("optimizer", "sgd"), amp=options.pop("amp", False))
    for name in ("max_size", "from_format"):
        options.pop(name, None)
    fields = wanted.fields or wanted.lock is not None or any(one.metric == "receptive_field" for one in budgets)
    try:
        report = report_of(
            network, variant=variant, sizes=sizes, needs_input=True, training=training, warnings=True,
            levels=configured.levels(path), receptive_fields=fields, **options,
        )  # fmt: skip
    except ConvcliError as error:
        return Verdict.unresolved(str(path), network.name, variant, error.diagnostics)
    if report.failed:
        return Verdict.unresolved(str(path), report.name, variant, report.findings)
    field = receptive_field(report, None) if fields else UNKNOWN
    given = _given(network, path, variant, budgets, sizes)
    judgements = tuple(judge(report, budgets, given))
    broken = tuple(judgement.found for judgement in judgements if judgement.found)
    return Verdict(
        str(path), report.name, variant, (*report.findings, *broken), judgements, report.totals,
        report.inputs, report.outputs, field,
    )  # fmt: skip


def _given(
    network: AnyNetwork, path: Path, variant: str | None, budgets: list[Budget], sizes: dict[str, Shape]
) -> dict[str, Value]:
    """Work out what only some budgets ask for: the divisor of the input sizes."""
    if all(budget.metric != DIVISOR for budget in budgets):
        return {}
    if not isinstance(network, Network):  # it has no lines to follow
        return {DIVISOR: UNKNOWN}
    from convcli.solving.ask import solve_size

    divisors = solve_size(path, input=sizes or None, variant=variant).divisible_by()
    known = bool(divisors) and None not in divisors
    return {DIVISOR: Value(divisors if known else None, known)}
