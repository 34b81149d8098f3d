"""What images need beside torch, found when it is needed: pillow."""

from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic

HOW = "pip install 'convcli[torch,inspect]'; without `--images` random pictures are taken, which need nothing"


def find_pillow() -> tuple[Any, Any]:
    """Import pillow's `Image` and `ImageOps`.

    Raises:
        ConvcliError: it is not installed, or cannot be imported.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "PIL"
        reason = (str(error).splitlines() or [""])[0][:200]
        message = "images need pillow, which is not installed" if missing else f"pillow cannot be imported: {reason}"
        raise ConvcliError([Diagnostic("CV048", message, help=HOW)]) from None
    return Image, ImageOps
