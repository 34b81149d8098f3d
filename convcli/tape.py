"""What an operator does to memory, played as torch's kernels do it: tensors made, views, what is kept for backward.

An operator's `memory` plays one call of itself on a `Tape`: it takes a `Piece` for each input and
returns one for each result. In between it makes tensors (`new`, `out`), looks at them in another
shape (`view`), keeps what its derivative needs (`keep`) and lets go of the rest (`drop`). What comes
of it is a `Use`, which is equal for equal calls, and is worked out once for all of them.
"""

from collections.abc import Sequence

from convcli.layout import Strides, given, normal, reshaped
from convcli.quantity import Shape, product
from convcli.record import Record

BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "complex128": 16, "complex64": 8, "complex32": 4,
    "int64": 8, "uint64": 8, "int32": 4, "uint32": 4, "int16": 2, "uint16": 2, "int8": 1, "uint8": 1, "bool": 1,
    **{f"float8_{kind}": 1 for kind in ("e4m3fn", "e4m3fnuz", "e5m2", "e5m2fnuz", "e8m0fnu")},
    "qint32": 4, "qint8": 1, "quint8": 1,
}  # fmt: skip
"""Bytes of one element, by torch's name of the type."""
COMPLEX = {"float64": "complex128", "float16": "complex32"}
"""What complex numbers are in a network of a type, where their parts have it and are not float32."""


def typed(kind: str, dtype: str) -> str:
    """Return the type of a tensor: floating point ones have the network's, and so have the parts of complex ones."""
    if kind == "complex64":
        return COMPLEX.get(dtype, kind)
    return dtype if kind == "float32" else kind


