"""Python models as networks: what their `forward` takes, and one traced call at the sizes that are asked for."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from convcli.aten.call import Ref, Traced, Weight
from convcli.aten.graph import graph_from
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Input
from convcli.quantity import Shape
from convcli.readers.python_name import Named
from convcli.record import Record
from convcli.resolve.boundary import Given
from convcli.settled import Settled, whole_shapes
from convcli.shapes import type_of
from convcli.tracing.axes import Axes
from convcli.tracing.batch import Called, called_with_or_without
from convcli.tracing.blame import blamed
from convcli.tracing.holding import expect_end
from convcli.tracing.inputs import Taken, arguments, asked_for, order_of, taken_by
from convcli.tracing.known import plain_tensors
from convcli.tracing.lazy import has_lazy, with_sizes
from convcli.tracing.load import guarded, imports_from, load
from convcli.tracing.numberless import open_end
from convcli.tracing.outputs import keys_of
from convcli.tracing.recorder import Recorder, WantsIntegers
from convcli.tracing.tensors import tensors_in

LOOKED_AT = "while its parameters were looked at"


class Model(Record):
    """A model that can be called.

    Attributes:
        module: the model.
        name: what the network is called.
        source: what was named.
        torch: torch.
        train: whether it is called as in training, else as in evaluation.
        taken: what its `forward` takes.
    """

    module: Any
    name: str
    source: str
    torch: Any
    train: bool
    taken: tuple[Taken, ...]


def read_named(named: Named, torch: Any, *, train: bool = False) -> Settled:
    """Read the model that a name stands for.

    Raises:
        ConvcliError: there is none, or its code fails.
    """
    module = load(named, torch)
    expect_end(module, named.text)
    name = named.attribute if named.call is None else named.attribute.rpartition(".")[2]
    return _settled(Model(module, name, named.text, torch, train, taken_by(module)), named)


def read_instance(module: Any, torch: Any, *, train: bool = False) -> Settled:
    """Read a model that is there already; it stays as it is."""
    if not isinstance(module, torch.nn.Module):
        message = f"a model is a text, a path or a torch.nn.Module, found {type(module).__name__}"
        raise ConvcliError([Diagnostic("CV061", message)])
    name = type(module).__name__
    expect_end(module, name)
    return _settled(Model(module, name, name, torch, train, taken_by(module)), None)


def _settled(model: Model, named: Named | None) -> Settled:
    def called(given: Given) -> Called:
        asked = asked_for(model.taken, given.sizes)
        shapes = whole_shapes([Input(one, None, "float32") for one in asked], given)
        with imports_from(named) if named else contextlib.redirect_stdout(sys.stderr):
            return _trace(model, dict(zip(asked, shapes, strict=True)))

    def make(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
        as_it_is = given._replace(batch=None, batched=True)
        done = called_with_or_without(given, lambda sizes: called(as_it_is._replace(sizes=sizes)))
        graph = done.graph if done.has_batch is not False else done.graph._replace(batch=1)  # its first axis is none
        return graph, done.findings

    return Settled(model.name, model.source, "python", make, order=order_of(model.taken))


def _trace(model: Model, sizes: dict[str, Shape]) -> Called:
    """Trace a call with inputs of these sizes; those that are looked up in a table become integers."""
    types = {name: type_of(size) for name, size in sizes.items()}
    names = list(sizes)
    while True:
        try:
            axes = Axes(len(next(iter(sizes.values()), ())))
            traced, findings = _recorded(_settled_weights(model, sizes, types, axes), sizes, types, axes)
        except ConvcliError as error:
            nothing = Traced(model.name, model.source, "python", (), (), (), ())
            return Called(graph_from(nothing, error.diagnostics), error.diagnostics, axes.has_batch)
        except WantsIntegers as wanted:
            types[names[wanted.args[0]]] = "int64"
            continue
        return Called(graph_from(traced, findings), findings, axes.has_batch)


def _settled_weights(model: Model, sizes: dict[str, Shape], types: dict[str, str], axes: Axes) -> Model:
    """Return a model whose weights have sizes; those of lazy modules get them from a call of a copy."""
    if not guarded(lambda: has_lazy(model.module, model.torch), LOOKED_AT, model.torch):
        return model
    recorder = Recorder(model.torch, model.module, axes)
    with _switched(model.module, model.torch, train=model.train):
        args, kwargs = arguments(model.taken, _inputs(model.torch, recorder, sizes, types))
        return model._replace(module=with_sizes(model.module, recorder, args, kwargs))


def _inputs(torch: Any, recorder: Recorder, sizes: dict[str, Shape], types: dict[str, str]) -> dict[str, Any]:
    made = {name: torch.empty(size, dtype=getattr(torch, types[name]), device="meta") for name, size in sizes.items()}
    refs = {name: recorder.new(tensor) for name, tensor in made.items()}
    recorder.inputs = {ref.id: number for number, ref in enumerate(refs.values())}
    return made


def _recorded(
    model: Model, sizes: dict[str, Shape], types: dict[str, str], axes: Axes
) -> tuple[Traced, tuple[Diagnostic, ...]]:
    torch = model.torch
    recorder, state, weights = guarded(lambda: _begun(model, axes), LOOKED_AT, torch)
    findings: list[Diagnostic] = []
    outputs: tuple[Ref, ...] = ()
    keys: tuple[str, ...] = ()
    with _switched(model.module, torch, train=model.train), torch.inference_mode():
        made = _inputs(torch, recorder, sizes, types)
        inputs = tuple((name, recorder.ref(tensor)) for name, tensor in made.items())
        try:
            with _hooks(recorder, torch), recorder.mode():
                args, kwargs = arguments(model.taken, made)
                output = torch.func.functional_call(model.module, state, tuple(args), kwargs)
            made_last = tensors_in(output, torch.Tensor)
            outputs = tuple(recorder.ref(recorder.known.on_meta(tensor)) for tensor in made_last)
            keys = keys_of(output, torch.Tensor)
        except (WantsIntegers, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  # whatever a model does
            recorder.end(error)
            if recorder.ended is None:
                findings.append(_failed(error, recorder))
    ended, calls = recorder.ended, tuple(recorder.calls)
    if ended is not None:  # also where the model has caught the error: with numbers it would have gone another way
        outputs, keys, calls = (ended.ref,), (), ended.calls
        findings.append(open_end(ended.error, torch))
    traced = Traced(
        model.name, model.source, "python", inputs, weights, calls, outputs,
        recorder.kinds, keys, None if ended is None else recorder.behind(),
    )  # fmt: skip
    return traced, tuple(findings)


def _failed(error: BaseException, recorder: Recorder) -> Diagnostic:
    refused = recorder.refused()
    doing = "while the model was called"
    return blamed(error, f"{doing}: {refused}" if refused else doing, recorder.torch)


def _begun(model: Model, axes: Axes) -> tuple[Recorder, dict[str, Any], tuple[Weight, ...]]:
    """Return what a call is recorded with: the recorder, and what stands for the model's own tensors."""
    recorder = Recorder(model.torch, model.module, axes)
    return recorder, *_on_meta(model.module, recorder, model.torch)


