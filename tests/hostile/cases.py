"""All formats, and the cases of each: the kinds that it has a spelling for, and its own."""

from collections.abc import Callable
from functools import partial

from hostile.caffe import Caffe
from hostile.darknet import Darknet
from hostile.dialect import Dialect
from hostile.exported import Exported
from hostile.huggingface import HuggingFace
from hostile.hydra import Hydra, Monai
from hostile.keras import Archive, Keras
from hostile.kinds import KINDS, Made
from hostile.nnunet import Earlier, Later
from hostile.onnx import Onnx
from hostile.printed import Printed
from hostile.python import Python
from hostile.ultralytics import Ultralytics
from hostile.yaml_own import Own

DIALECTS: tuple[type[Dialect], ...] = (
    Own,
    Ultralytics,
    Hydra,
    Monai,
    Earlier,
    Later,
    HuggingFace,
    Darknet,
    Caffe,
    Keras,
    Archive,
    Printed,
    Exported,
    Onnx,
    Python,
)


def dialect(name: str) -> Dialect:
    """Return the format of a name."""
    return next(one for one in DIALECTS if one.name == name)()


def cases(one: Dialect) -> dict[str, Callable[[], Made]]:
    """Return what makes each case of a format, by its name."""
    made = {kind: partial(make, one) for kind, make in KINDS.items() if kind not in one.absent}
    return {**made, **{f"own: {name}": make for name, make in one.own().items()}}