WIDE = frozenset(
    (
        *("exp", "log", "rsqrt", "reciprocal", "pow", "sum", "softplus", "Softplus", "normalize"),
        *("softmax", "softmin", "log_softmax", "Softmax", "Softmin", "Softmax2d", "LogSoftmax"),
        *("LayerNorm", "LayerNorm2d", "layer_norm", "GroupNorm", "group_norm"),
        *("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
        *("interpolate", "upsample", "upsample_nearest", "upsample_bilinear"),
    )
)
"""Operators that mixed precision computes in float32: the list of torch.autocast for CUDA."""

FLOATING = frozenset({"float64", "float32", "float16", "bfloat16"})

WEIGHT = -1
"""The storage of parameters and buffers, which are counted apart. Inputs are 0, 1, ...; what a call makes is below."""
FIRST = -2
"""The first storage that a call makes; the next ones are below."""


class State(Record):
    """What a call must know of a tensor beside its shape; strides are None where elements stand in order."""

    kind: str
    strides: Strides | None
    grad: bool


Result = tuple[int, State, int]
"""A result of a call: the storage it lies in, its state, and the bytes of its elements."""


class Use(Record):
    """What a call does to memory.

    Attributes:
        results: where each result lies.
        made: the bytes of each storage that the call makes and leaves behind, from `FIRST` down.
        saved: the storages that are kept for backward.
        during: the most bytes that its own storages take at any time while it runs.
        passes: inputs whose gradient is the result's own, in the same storage.
        left: the bytes of all storages that it makes and leaves behind.
        over: inputs that it writes over.
    """

    __slots__ = ()

    results: tuple[Result, ...]
    made: tuple[int, ...]
    saved: tuple[int, ...]
    during: int
    passes: tuple[int, ...]
    left: int
    over: tuple[int, ...] = ()
    known: bool = True
    """Whether the operator has told; else its results are made, and nothing is known of what is kept."""


class Piece:
    """A tensor while a call is played."""

    __slots__ = ("grad", "kind", "shape", "storage", "strides")

    def __init__(self, storage: int, shape: Shape, kind: str, strides: Strides | None, grad: bool) -> None:
        self.storage, self.shape = storage, shape
        self.kind, self.strides, self.grad = kind, strides, grad

    def size(self) -> int:
        """Return the bytes of its elements."""
        return product(self.shape) * BYTES[self.kind]


class Tape:
    """One call of an operator, while it is played.

    Attributes:
        training: whether the network is trained: dropout drops, and what backward needs is kept.
        shapes: the shape of each result.
        grad: whether the results will get a gradient.
        dtype: the network's type, that of weights.
        narrow: the type that mixed precision computes convolutions and products in, None without it.
        first: whether the module's weights are used here for the first time.
        asked: the results that somebody reads, where there are several.
    """

    def __init__(
        self, shapes: tuple[Shape, ...], kinds: tuple[str, ...], *, training: bool, grad: bool, dtype: str,
        narrow: str | None = None, first: bool = True, asked: frozenset[int] | None = None,
    ) -> None:  # fmt: skip
        self.shapes, self.kinds = shapes, kinds
        self.training, self.grad = training, grad
        self.dtype = self.flow = dtype
        self.narrow, self.first, self.asked = narrow, first, asked
        self.sizes: dict[int, int] = {}
        self.saved: dict[int, None] = {}
        self.passed: tuple[int, ...] = ()
        self.overwritten: dict[int, None] = {}
        self.now = self.peak = 0
        self._next = FIRST

    # ---- tensors

    def new(self, shape: Shape, kind: str | None = None, strides: Strides | None = None) -> Piece:
        """Make a tensor; floating point numbers have the type that flows here."""
        piece = Piece(self._next, shape, kind or self.flow, strides, self.grad)
        self._next -= 1
        size = self.sizes[piece.storage] = piece.size()
        self.now += size
        self.peak = max(self.peak, self.now)
        return piece

    def out(self, at: int = 0, strides: Strides | None = None) -> Piece:
        """Make result number `at`."""
        kind = self.kinds[at]
        return self.new(self.shapes[at], typed(kind, self.flow), strides)

    def view(self, x: Piece, shape: Shape, strides: Strides | None = None) -> Piece:
        """Look at a tensor's elements in another shape."""
        return Piece(x.storage, shape, x.kind, strides, x.grad)

    def over(self, x: Piece) -> Piece:
        """Write over a tensor, as an operator in place does."""
        if x.storage >= 0:
            self.overwritten[x.storage] = None
        return x

    def copy(self, x: Piece) -> Piece:
        """Copy a tensor, elements in order."""
        return self.new(x.shape, x.kind)

    def in_order(self, x: Piece) -> Piece:
        """Return a tensor whose elements stand in order: a copy where they do not."""
        return x if x.strides is None else self.copy(x)

    def reshape(self, x: Piece, shape: Shape) -> Piece:
        """Look at a tensor in another shape, or copy it where its elements do not lie so."""
        fits, strides = reshaped(x.shape, x.strides, shape)
        return self.view(x, shape, strides) if fits else self.new(shape, x.kind)

    def expand(self, x: Piece, shape: Shape) -> Piece:
        """Look at a tensor as if it were repeated along new axes and axes of 1."""
        new = len(shape) - len(x.shape)
        own = zip(x.shape, given(x.shape, x.strides), shape[new:], strict=True)
        strides = (0,) * new + tuple(stride if have == want else 0 for have, stride, want in own)
        return self.view(x, shape, normal(shape, strides))

    def drop(self, *pieces: Piece) -> None:
        """Let go of tensors that this call made; what is kept for backward stays."""
        for piece in pieces:
            if piece.storage <= FIRST and piece.storage not in self.saved:
                self.now -= self.sizes.pop(piece.storage, 0)

    # ---- for backward

    def keep(self, *pieces: Piece) -> None:
        """Keep tensors for backward, if there will be one; weights are there anyway."""
        if self.grad:
            for piece in pieces:
                if piece.storage != WEIGHT:
                    self.saved[piece.storage] = None

    def keep_new(self, shape: Shape, kind: str | None = None) -> None:
        """Make a tensor that is for backward only: statistics, indices, a mask."""
        made = self.new(shape, kind)
        self.keep(made)
        self.drop(made)

    def passes(self, *inputs: int) -> None:
        """Say that these inputs' gradients are the result's, in the same storage."""
        self.passed = inputs

    # ---- mixed precision, by the lists of torch.autocast

    def meet(self, pieces: Sequence[Piece]) -> None:
        """Let results have the type that holds the numbers of all inputs, which differ in mixed precision alone."""
        kinds = [piece.kind for piece in pieces if piece.kind in FLOATING]
        if kinds and self.narrow:
            self.flow = max(kinds, key=lambda kind: BYTES[kind])

    def narrowed(self, *pieces: Piece) -> list[Piece]:
        """Cast what a convolution or a matrix product reads."""
        return self._cast(self.narrow, pieces)

    def widened(self, name: str, *pieces: Piece) -> list[Piece]:
        """Cast what the operator of this name reads, if it is one that computes in full precision."""
        return self._cast("float32" if self.narrow and name in WIDE else None, pieces)

    def _cast(self, kind: str | None, pieces: tuple[Piece, ...]) -> list[Piece]:
        if kind is None:
            return list(pieces)
        self.flow = kind
        others = FLOATING - {kind, "float64"}
        return [self.new(piece.shape, kind, piece.strides) if piece.kind in others else piece for piece in pieces]

    def narrow_weights(self, *shapes: Shape) -> None:
        """Cast weights, once for each module: autocast holds on to them, and so does backward."""
        if self.narrow and self.first:
            for shape in shapes:
                self.saved[self.new(shape, self.narrow).storage] = None

    # ---- the end

    def use(self, results: tuple[Piece, ...]) -> Use:
        """Return what came of it."""
        left = {piece.storage for piece in results} | set(self.saved)
        made = [storage for storage in self.sizes if storage in left]
        place = {storage: FIRST - at for at, storage in enumerate(made)}  # without the gaps of what was let go
        return Use(
            tuple([(place.get(one.storage, one.storage), _state(one, self.grad), one.size()) for one in results]),
            tuple([self.sizes[storage] for storage in made]),
            tuple([place.get(storage, storage) for storage in self.saved]), self.peak, self.passed,
            sum([self.sizes[storage] for storage in made]), tuple(self.overwritten),
        )  # fmt: skip


def _state(piece: Piece, grad: bool) -> State:
    return State(piece.kind, piece.strides, grad and piece.kind in FLOATING)
