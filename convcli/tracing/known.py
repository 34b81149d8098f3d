"""Numbers that are known: a model makes small tensors in its `forward`, and what is worked out of them alone.

They are real, on the CPU, and each has a counterpart on meta that stands for it wherever other tensors have to do with
it. So code that counts with them, takes those that are not 0, or reads one, goes on.
"""

from collections.abc import Callable, Iterable
from typing import Any

from convcli.aten.call import Ref
from convcli.tracing.tensors import storage_of, tensors_in

MOST = 65_536
"""Elements of a tensor up to which its numbers are worked out: what takes longer is seldom read."""


def plain_tensors(module: Any, torch: Any) -> list[tuple[str, Any, Any]]:
    """Return a module's tensors that are neither weights nor buffers: their names, themselves, and their numbers."""
    own = [(name, value) for name, value in vars(module).items() if isinstance(value, torch.Tensor)]
    return [
        (name, value, value.detach().clone()) for name, value in own
        if value.layout == torch.strided and not (value.is_meta or value.is_nested or value.is_inference())
        and value.numel() <= MOST
    ]  # fmt: skip


class Known:
    """Knows which tensors have numbers, and what stands for them on meta; `refs` are the recorder's."""

    def __init__(self, torch: Any, refs: dict[int, Ref]) -> None:
        self.torch = torch
        self.refs = refs
        self.meta: dict[int, Any] = {}
        self.kept: list[Any] = []
        self.lost: set[int] = set()

    def has_numbers(self, values: Iterable[Any]) -> bool:
        """Say whether there are tensors in a call's arguments, and all of them are known."""
        some = False
        for value in values:
            if isinstance(value, self.torch.Tensor):
                if value.is_meta or value.numel() > MOST or self.is_lost(value) or self.is_trained(value):
                    return False
                some = True
            elif isinstance(value, list | tuple) and tensors_in(value, self.torch.Tensor):
                if not self.has_numbers(value):
                    return False
                some = True
        return some

    def counted(self, args: Any) -> Any:
        """Return arguments with the places of a known mask in its stead: how many there are is known too."""
        if len(args) < 2 or not isinstance(args[1], list | tuple):
            return args
        found: list[Any] = []
        for value in args[1]:
            is_mask = value is not None and value.dtype is self.torch.bool and self.has_numbers([value])
            found += value.nonzero(as_tuple=True) if is_mask and value.dim() else [value]
        return (args[0], found, *args[2:])

    def is_trained(self, value: Any) -> bool:
        return isinstance(value, self.torch.nn.Parameter)

    def is_lost(self, value: Any) -> bool:
        """Say whether something without numbers was written into a tensor, or into one that it shares memory with."""
        return bool(self.lost) and storage_of(value) in self.lost

    def on_meta(self, value: Any, *, whole: bool = False) -> Any:
        """Return a value with its tensors on meta; single numbers stay as they are, unless it is to be `whole`."""
        if isinstance(value, self.torch.Tensor):
            if value.device.type == "meta" or (value.dim() == 0 and not whole and not self.is_lost(value)):
                return value
            if id(value) not in self.meta:
                self.pair(value, value.to("meta"))
            return self.meta[id(value)]
        if type(value) in (list, tuple):
            return type(value)([self.on_meta(item, whole=whole) for item in value])
        return {key: self.on_meta(item, whole=whole) for key, item in value.items()} if type(value) is dict else value

    def pair(self, real: Any, meta: Any) -> None:
        """Note what stands for a real tensor on meta."""
        self.kept.append(real)
        self.meta[id(real)] = meta

    def answer(self, on_meta: Callable[[], Any], real: Callable[[], Any] | None) -> tuple[Any, Any]:
        """Return what an operator gives on meta, and what it gives of numbers, None where that is not known."""
        if real is None:
            return on_meta(), None
        try:
            out = on_meta()
        except Exception:  # noqa: BLE001  # it may need the numbers, which are there
            numbers = real()
            return self.on_meta(numbers, whole=True), numbers
        if any(result.numel() > MOST for result in tensors_in(out, self.torch.Tensor)):
            return out, None
        try:
            return out, real()
        except Exception:  # noqa: BLE001  # of a type that the CPU does not have, say
            return out, None

    def show(self, numbers: Any, results: list[Any]) -> bool:
        """Pair what was worked out with the results on meta; say whether the model gets the former."""
        real = tensors_in(numbers, self.torch.Tensor)
        if any(one.is_meta for one in real) or len(real) != len(results):
            return False
        for one, meta in zip(real, results, strict=True):
            self.pair(one, meta)
            if one.dim() == 0 and id(meta) in self.refs:  # it stays as it is where others have to do with it
                self.refs[id(one)] = self.refs[id(meta)]
        return True

    def lose(self, given: Iterable[Any], changed: list[Any]) -> None:
        """Note that arguments which were real have other numbers now, and nobody knows which."""
        for value in given:
            if not isinstance(value, self.torch.Tensor) or value.is_meta:
                continue
            if any(value is one or self.meta.get(id(value)) is one for one in changed):
                if any(value is one for one in changed):
                    self.pair(value, value.to("meta"))
                    self.refs[id(self.meta[id(value)])] = self.refs[id(value)]
                self.lost.add(storage_of(value))
