"""Images from files and folders, brought to the size that a network takes.

The shorter side is scaled to cover the network's input, the rest of the longer one is cut off on both sides.
What pillow refuses, its limits for decompression bombs included, is an error where somebody has named the file,
and left out where it was found below a folder.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from convcli.bench.inside.optional import find_pillow
from convcli.bench.inside.passing import Progress
from convcli.bench.inside.record import Unread
from convcli.diagnostics import ConvcliError, Diagnostic

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""The formats that are read: none that is a program, or is given to one, as EPS is."""
MODES = {1: "L", 3: "RGB"}
"""pillow's modes by the number of channels."""
WHITE = (255, 255, 255, 255)


def image_files(paths: Iterable[str | Path]) -> dict[Path, bool]:
    """Return files in order, those below a folder by their names, and whether each was named itself.

    Raises:
        ConvcliError: a path does not exist, or is neither file nor folder; or there is no image.
    """
    found: dict[Path, bool] = {}
    named = [Path(path) for path in paths]
    for path in named:
        if path.is_dir():
            for below in _below(path):
                found.setdefault(below, False)
        elif path.is_file():
            found[path] = True
        else:
            what = "is neither a file nor a folder" if path.exists() else "does not exist"
            raise _no_images(f"{path} {what}")
    if not found:
        raise _no_images(f"there is no image in {', '.join(map(str, named[:3]))}", f"they end in {', '.join(SUFFIXES)}")
    return found


def _below(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    return sorted(path for path in found if path.is_file())


def read_images(
    torch: Any, files: Mapping[Path, bool], size: Sequence[int], most: int, progress: Progress
) -> tuple[Any, tuple[Unread, ...]]:
    """Return images as bytes, `N x C x H x W`, not more than `most`, and those below folders that cannot be read.

    Raises:
        ConvcliError: one that is named cannot be read, or none can.
    """
    channels, height, width = size
    image_module, image_ops = find_pillow()
    made, unread = list[Any](), list[Unread]()
    for path, named in files.items():
        if len(made) == most:
            break
        try:
            picture = _read(image_module, image_ops, path, MODES[channels], (width, height))
        except Exception as error:  # noqa: BLE001  a stranger's file breaks pillow in ways of which there is no list
            if named:
                raise _no_images(f"{path} cannot be read: {_why(error)}", "leave it out, or mend it") from None
            unread.append(Unread(str(path), _why(error)))
            continue
        flat = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        made.append(flat.reshape(height, width, channels).permute(2, 0, 1))
        progress(len(made) / min(most, len(files)))
    if not made:
        more = f"; {len(unread) - 1:,} others neither" if len(unread) > 1 else ""
        raise _no_images(f"no image can be read: {unread[0].path}: {unread[0].why}{more}")
    return torch.stack(made), tuple(unread)


def normalised(torch: Any, images: Any) -> Any:
    """Return images of bytes as a network takes them: mean 0 and deviation 1 for each channel, over all of them."""
    values = images.double()
    mean, deviation = values.mean((0, 2, 3), keepdim=True), values.std((0, 2, 3), correction=0, keepdim=True)
    return ((values - mean) / torch.where(deviation > 0, deviation, 1.0)).float()


def _read(image_module: Any, image_ops: Any, path: Path, mode: str, size: tuple[int, int]) -> Any:
    with catch_warnings():
        simplefilter("ignore")
        simplefilter("error", image_module.DecompressionBombWarning)  # pillow goes on up to twice its limit
        with image_module.open(path, formats=FORMATS) as opened:
            image = image_ops.exif_transpose(opened)
            if image.mode == "F":
                raise ValueError("its pixels are floating point numbers of unknown range")
            if image.mode.startswith("I"):
                image = image.convert("F").point(lambda value: value * (1 / 257)).convert("L")
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = image_module.alpha_composite(image_module.new("RGBA", image.size, WHITE), image)
            return image_ops.fit(image.convert(mode), size, image_module.Resampling.BILINEAR)


def _why(error: Exception) -> str:
    kind = type(error).__name__
    if kind.startswith("DecompressionBomb"):
        return "has more pixels than pillow's limit, and may be a decompression bomb"
    if kind == "UnidentifiedImageError":
        return "is no image that pillow knows"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return (str(error).splitlines() or [kind])[0][:200]


def _no_images(message: str, help: str = "name images, or folders that have some, behind `--images`") -> ConvcliError:
    return ConvcliError([Diagnostic("CV049", message, help=help)])
