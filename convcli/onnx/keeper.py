"""The constants of a file: which are weights, whose they are, and what they are called."""

from collections.abc import MutableMapping, Sequence

from convcli.aten.call import Call, Ref, Weight, refs
from convcli.onnx.asked import Flow
from convcli.onnx.folding import constant_of
from convcli.onnx.names import module_path, unused
from convcli.onnx.record import Tensor, kind_of
from convcli.onnx.turn import Turn, WrongError
from convcli.quantity import LARGEST, Shape, is_known, product

Scope = MutableMapping[str, Flow]


class Keeper:
    """Keeps what is there before the network runs.

    Attributes:
        standing: all constants by their numbers.
        roles: the path of a weight that belongs to a layer, and whether it is a buffer.
        files: the names of those that stand in the file.
        floats: those that may be trained.
        written: those that a node of the file spells out.
        read: the names that some node reads.
        made_of: the weights that a tensor is put together of.
        flows: the constants of the file that are there already, by their identities.
    """

    def __init__(self) -> None:
        self.number = 0
        self.standing: dict[int, Ref] = {}
        self.roles: dict[int, tuple[str, bool]] = {}
        self.paths: set[str] = set()
        self.files: dict[int, str] = {}
        self.floats: set[int] = set()
        self.written: set[int] = set()
        self.read: set[str] = set()
        self.made_of: dict[int, tuple[int, ...]] = {}
        self.flows: dict[int, tuple[Tensor, Flow]] = {}

    def fresh(self, shape: Shape | None, kind: str) -> Ref:
        """Return a new tensor."""
        if shape is not None and any(is_known(size) and size > LARGEST for size in shape):
            raise WrongError("it makes a tensor of more elements than there can be")
        self.number += 1
        return Ref(self.number, shape, kind)

    def wrote(self, flow: Flow) -> bool:
        """Say whether a constant stands in the file as it is, and is not worked out."""
        return flow.ref.id in self.files or flow.ref.id in self.written

    def matrix(self, flow: Flow) -> Shape | None:
        """Return the shape of a constant that has two axes, in the file as where it is read; None for others."""
        whole = self.standing.get(flow.ref.id, flow.ref).shape
        return flow.shape if flow.standing and flow.shape is not None and len(flow.shape) == 2 == len(whole) else None

    def parts(self, flow: Flow, sizes: list[Shape]) -> list[Flow] | None:
        """Return the weights that a tensor is put together of, one for each size; None where it is of others."""
        own, kind = flow.ref.id, flow.ref.dtype
        counts = [product(size) for size in sizes]
        if flow.standing and own not in self.made_of and sum(counts) == product(self.standing[own].shape):
            made = [self.fresh(size, kind) for size in sizes] if len(sizes) > 1 else [self.standing[own]]
            self.standing |= {ref.id: ref for ref in made}
            self.made_of[own] = tuple(ref.id for ref in made)
        found = self.made_of.get(own, ())
        if [product(self.standing[one].shape) for one in found] != counts:
            return None
        return [Flow(Ref(one, size, kind), standing=True) for one, size in zip(found, sizes, strict=True)]

    def put_together(self, flows: Sequence[Flow]) -> tuple[int, ...]:
        """Return the weights that tensors are, or are put together of; none where one of them is something else."""
        found: dict[int, None] = {}
        for flow in flows:
            made = self.made_of.get(flow.ref.id, (flow.ref.id,) if flow.standing and self.is_weight(flow) else ())
            if not made:
                return ()
            found.update(dict.fromkeys(made))
        return tuple(found)

    def own(self, turn: Turn, weights: dict[str, Flow], buffers: tuple[str, ...]) -> str:
        """Let weights belong to a layer, where nothing else has them, and return its path."""
        named = {slot: self.files.get(flow.ref.id, "") for slot, flow in weights.items()}
        owners = {name.removesuffix(f".{slot}") for slot, name in named.items()}
        plain = len(owners) == 1 and all(name.endswith(f".{slot}") for slot, name in named.items())
        first = next(iter(weights.values()), None)
        if first is not None and first.ref.id in self.roles:
            return self.roles[first.ref.id][0].rpartition(".")[0]
        owner = owners.pop() if plain else unused(turn.path or module_path(turn.asked.node) or turn.label, self.paths)
        self.paths.add(owner)
        for slot, flow in weights.items():
            if flow.standing:
                self.roles.setdefault(flow.ref.id, (f"{owner}.{slot}", slot in buffers))
        return owner

    def renamed(self, weight: Ref, bias: Flow) -> str:
        """Return the layer that a weight belongs to; one whose name got lost is called as its bias is."""
        owner = self.roles[weight.id][0].rpartition(".")[0]
        named = self.files.get(bias.ref.id, "").removesuffix(".bias")
        if (
            self.files.get(weight.id) == f"{owner}.weight"
            or named in self.paths
            or named == self.files.get(bias.ref.id)
        ):
            return owner
        self.paths.add(named)
        self.roles[weight.id] = (f"{named}.weight", False)
        return named

    def hold(self, tensor: Tensor, scope: Scope) -> None:
        """Put a constant of the file where nodes find it; one of a body that runs again is the same."""
        known = self.again(tensor)
        if known is not None:
            scope[tensor.name] = known
            return
        ref = self.fresh(tensor.shape, kind_of(tensor.type))
        scope[tensor.name] = flow = Flow(ref, constant_of(tensor), standing=True)
        self.flows[id(tensor)] = tensor, flow
        self.standing[ref.id] = ref
        self.files[ref.id] = tensor.name
        if ref.dtype == "float32" and tensor.shape and ("." in tensor.name or product(tensor.shape) != 1):
            self.floats.add(ref.id)

    def again(self, tensor: Tensor) -> Flow | None:
        """Return a constant of the file that is there already, None where it is not."""
        known = self.flows.get(id(tensor))
        return None if known is None else known[1]

    def is_weight(self, flow: Flow) -> bool:
        """Say whether a constant may be trained."""
        return flow.ref.id in self.floats or flow.ref.id in self.roles

    def weights(self, calls: Sequence[Call]) -> tuple[Weight, ...]:
        """Return all weights that are read, and those that nothing reads."""
        used = {ref.id for call in calls for ref in refs(call.args)}
        slots = ((call.module, name) for call in calls if call.op for name in (*call.op.weights(), *call.op.buffers()))
        held = {f"{module}.{name}".lstrip(".") for module, name in slots}
        found = []
        for id, ref in self.standing.items():
            unread = id in self.floats and self.files.get(id) not in self.read
            path, buffer = self.roles.get(id, (self.files.get(id, ""), False))
            if unread or path in held or (id in used and (id in self.roles or id in self.floats)):
                found.append(Weight(path, ref, buffer=buffer))
        return tuple(found)