def _on_meta(model: Any, recorder: Recorder, torch: Any) -> tuple[dict[str, Any], tuple[Weight, ...]]:
    """Return tensors without memory in the place of a model's own, and what they are called."""
    state: dict[str, Any] = {}
    found: list[Weight] = []
    seen: dict[int, Any] = {}
    for buffer, tensors in ((False, model.named_parameters), (True, model.named_buffers)):
        for path, tensor in tensors(remove_duplicate=False):
            if id(tensor) in seen:
                state[path] = seen[id(tensor)]
                continue
            kind = torch.float32 if tensor.is_floating_point() else tensor.dtype
            own = torch.empty(tensor.shape, dtype=kind, device="meta")
            if not buffer:
                own = torch.nn.Parameter(own, requires_grad=tensor.requires_grad)
            state[path] = seen[id(tensor)] = own
            recorder.weights[id(own)] = recorder.weights[id(tensor)] = path
            found.append(Weight(path, recorder.new(own), bool(tensor.requires_grad), buffer))
    return state, tuple(found)


@contextlib.contextmanager
def _switched(model: Any, torch: Any, *, train: bool) -> Iterator[None]:
    """Switch every module to training or to evaluation, and afterwards back to what it was.

    Tensors that are neither weights nor buffers get their numbers back, too: a call may count in them.
    """
    was = [(module, module.training) for module in model.modules()]
    plain = [(vars(module), plain_tensors(module, torch)) for module, _ in was]
    for module, _ in was:
        module.training = train
    try:
        yield
    finally:
        for module, training in was:
            module.training = training
        with torch.no_grad():
            for attributes, tensors in plain:
                attributes.update({name: tensor.copy_(numbers) for name, tensor, numbers in tensors})


@contextlib.contextmanager
def _hooks(recorder: Recorder, torch: Any) -> Iterator[None]:
    """Let the recorder hear of every module that is called."""
    modules = torch.nn.modules.module
    before = modules.register_module_forward_pre_hook(recorder.enter)
    after = modules.register_module_forward_hook(
        lambda _, __, kwargs, output: recorder.leave(kwargs, output), with_kwargs=True
    )
    try:
        yield
    finally:
        before.remove()
        after.remove()
