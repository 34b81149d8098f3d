"""What sizes and number types become when tensors meet."""

from collections.abc import Iterable

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.op import Operator
from convcli.quantity import Shape, is_known

_NARROW_TO_WIDE = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
_WIDTH = {name: width for width, name in enumerate(_NARROW_TO_WIDE)}
_FIRST_FLOAT = _WIDTH["float16"]


def promoted(types: Iterable[str]) -> str:
    """Return the number type that holds values of all these types."""
    found = set(types)
    for pair, wider in (({"float16", "bfloat16"}, "float32"), ({"uint8", "int8"}, "int16")):
        if pair <= found:
            found.add(wider)
    return max(found, key=lambda name: _WIDTH.get(name, len(_WIDTH)), default="float32")


def is_float(kind: str) -> bool:
    """Say whether numbers of this type have fractions."""
    return _WIDTH.get(kind, len(_WIDTH)) >= _FIRST_FLOAT


def fractional(kind: str) -> str:
    """Return the type of a result with fractions: float32 where the input has integers."""
    return kind if is_float(kind) else "float32"


def same(a: int, b: int) -> int | None:
    """Return the size of two axes that must be equal, the known one if one is unknown; None if they differ."""
    if a != b:
        return None
    return a if is_known(a) else b


def meet(a: int, b: int) -> int | None:
    """Return the size of two axes that are broadcast, None if they do not fit.

    An axis of 1 takes the size of the other. Of an unknown size and a known one, the known one
    wins if it is more than 1; 1 and unknown is unknown.
    """
    if is_known(a) and a == 1:
        return b
    if not is_known(b) or b == 1:
        return a
    return b if not is_known(a) else same(a, b)


def broadcast(op: Operator, a: Shape, b: Shape) -> Shape:
    """Return the shape of two tensors that are combined element by element.

    Raises:
        Refusal: some axis, counted from the end, has two sizes, neither of them 1.
    """
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    missing = len(longer) - len(shorter)
    sizes = list(longer[:missing])
    for axis, (x, y) in enumerate(zip(longer[missing:], shorter, strict=True), start=missing):
        size = meet(x, y)
        if size is None:
            raise _do_not_broadcast(op, a, b, axis - len(longer) if missing else axis)
        sizes.append(size)
    return tuple(sizes)


def _do_not_broadcast(op: Operator, a: Shape, b: Shape, axis: int) -> Refusal:
    found = f"{op.name}: {show_shape(a)} and {show_shape(b)} do not go together: axis {axis} is {a[axis]} and {b[axis]}"
    help = "the sizes of an axis must be equal, or one of them 1"
    if axis == 1 and 3 <= len(a) <= 5:
        layer = f"Conv{len(a) - 2}d(_, {int(a[1])}, 1)"
        help += f"; `{layer}` on the second makes its {int(b[1])} channels {int(a[1])}"
    return Refusal("CV228", found, help=help)


def unknown_size(op: Operator, x: Shape, axis: int, why: str) -> Refusal:
    """Refuse to go on without a size that decides how many results or axes there are."""
    where = f"axis {axis} of {show_shape(x)}"
    return Refusal(
        "CV255", f"{op.name}: the size of {where} is not known, and {why}", help="give the input's size: `-i`"
    )
