"""Archives that want to break something, or to write where they should not."""

import io
import pickle
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable

from hostile.dialect import Dialect, archive


class Pickled:
    """What makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("gone", "w")


def around(one: Dialect) -> bytes:
    """Pack a whole good file into an archive."""
    return archive({one.file: one.write(one.good())})


def bomb(one: Dialect) -> bytes:
    """Return an archive whose file has 300 MB when it is unpacked."""
    return archive({**one.members(), main(one): b" " * 300_000_000}, level=1)


def main(one: Dialect) -> str:
    """Return the name of the file that is read of an archive."""
    return next(iter(one.members()))


def with_file(name: str, data: bytes = b"{}") -> Callable[[Dialect], bytes]:
    """Return what adds a file to a good archive."""
    return lambda one: archive({**one.members(), name: data})


def linked(one: Dialect) -> bytes:
    """Return an archive whose file is a link."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        for name, data in one.members().items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16 if name == main(one) else 0
            into.writestr(entry, b"/etc/passwd" if name == main(one) else data)
    return made.getvalue()


def twice(one: Dialect) -> bytes:
    """Return an archive that has the same name twice."""
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as into:
        warnings.simplefilter("ignore")
        for name, data in [*one.members().items(), *one.members().items()]:
            into.writestr(name, data)
    return made.getvalue()


def changed(data: bytes, local: tuple[int, str, int], central: tuple[int, str, int]) -> bytes:
    """Write a number over one field of all heads of files, and of all rows of the list of files."""
    made = bytearray(data)
    for sign, (offset, form, value) in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = made.find(sign)
        while at >= 0:
            struct.pack_into(form, made, at + offset, value)
            at = made.find(sign, at + 4)
    return bytes(made)


def lying(size: int) -> Callable[[Dialect], bytes]:
    """Return what says of all files of an archive that they have another size."""
    return lambda one: changed(archive(one.members()), (22, "<I", size), (24, "<I", size))


def encrypted(one: Dialect) -> bytes:
    """Say of all files of an archive that they are encrypted."""
    return changed(archive(one.members()), (6, "<H", 1), (8, "<H", 1))


def packed_otherwise(one: Dialect) -> bytes:
    """Say of all files of an archive that they are packed as nobody packs."""
    return changed(archive(one.members()), (8, "<H", 77), (10, "<H", 77))


def far(one: Dialect) -> bytes:
    """Say that the list of files lies behind the end."""
    made = bytearray(archive(one.members()))
    struct.pack_into("<I", made, made.rfind(b"PK\x05\x06") + 16, 0xFFFFFF00)
    return bytes(made)


def many(one: Dialect) -> bytes:
    """Return an archive whose list of files has 6 MB."""
    return archive({**one.members(), **{f"{number:0600}": b"" for number in range(9_000)}})


def pickled(one: Dialect) -> bytes:
    """Return an archive whose files are pickles that make a file."""
    return archive(dict.fromkeys(one.members(), pickle.dumps(Pickled())))


KINDS: dict[str, Callable[[Dialect], bytes]] = {
    "a bomb": bomb,
    "a path upwards": with_file("../../outside.json"),
    "a path upwards, later": with_file("data/../../../outside.json"),
    "an absolute path": with_file("/etc/passwd"),
    "a link in an archive": linked,
    "a file twice": twice,
    "a size that is too small": lying(5),
    "a size that is too large": lying(2**31),
    "an encrypted file": encrypted,
    "a file that is packed otherwise": packed_otherwise,
    "a list of files behind the end": far,
    "an archive in an archive": lambda one: archive({"inner.zip": archive(one.members())}),
    "a long list of files": many,
    "a pickle": pickled,
    "a pickle beside it": with_file("extra.pkl", pickle.dumps(Pickled())),
    "no file that is read": lambda _: archive({"readme.txt": b"nothing"}),
    "a file of another name": lambda one: archive({f"{name}x": data for name, data in one.members().items()}),
}
"""Kinds that only archives have."""
