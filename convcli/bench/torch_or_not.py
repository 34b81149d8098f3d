"""torch, if it is there: it is found when it is needed, and never required."""

from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic

HOW = "pip install 'convcli[torch]', or torch itself; `shape`, `profile` and `check` do without it"


def find_torch() -> Any:
    """Import torch.

    Raises:
        ConvcliError: it is not installed, or cannot be imported.
    """
    import warnings

    try:
        with warnings.catch_warnings():  # of numpy, which nothing here needs
            warnings.filterwarnings("ignore", "Failed to initialize NumPy", UserWarning)
            import torch
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        message = "this needs torch, which is not installed" if missing else f"torch cannot be imported: {error}"
        raise ConvcliError([Diagnostic("CV040", message, help=HOW)]) from None
    return torch


def expect_torch() -> None:
    """Refuse where there is no torch, without importing it, which takes a second.

    Raises:
        ConvcliError: it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise ConvcliError([Diagnostic("CV040", "this needs torch, which is not installed", help=HOW)])
