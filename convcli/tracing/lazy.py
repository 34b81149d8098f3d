"""Lazy modules: a first call tells the sizes of their weights, and a copy of the model gets it."""

import copy
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.tracing.blame import blamed
from convcli.tracing.numberless import wants_numbers
from convcli.tracing.recorder import Recorder, WantsIntegers


def has_lazy(model: Any, torch: Any) -> bool:
    """Say whether a model has weights without sizes."""
    return any(torch.nn.parameter.is_lazy(one) for one in (*model.parameters(), *model.buffers()))


def with_sizes(model: Any, recorder: Recorder, args: Any, kwargs: Any) -> Any:
    """Return a copy of a model that has been called once; weights that have sizes already are the same ones.

    Raises:
        ConvcliError: it cannot be called, or not all of its weights are reached.
    """
    torch = recorder.torch
    failed: BaseException | None = None
    same = {id(one): one for one in model.parameters()}
    lazy = [one for one in (*model.parameters(), *model.buffers()) if torch.nn.parameter.is_lazy(one)]
    try:
        made = copy.deepcopy(model, same | {id(one): type(one)(one.requires_grad, "meta", one.dtype) for one in lazy})
        with torch.no_grad(), recorder.mode():
            made(*args, **kwargs)
    except (WantsIntegers, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  # whatever a model does
        failed = error
    if failed is not None and not wants_numbers(failed):
        raise ConvcliError([blamed(failed, "while the model was called", torch)])
    for path, module in made.named_modules():
        if any(torch.nn.parameter.is_lazy(one) for one in (*module.parameters(False), *module.buffers(False))):
            kind = type(module).__name__
            message = (
                f"`{path}` is a {kind}: its weights get their sizes when it is called, and this call does not reach it"
            )
            help = f"write what it takes: `{kind.removeprefix('Lazy')}` with the number of its inputs"
            raise ConvcliError([Diagnostic("CV062", message, help=help)])
    return made
