"""The library's `check`; what it needs is imported when it is asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.asking import expect_dtype
from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.checked import Check
    from convcli.checking.init import Written
    from convcli.checking.lock import LockUpdate
    from convcli.timing.wanted import Run


def check(
    *paths: str | Path,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    variants: Sequence[str] | None = None,
    dtype: str | None = None,
    budgets: Mapping[str, Any] | None = None,
    configuration: str | Path | None = None,
    locked: bool = False,
    skip_others: bool = False,
    jobs: int | None = None,
    baseline: str | None = None,
    max_latency: str | float | None = None,
    run: "Run | None" = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    from_format: str | None = None,
    progress: Callable[..., None] = lambda *_: None,
) -> "Check":
    """Judge network files: each is resolved, and held against its budgets and the rules.

    Budgets are those under `check:` in the files and in the configuration, and those given here.

    Args:
        paths: files, folders of which every network file is judged, and Python models by name, "net.py:Net".
        input: the size that flows in, in place of the files' own.
        batch: the batch, where `input` has none (default 1).
        variants: only these variants; else each file as it stands, and all its variants.
        dtype: the type of all floating point numbers, for sizes in bytes (default float32).
        budgets: further budgets, as under `check:`: `{"params": "<= 12M", "output": [1000]}`.
        configuration: a `convcli.toml` or `pyproject.toml`; else the nearest one above this folder.
        locked: compare with the lock too, `convcli.lock` beside the configuration.
        skip_others: skip a file that is named and no network, like those below folders.
        jobs: the number of processes; else as many as are useful.
        baseline: time each network against this one, as for `diff`; `main:` is its own file in that revision.
        max_latency: how many times as long as the baseline it may take (default 1.05).
        run: how both are timed.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of a file's size in bytes (default 2 MiB).
        from_format: the format of the files that are named, where name and content do not tell.
        progress: is told now and then how much is done, from 0 to 1.

    Raises:
        ConvcliError: the configuration or a budget is wrong. What is wrong with files is in the answer.

    Example:
        >>> from convcli.readers.bundled import bundled
        >>> verdict = check(bundled("resnet18").path, variants=["resnet34"]).verdicts[0]
        >>> verdict.status, [one.budget.name() for one in verdict.judgements]
        ('good', ['output', 'params', 'macs'])
    """
    from convcli.checking.check import Wanted, check_paths
    from convcli.checking.configured import find_configuration
    from convcli.checking.given import given_budgets

    if dtype is not None:
        expect_dtype(dtype)
    options = {"input": input, "batch": batch, "dtype": dtype, "max_layers": max_layers, "max_size": max_size}
    options["from_format"] = from_format
    configured = find_configuration(None if configuration is None else str(configuration))
    wanted = Wanted(
        {name: value for name, value in options.items() if value is not None}, given_budgets(budgets or {}),
        None if variants is None else tuple(variants), jobs, configured.lock() if locked else None, skip_others,
    )  # fmt: skip
    if baseline is not None or max_latency is not None:
        from convcli.checking.latency import against

        wanted = wanted._replace(against=against(baseline, max_latency, run))
    return check_paths([str(path) for path in paths], configured, wanted, progress)


def check_init(
    *paths: str | Path, slack: str = "5%", configuration: str | Path | None = None, **options: Any
) -> "list[Written]":
    r"""Write budgets into network files that have none: what each has now, and a slack.

    Args:
        paths: files, and folders of which every network file is meant.
        slack: what may be added before a budget is broken, in percent.
        configuration: a `convcli.toml` or `pyproject.toml`; else the nearest one above this folder.
        options: `input`, `batch`, `dtype`, `skip_others`, `max_layers` and `max_size`, as for `check`.

    Raises:
        ConvcliError: something is wrong with the configuration or a path, or a file cannot be written.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("net.yaml").write_text("input: [3, 32, 32]\nlayers:\n  - Conv2d(3, 8, 3)\n")
        >>> check_init("net.yaml", slack="10%")[0].budgets
        ('output: [8, 30, 30]', 'params: {max: 247}', 'macs: {max: 214k}', 'memory.inference: {max: 44.2 KiB}')
    """
    from convcli.checking.init import parse_slack, write_budgets
    from convcli.readers.files import MAX_SIZE

    share = parse_slack(slack)
    found = check(*paths, configuration=configuration, **options)
    return write_budgets(found, share, options.get("max_size") or MAX_SIZE)


def lock(
    *paths: str | Path,
    configuration: str | Path | None = None,
    jobs: int | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> "LockUpdate":
    r"""Write what networks add up to into `convcli.lock`, beside the configuration or in this folder.

    Entries of other files stay as they are. Where a file is broken, nothing is written.

    Args:
        paths: files, and folders of which every network file is locked.
        configuration: a `convcli.toml` or `pyproject.toml`; else the nearest one above this folder.
        jobs: the number of processes; else as many as are useful.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of a file's size in bytes (default 2 MiB).
        progress: is told now and then how much is done, from 0 to 1.

    Raises:
        ConvcliError: something is wrong with the configuration, a path, a file, or the lock that is there.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("net.yaml").write_text("input: [3, 32, 32]\nlayers:\n  - Conv2d(3, 8, 3)\n")
        >>> lock("net.yaml").added
        ('net.yaml',)
    """
    from convcli.checking.check import Wanted, check_paths
    from convcli.checking.configured import find_configuration
    from convcli.checking.lock import write_lock

    configured = find_configuration(None if configuration is None else str(configuration))
    options = {"max_layers": max_layers, "max_size": max_size}
    wanted = Wanted({name: value for name, value in options.items() if value is not None}, jobs=jobs, fields=True)
    names = [str(path) for path in paths]
    return write_lock(check_paths(names, configured, wanted, progress), names, configured.lock())
