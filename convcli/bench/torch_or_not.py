"""torch, if it is there: it is found when it is needed, and never required."""

from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic

HOW = "pip install 'convcli[torch]', or torch itself; `shape`, `profile` and `check` do without it"


def find_torch() -> Any:
    """Import torch.

    Raises:
        ConvcliError: it is not installed, or cannot be imported.
    """
    try:
        import torch
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        message = "this needs torch, which is not installed" if missing else f"torch cannot be imported: {error}"
        raise ConvcliError([Diagnostic("CV040", message, help=HOW)]) from None
    return torch
