"""Watching a forward pass: every operator that torch dispatches, and the modules around it.

Tensors lie on the meta device, so nothing is computed. Under `inference_mode` composite operators such as `conv2d`
arrive whole; those that we do not know are taken apart. Every tensor is kept until the end, or its `id` would be
another's.
"""

import functools
from typing import Any

from convcli.aten.call import AT, Call, Ref, refs
from convcli.aten.made import unknown
from convcli.aten.table import TABLE
from convcli.diagnostics import Refusal
from convcli.op import Operator
from convcli.quantity import Shape
from convcli.record import Record
from convcli.tracing.axes import Axes
from convcli.tracing.known import Known
from convcli.tracing.modules import operator_of
from convcli.tracing.numberless import Ended, wants_numbers
from convcli.tracing.shortcuts import SHORTCUTS
from convcli.tracing.tensors import by_gates, sizes_of, staying, storage_of, tensors_in

GATES = ("lstm", "gru", "rnn_tanh", "rnn_relu")
NOISE = ("empty", "empty_like", "empty_strided", "_assert_async", "_local_scalar_dense")
EXTRA = {"MultiheadAttention": ("need_weights", "average_attn_weights")}
"""Arguments of a module's call that change nothing of what we count."""
MOVED = ("to", "_to_copy")
"""What brings a tensor to another device."""
CONTAINERS = ("torch.nn.modules.container", "torch.nn.modules.module")
"""Where the classes are that say nothing of what is in them."""


class WantsIntegers(BaseException):
    """An input is looked up in a table: it has to be integers; `args` has its number.

    No error, or a model would catch it.
    """


class Frame(Record):
    """A module that is being called: where its calls begin, and what it would be as a whole."""

    path: str
    kind: str
    start: int
    op: Operator | None
    inputs: tuple[Ref, ...]


