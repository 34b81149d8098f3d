"""The size of images that a model of Hugging Face is given: `preprocessor_config.json`, beside its configuration."""

from typing import Any

from convcli.layer.syntax import At
from convcli.readers.beside import json_beside
from convcli.readers.huggingface.parts import LARGEST
from convcli.readers.places_json import Object
from convcli.source import Source

BESIDE = "preprocessor_config.json"


def sides(found: Any) -> tuple[int, int] | None:
    """Return height and width of a size: one number, two, or an object that names them."""
    if isinstance(found, Object):
        shortest = found.get("shortest_edge")
        found = [found.get("height", shortest), found.get("width", shortest)]
    found = [found, found] if type(found) is int else found
    good = isinstance(found, list) and len(found) == 2 and all(type(one) is int and 0 < one <= LARGEST for one in found)
    return (found[0], found[1]) if good else None


def image_size(config: Source) -> tuple[tuple[int, int], Source, At] | None:
    """Return height and width of what the file beside a configuration makes of every image, and where it says so."""
    source, found = json_beside(config, BESIDE) or (config, None)
    if not isinstance(found, Object):
        return None
    crops = found.get("do_center_crop", "crop_size" in found)
    for key in ("crop_size", "size") if crops else ("size",):
        size = sides(found.get(key))
        if size is not None:
            return size, source, found.place(key)
    return None
