"""The library's `check`; what it needs is imported when it is asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcli.shapes import Size

if TYPE_CHECKING:
    from convcli.budgets.verdict import Check


def check(
    *paths: str | Path,
    input: Size | Mapping[str, Size] | None = None,
    batch: int | None = None,
    variants: Sequence[str] | None = None,
    dtype: str | None = None,
    budgets: Mapping[str, Any] | None = None,
    configuration: str | Path | None = None,
    jobs: int | None = None,
    max_layers: int | None = None,
    max_size: int | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> "Check":
    """Judge network files: each is resolved, and held against its budgets and the rules.

    Budgets are those under `check:` in the files and in the configuration, and those given here.

    Args:
        paths: files, and folders of which every network file is judged.
        input: the size that flows in, in place of the files' own.
        batch: the batch, where `input` has none (default 1).
        variants: only these variants; else each file as it stands, and all its variants.
        dtype: the type of all floating point numbers, for sizes in bytes (default float32).
        budgets: further budgets, as under `check:`: `{"params": "<= 12M", "output": [1000]}`.
        configuration: a `convcli.toml` or `pyproject.toml`; else the nearest one above this folder.
        jobs: the number of processes; else as many as are useful.
        max_layers: the limit of layers (default 100,000).
        max_size: the limit of a file's size in bytes (default 2 MiB).
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

    options = {"input": input, "batch": batch, "dtype": dtype, "max_layers": max_layers, "max_size": max_size}
    wanted = Wanted(
        {name: value for name, value in options.items() if value is not None}, given_budgets(budgets or {}),
        None if variants is None else tuple(variants), jobs,
    )  # fmt: skip
    configured = find_configuration(None if configuration is None else str(configuration))
    return check_paths([str(path) for path in paths], configured, wanted, progress)
