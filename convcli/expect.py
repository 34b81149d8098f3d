"""What operators expect of their inputs, and how they say that it is something else."""

from convcli.diagnostics import Refusal
from convcli.human import show_shape
from convcli.op import Operator
from convcli.quantity import UNKNOWN, Shape, is_known


def wrong_channels(op: Operator, name: str, found: int, x: Shape, axis: int) -> Refusal:
    """Refuse an input whose axis `axis` differs from what argument `name` says."""
    expected = op.values[name]
    accepts = (*x[: axis % len(x)], expected, *x[axis % len(x) + 1 :])
    flat = name.endswith("features") and name != "num_features"
    noun = "feature" if flat or name in ("input_size", "embed_dim", "d_model") else "channel"
    message = f"expected {expected} input {noun}{'s' * (expected != 1)}, found {found}"
    return Refusal("CV202", message, argument=name, instead=found, accepts=accepts)


def at_most(name: str, most: int) -> str:
    """Return the advice to write a smaller number, where the argument can have one."""
    return f"write {name}={most} at most" if is_known(most) and most >= 0 else ""


def dimension(op: Operator, x: Shape, dim: int, name: str = "dim") -> int:
    """Return the axis of `x` that `dim` means, counted from the front; a scalar has an axis 0, as in torch.

    Raises:
        Refusal: `x` has no such axis.
    """
    rank = max(len(x), 1)
    if dim is UNKNOWN:
        raise Refusal("CV230", f"{op.name}: `{name}` depends on a size that is not known", argument=name)
    if not -rank <= dim < rank:
        found = f"{op.name}: {name}={int(dim)} is not an axis of the {len(x)}-d input {show_shape(x)}"
        axes = f"0 to {rank - 1}, or -1 to {-rank} from the end" if rank > 1 else "0, or -1"
        raise Refusal("CV230", found, argument=name, help=f"its axes are {axes}")
    return int(dim) % rank
