"""Python models as networks: what their `forward` takes, and one traced call at the sizes that are asked for."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from convcli.aten.call import Traced, Weight
from convcli.aten.graph import graph_from
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Input
from convcli.quantity import Shape
from convcli.readers.python_name import Named
from convcli.resolve.boundary import Given
from convcli.settled import Settled, whole_shapes
from convcli.tracing.batch import called_with_or_without
from convcli.tracing.blame import blamed
from convcli.tracing.load import imports_from, load
from convcli.tracing.recorder import Recorder, WantsIntegers


def read_named(named: Named, torch: Any) -> Settled:
    """Read the model that a name stands for, evaluating as `model.eval()` does.

    Raises:
        ConvcliError: there is none, or its code fails.
    """
    model = load(named, torch).eval()
    name = named.attribute if named.call is None else named.attribute.rpartition(".")[2]
    return _settled(model, name, named.text, torch, named)


def read_instance(model: Any, torch: Any) -> Settled:
    """Read a model that is there already; it stays as it is."""
    if not isinstance(model, torch.nn.Module):
        message = f"a model is a text, a path or a torch.nn.Module, found {type(model).__name__}"
        raise ConvcliError([Diagnostic("CV061", message)])
    name = type(model).__name__
    return _settled(model, name, name, torch, None)


def _settled(model: Any, name: str, source: str, torch: Any, named: Named | None) -> Settled:
    inputs = _inputs(model)

    def called(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
        asked = [one for one in inputs if one[1] or one[0] in given.sizes]
        shapes = whole_shapes([Input(one, None, "float32") for one, _ in asked], given)
        sizes = dict(zip([one for one, _ in asked], shapes, strict=True))
        with imports_from(named) if named else contextlib.redirect_stdout(sys.stderr):
            return _trace(model, (name, source), sizes, torch)

    def make(given: Given) -> tuple[Graph, tuple[Diagnostic, ...]]:
        as_it_is = given._replace(batch=None, batched=True)
        return called_with_or_without(given, lambda sizes: called(as_it_is._replace(sizes=sizes)))

    return Settled(name, source, "python", make)


def _inputs(model: Any) -> list[tuple[str, bool]]:
    """Return the names of what `forward` takes, and whether each has to be given."""
    import inspect

    kinds = inspect.Parameter
    try:
        found = list(inspect.signature(model.forward).parameters.values())
    except (TypeError, ValueError):
        return [("input", True)]
    plain = [one for one in found if one.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    named = [(one.name, one.default is kinds.empty) for one in plain]
    if not any(needed for _, needed in named):
        named = [(one, at == 0) for at, (one, _) in enumerate(named)] or [("input", True)]
    return named


def _trace(
    model: Any, called: tuple[str, str], sizes: dict[str, Shape], torch: Any
) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """Trace a call with inputs of these sizes; those that are looked up in a table become integers."""
    types = dict.fromkeys(sizes, "float32")
    names = list(sizes)
    while True:
        try:
            traced, findings = _recorded(model, called, sizes, types, torch)
        except WantsIntegers as wanted:
            types[names[wanted.args[0]]] = "int64"
            continue
        return graph_from(traced, findings), findings


def _recorded(
    model: Any, called: tuple[str, str], sizes: dict[str, Shape], types: dict[str, str], torch: Any
) -> tuple[Traced, tuple[Diagnostic, ...]]:
    recorder = Recorder(torch, model)
    state, weights = _on_meta(model, recorder, torch)
    findings: list[Diagnostic] = []
    output: Any = None
    with _as_evaluated(model), torch.inference_mode():
        made = {
            name: torch.empty(size, dtype=getattr(torch, types[name]), device="meta") for name, size in sizes.items()
        }
        refs = {name: recorder.new(tensor) for name, tensor in made.items()}
        recorder.inputs = {ref.id: number for number, ref in enumerate(refs.values())}
        try:
            with _hooks(recorder, torch), recorder.mode():
                output = _called(model, state, made, torch)
        except WantsIntegers:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a model does
            refused = recorder.refused()
            doing = "while the model was called"
            findings.append(blamed(error, f"{doing}: {refused}" if refused else doing, torch))
    outputs = tuple(recorder.ref(tensor) for tensor in recorder.tensors(output))
    name, source = called
    traced = Traced(
        name, source, "python", tuple(refs.items()), weights, tuple(recorder.calls), outputs, recorder.kinds
    )
    return traced, tuple(findings)


def _called(model: Any, state: dict[str, Any], made: dict[str, Any], torch: Any) -> Any:
    """Call a model with other tensors in the place of its weights, and put its own back."""
    given = list(made.items())
    return torch.func.functional_call(model, state, tuple(tensor for _, tensor in given[:1]), dict(given[1:]))


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
def _as_evaluated(model: Any) -> Iterator[None]:
    """Switch every module to evaluation, and afterwards back to what it was."""
    was = [(module, module.training) for module in model.modules()]
    for module, _ in was:
        module.training = False
    try:
        yield
    finally:
        for module, training in was:
            module.training = training


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
