"""What softmax(Q K^T) V does to memory: in one kernel, or step by step where torch has none on a CPU."""

from convcli.layout import alike, moved
from convcli.ops.product import common_batch, multiply
from convcli.tape import Piece, Tape

HALF = frozenset({"float16", "bfloat16"})


def attend(
    tape: Tape,
    query: Piece,
    key: Piece,
    value: Piece,
    *,
    mask: Piece | None = None,
    dropout: float = 0.0,
    causal: bool = False,
    grouped: bool = False,
) -> Piece | None:
    """Play an attention: without its scores where torch has a kernel for it, as on CPU without dropout.

    None where that is not known: in mixed precision without a kernel.
    """
    given = mask
    if mask and mask.kind == "bool":
        mask = _as_numbers(tape, mask)
    if not dropout and _fused(query, key, value, mask, grouped=grouped):
        narrow = tape.narrowed(query, key, value)
        y = tape.new(query.shape, strides=alike(query.shape, [(query.shape, query.strides)]))
        sums = tape.new(query.shape[:3], "float64" if tape.flow == "float64" else "float32")
        tape.keep(*narrow, y, sums, *([mask] if mask else []))
        tape.drop(sums, *(one for one, x in zip(narrow, (query, key, value), strict=True) if one is not x))
    elif tape.narrow:
        return None
    else:
        y = _attend_by_scores(tape, [query, key, value], mask, dropout, causal=causal, grouped=grouped)
    if mask and mask is not given:
        tape.drop(mask)
    return y


def _fused(query: Piece, key: Piece, value: Piece, mask: Piece | None, *, grouped: bool) -> bool:
    """Say whether torch has a kernel for these."""
    if any(len(x.shape) != 4 or not _dense(x) for x in (query, key, value)):
        return False
    if key.shape[:2] != value.shape[:2] or query.shape[0] != key.shape[0] or query.shape[3] != value.shape[3]:
        return False
    if not grouped and query.shape[1] != key.shape[1]:
        return False
    return mask is None or (not mask.grad and len(mask.shape) != 3 and _dense(mask))


def _dense(x: Piece) -> bool:
    """Say whether the numbers of a row stand one behind the other."""
    return x.strides is None or x.shape[-1] == 1 or x.strides[-1] == 1


def _as_numbers(tape: Tape, mask: Piece) -> Piece:
    """Make a mask to be added: 0 or minus infinity, which are tensors too."""
    scalars = tape.new(()), tape.new(())
    numbers = tape.new(mask.shape)
    numbers.grad = False
    tape.drop(*scalars)
    return numbers


def _element_by_element(tape: Tape, x: Piece) -> Piece:
    """Make a tensor of the numbers of another: cast, or multiplied by one number."""
    made = tape.new(x.shape, strides=alike(x.shape, [(x.shape, x.strides)]))
    made.grad = x.grad
    return made


def _attend_by_scores(
    tape: Tape, tensors: list[Piece], mask: Piece | None, dropout: float, *, causal: bool, grouped: bool
) -> Piece:
    """Play softmax(Q K^T + mask) V step by step, in float32 where the tensors are narrower.

    What has a name in torch's code stays until the end.
    """
    flow, held = tape.flow, []
    if flow in HALF:
        tape.flow = "float32"
        held = tensors = [_element_by_element(tape, x) for x in tensors]
    query, key, value = tensors
    scaled = _element_by_element(tape, query)
    held = [*held, scaled]
    if causal:
        held.append(_causal_mask(tape, query.shape[-2], key.shape[-2]))
    if grouped and not query.shape[-3] == key.shape[-3] == value.shape[-3]:
        key, value = (_repeat(tape, x, query.shape[-3]) for x in (key, value))
        held.extend((key, value))
    chances = _softmax(tape, _scores(tape, scaled, key), query.grad or key.grad or bool(mask and mask.grad))
    if dropout:
        chances = _drop_out(tape, chances)
    batch = common_batch(chances.shape[:-2], value.shape[:-2])
    tape.flow = flow
    narrow = [tape.new(chances.shape)] if flow in HALF else []  # torch gives the scores too, in the tensors' type
    y = multiply(tape, chances, value, (*batch, chances.shape[-2], value.shape[-1]), kind=chances.kind)
    if narrow:
        y, wide = tape.new(y.shape), y
        tape.drop(wide)
    tape.drop(chances, *narrow, *held)
    return y


def _scores(tape: Tape, query: Piece, key: Piece) -> Piece:
    """Multiply the query by the scaled key, turned."""
    scaled = _element_by_element(tape, key)
    order = (*range(len(key.shape) - 2), len(key.shape) - 1, len(key.shape) - 2)
    turned = tape.view(scaled, tuple(key.shape[at] for at in order), moved(key.shape, scaled.strides, order))
    scores = multiply(
        tape, query, turned, (*common_batch(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])
    )
    tape.drop(scaled)
    return scores


def _softmax(tape: Tape, scores: Piece, grad: bool) -> Piece:
    chances = tape.new(scores.shape)
    chances.grad = grad
    tape.keep(*([chances] if grad else []))
    tape.drop(scores)
    return chances


def _causal_mask(tape: Tape, length: int, source: int) -> Piece:
    ones = tape.new((length, source), "bool")
    triangle = tape.new((length, source), "bool")
    tape.drop(ones)
    mask = _as_numbers(tape, triangle)
    tape.drop(triangle)
    return mask


def _repeat(tape: Tape, x: Piece, heads: int) -> Piece:
    """Copy each head of keys or values for all heads of queries that share it."""
    copy = tape.new((*x.shape[:-3], heads, *x.shape[-2:]))
    copy.grad = x.grad
    return copy


def _drop_out(tape: Tape, chances: Piece) -> Piece:
    mask, dropped = tape.new(chances.shape), tape.new(chances.shape)
    dropped.grad = chances.grad
    if chances.grad:
        tape.keep(mask)
    tape.drop(mask, chances)
    return dropped
