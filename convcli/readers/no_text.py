"""What a file is that is no text: its bytes are never shown, only what it seems to be, and what to name instead."""

import re

_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_HEAD, _TAIL = 8 * 1024, 64 * 1024
ENDS = _HEAD + _TAIL
"""Bytes of both ends of a file that tell what it is."""
_NAME = "name the class that they belong to, `net.py:Net`, or write the network itself: "
_EXPORT = "`torch.export.save(torch.export.export(model, (x,)), 'net.pt2')`"


def is_binary(data: bytes) -> bool:
    """Say whether bytes are no text of any kind: texts have no signs that control a machine."""
    return _CONTROL.search(data[:_HEAD]) is not None


def what_it_is(name: str, data: bytes) -> tuple[str, str]:
    """Return what a file is, by the bytes of its ends, and what to do."""
    tail = data[-_TAIL:]
    if data.startswith(b"PK"):
        if b"models/model.json" in tail:
            return f"{name} is an archive of torch.export", "it is read from a file whose name ends in .pt2"
        if b"/code/" in tail or b"constants.pkl" in tail:
            return f"{name} is TorchScript, which is not read", _NAME.replace(
                "they belong to", "it was made of"
            ) + _EXPORT
        if b"data.pkl" in tail:
            return f"{name} has weights, and no network that can be read", _NAME + _EXPORT
        return f"{name} is a zip archive, and no text", "archives that are read end in .pt2 or .keras"
    if data[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or data[8:10] == b'{"':
        return f"{name} has weights, and no network that can be read", _NAME + _EXPORT
    if data.startswith(b"\x89HDF"):
        return f"{name} is HDF5, which is not read", "save the model as `net.keras`, or its `model.to_json()`"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return f"{name} is UTF-16", "save it as UTF-8"
    help = "a network file is text; ONNX and archives of torch.export are read from a file, `net.onnx`, `net.pt2`"
    return f"{name} is no text", help