class Recorder:
    """Knows every tensor, and writes down the calls between them."""

    def __init__(self, torch: Any, model: Any, axes: Axes) -> None:
        self.torch = torch
        self.axes = axes
        self.calls: list[Call] = []
        self.refs: dict[int, Ref] = {}
        self.known = Known(torch, self.refs)
        self.kept: list[Any] = []
        self.stale: dict[int, Ref] = {}
        self.storages: dict[int, list[int]] = {}
        self.inputs: dict[int, int] = {}
        self.weights: dict[int, str] = {}
        self.kinds: dict[str, str] = {}
        self.modules = dict(model.named_modules())
        self.paths = {id(module): path for path, module in self.modules.items()}
        self.operators: dict[int, Operator | None] = {}
        self.frames: list[Frame] = [Frame("", "", 0, None, ())]
        self.count = 0
        self.asked: Call | None = None
        self.ended: Ended | None = None

    # ---- tensors

    def new(self, tensor: Any) -> Ref:
        """Give a tensor a new number: it is there for the first time, or has other values now."""
        ref = Ref(self.count, sizes_of(tensor), str(tensor.dtype).removeprefix("torch."))
        self.count += 1
        if id(tensor) not in self.refs:
            self.kept.append(tensor)
            self.storages.setdefault(storage_of(tensor), []).append(id(tensor))
        self.refs[id(tensor)] = ref
        self.stale.pop(id(tensor), None)
        return ref

    def ref(self, tensor: Any) -> Ref:
        """Return the number of a tensor; one that shares memory with a tensor changed since is changed too."""
        known = self.refs.get(id(tensor)) or self.new(tensor)
        newer = self.stale.pop(id(tensor), None)
        if newer is None:
            return known
        if newer.shape == known.shape:
            self.refs[id(tensor)] = newer
            return newer
        ref = self.new(tensor)
        frame = self.frames[-1]
        self.calls.append(Call("update", {"self": known, "src": newer}, (ref,), frame.path, frame.kind))
        return ref

    def change(self, tensor: Any) -> None:
        """Note that all tensors which share memory with this one have other values now."""
        for other in self.storages.get(storage_of(tensor), ()):
            if other != id(tensor):
                self.stale[other] = self.refs[id(tensor)]

    def written(self, value: Any) -> Any:
        """Return an argument with numbers for tensors, and plain values."""
        if isinstance(value, self.torch.Tensor):
            return self.ref(value)
        if isinstance(value, list | tuple):
            return [self.written(item) for item in value]
        return value

    # ---- operators

    def operator(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Let torch do what it was asked for, and write it down; where all tensors have numbers, the results do too."""
        schema = func._schema  # noqa: SLF001  # torch has no other name for it
        library, _, name = schema.name.rpartition("::")
        real = functools.partial(func, *args, **kwargs) if self.known.has_numbers((*args, *kwargs.values())) else None
        if real is not None and name == "_local_scalar_dense":
            return real()
        plain = args
        if name in ("index", "index_put") and real is None:
            args = self.known.counted(args)
        args, kwargs = self.known.on_meta((args, kwargs), whole=real is not None)
        if name in MOVED:
            args, kwargs = staying(self.torch, args), staying(self.torch, kwargs)
        named = dict(zip([one.name for one in schema.arguments], args, strict=False)) | kwargs
        given = {key: self.written(value) for key, value in named.items()}
        self.expect_integers(name, given)
        frame = self.frames[-1]
        self.asked = Call(name, given, (), frame.path, frame.kind, library=library)
        shape = sizes_of(args[0]) if args and isinstance(args[0], self.torch.Tensor) else None
        if shape is not None:
            self.axes.hear_function(name, shape)
        out, numbers = self.known.answer(lambda: self.answered(func, name, args, kwargs), real)
        self.asked = None
        results = tensors_in(out, self.torch.Tensor)
        if name in NOISE or not results:
            return out if numbers is None else numbers
        changed = [value for value in tensors_in(args, self.torch.Tensor) if any(value is made for made in results)]
        mutates = bool(schema.is_mutable and changed)
        outputs = tuple(self.new(tensor) for tensor in results)
        bare = name.rstrip("_") if mutates else name
        self.calls.append(Call(bare, given, outputs, frame.path, frame.kind, library=library))
        if mutates:
            self.change(changed[0])
            if numbers is None:
                self.known.lose(plain, changed)
        return numbers if numbers is not None and self.known.show(numbers, results) else out

    def answered(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        """Return what an operator gives on meta."""
        if func.namespace != AT:
            return func(*args, **kwargs)
        shortcut = SHORTCUTS.get(name)
        out = shortcut(*args, **kwargs) if shortcut else by_gates(self.torch, args) if name in GATES else None
        return func(*args, **kwargs) if out is None else out

    def expect_integers(self, name: str, given: dict[str, Any]) -> None:
        """Begin again with integers where an input turns out to be looked up in a table."""
        indices = given.get("indices")
        if name == "embedding" and isinstance(indices, Ref) and indices.dtype.startswith(("float", "bfloat")):
            number = self.inputs.get(indices.id)
            if number is not None:
                raise WantsIntegers(number)

    def end(self, error: BaseException) -> None:
        """Note where an operator cannot answer without numbers, the first time: the network is not known behind it.

        Where numbers are read by no operator, `item` stands for that, of what was made last.
        """
        if self.ended is not None or not wants_numbers(error):
            return
        last = self.calls[-1].outputs if self.calls else ()
        frame = self.frames[-1]
        call = self.asked or Call("item", {"self": list(last)}, (), frame.path, frame.kind)
        name = "item" if call.name == "_local_scalar_dense" else call.name
        ref = Ref(self.count, None, "float32")
        self.count += 1
        call = call._replace(name=name, outputs=(ref,))
        self.ended = Ended(error, (*self.calls, call._replace(op=unknown(call, refs(call.args)).op)), ref)

    # ---- modules

    def behind(self) -> dict[str, Operator]:
        """Return the modules that are operators of ours, called or not, by their paths."""
        found = {path: operator_of(module) for path, module in self.modules.items()}
        return {path: op for path, op in found.items() if op is not None}

    def enter(self, module: Any, args: Any) -> None:
        """Note that a module is called."""
        outer = self.frames[-1]
        path = self.paths.get(id(module), outer.path)
        op = None
        if id(module) in self.paths:
            if id(module) not in self.operators:
                found = operator_of(module)
                self.operators[id(module)] = found if found is not None and self.owns(module, path) else None
            op = self.operators[id(module)]
        inputs: tuple[Ref, ...] = ()
        if op is not None and all(isinstance(value, self.torch.Tensor) and self.is_known(value) for value in args):
            inputs = tuple(self.ref(self.known.on_meta(value)) for value in args)
            if inputs:
                self.axes.hear_module(op, inputs[0].shape)
        elif op is not None:
            op = None
        if op is None and type(module).__module__ not in CONTAINERS:
            self.kinds.setdefault(path, type(module).__name__)
        self.frames.append(Frame(path, type(module).__name__, len(self.calls), op, inputs))

    def is_known(self, tensor: Any) -> bool:
        """Say whether a module is given a tensor as operators know it, with a size: not under `vmap`, no nested one."""
        return not tensor.is_nested and (tensor.device.type != "meta" or id(tensor) in self.refs)

    def owns(self, module: Any, path: str) -> bool:
        """Say whether a module's weights are known by its own path: not where others share them."""
        return all(
            self.weights.get(id(tensor)) == f"{path}.{name}".lstrip(".") for name, tensor in module.named_parameters()
        )

    def leave(self, kwargs: dict[str, Any], output: Any) -> None:
        """Note that a module is done; one that is an operator of ours takes the place of all that it has called."""
        frame = self.frames.pop()
        given = {name for name, value in kwargs.items() if value is not None and value is not False}
        if frame.op is None or given - set(EXTRA.get(frame.kind, ())):
            return
        results = tensors_in(output, self.torch.Tensor)
        wanted = self.answer(frame)
        real = [tuple(made.shape) for made in results[: len(wanted)]]
        if not real or real != list(wanted[: len(real)]):  # attention gives None in the place of its weights
            return
        del self.calls[frame.start :]
        outputs = tuple(self.new(made) for made in results)
        self.calls.append(Call(frame.kind, {"inputs": list(frame.inputs)}, outputs, frame.path, frame.kind, frame.op))

    def refused(self) -> str:
        """Return what the module that failed has against its inputs, in our words, if that is why."""
        frame = self.frames[-1]
        try:
            if frame.op is not None:
                frame.op.answer(tuple(r.shape for r in frame.inputs), tuple(r.dtype for r in frame.inputs))
        except Refusal as refusal:
            return f"`{frame.path}` is {frame.op.text()}: {refusal.message}" if frame.op else ""
        except (TypeError, IndexError):
            pass
        return ""

    @staticmethod
    def answer(frame: Frame) -> tuple[Shape, ...]:
        """Return what the operator of a module gives, nothing where it takes other inputs."""
        try:
            shapes, types = tuple(r.shape for r in frame.inputs), tuple(r.dtype for r in frame.inputs)
            return frame.op.answer(shapes, types).outputs if frame.op is not None else ()
        except (Refusal, TypeError, IndexError):
            return ()

    # ---- torch's side

    def mode(self) -> Any:
        """Return what hears of every operator while it is entered."""
        base: Any = self.torch.utils._python_dispatch.TorchDispatchMode  # noqa: SLF001  # torch has no other name for it
        recorder = self

        class Mode(base):  # type: ignore[misc]  # torch is handed in
            def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                try:
                    return self.heard(func, args, kwargs)
                except Exception as error:
                    recorder.end(error)
                    recorder.asked = None  # the model may catch it, and go on
                    raise

            def heard(self, func: Any, args: Any, kwargs: Any) -> Any:
                name = func.name().rpartition("::")[2].partition(".")[0]
                if name.rstrip("_") not in TABLE and name not in (*TABLE, *GATES):
                    with self:
                        parts = func.decompose(*args, **(kwargs or {}))
                    if parts is not NotImplemented:
                        return parts
                return recorder.operator(func, args, kwargs or {})

        return Mode()
