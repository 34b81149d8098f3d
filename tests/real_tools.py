"""The tools whose conventions we print, asked for their headline number of a torch module.

Each gets a module in evaluation mode and its inputs. What a tool patches in torch is put back, also
after it failed; a tool that fails raises.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from zoo.entry import torchvision

Inputs = Sequence[torch.Tensor]


class Failed(Exception):
    """The tool has no number for a model."""


class Net(nn.Module):
    """A network of one layer, or of one function; with a weight of its own, which calflops asks for."""

    def __init__(self, layer: Callable[..., Any]) -> None:
        super().__init__()
        self.layer = layer
        self.unused = nn.Linear(1, 1)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.layer(*inputs, *named.values())


def by_torch(model: nn.Module, inputs: Inputs) -> int:
    """Count with torch's own FlopCounterMode."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return counter.get_total_flops()


def by_fvcore(model: nn.Module, inputs: Inputs) -> int:
    """Count with fvcore's FlopCountAnalysis."""
    from fvcore.nn import FlopCountAnalysis

    logging.getLogger("fvcore").setLevel(logging.ERROR)
    analysis = FlopCountAnalysis(model, tuple(inputs)).unsupported_ops_warnings(enabled=False)
    return whole(analysis.uncalled_modules_warnings(enabled=False).tracer_warnings("none").total())


def by_thop(model: nn.Module, inputs: Inputs) -> int:
    """Count with thop's profile."""
    from thop import profile

    return whole(profile(model, inputs=tuple(inputs), verbose=False)[0])


def by_ptflops(model: nn.Module, inputs: Inputs) -> int:
    """Count with the backend of ptflops that looks at modules and functions."""
    return _ptflops(model, inputs, "pytorch")


def by_ptflops_aten(model: nn.Module, inputs: Inputs) -> int:
    """Count with the backend of ptflops that looks at dispatched operators."""
    return _ptflops(model, inputs, "aten")


def _ptflops(model: nn.Module, inputs: Inputs, backend: str) -> int:
    torchvision()  # which it imports, and which needs a hand at times
    from ptflops import get_model_complexity_info

    given = inputs[0] if len(inputs) == 1 else {f"input{at}": one for at, one in enumerate(inputs)}
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        total, _ = get_model_complexity_info(
            model, (1,), as_strings=False, print_per_layer_stat=False, backend=backend,
            input_constructor=lambda _: given,
        )  # fmt: skip
    if total is None:
        raise Failed(said.getvalue()[-300:])
    return whole(total)


def by_torchinfo(model: nn.Module, inputs: Inputs) -> int:
    """Count with torchinfo's summary."""
    from torchinfo import summary

    return whole(summary(model, input_data=list(inputs), device=inputs[0].device, verbose=0).total_mult_adds)


def by_calflops(model: nn.Module, inputs: Inputs) -> tuple[int, int]:
    """Count floating point operations, and multiply-accumulates, with calflops."""
    _stand_in()
    from calflops import calculate_flops, calculate_pipline

    for counts in (calculate_pipline.module_flop_count, calculate_pipline.module_mac_count):
        counts.clear()  # where it has failed, it would count what is left there once more
    flops, macs, _ = calculate_flops(model, args=list(inputs), print_results=False, output_as_string=False)
    return whole(flops), whole(macs)


def _stand_in() -> None:
    """Put empty modules where calflops imports, for networks of language, what is large and never used here."""
    names = {
        "transformers": ["AutoTokenizer"],
        "huggingface_hub": ["model_info"],
        "huggingface_hub.utils": ["GatedRepoError", "RepositoryNotFoundError"],
        "accelerate": ["init_empty_weights"],
        "accelerate.utils": [
            "calculate_maximum_sizes",
            "convert_bytes",
            "is_timm_available",
            "is_transformers_available",
        ],
    }
    for name, inside in names.items():
        if name not in sys.modules:
            module = sys.modules[name] = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None)
            for one in inside:
                setattr(module, one, lambda *_: False)


def whole(number: Any) -> int:
    """Return a count as an integer, which it is in all tools, if some keep it in a float."""
    if int(number) != number:
        raise Failed(f"{number} is no whole number")
    return int(number)


TOOLS: dict[str, Callable[[nn.Module, Inputs], int | tuple[int, int]]] = {
    "torch": by_torch,
    "fvcore": by_fvcore,
    "thop": by_thop,
    "ptflops": by_ptflops,
    "ptflops-aten": by_ptflops_aten,
    "torchinfo": by_torchinfo,
    "calflops": by_calflops,
}


def ask(tool: str, model: nn.Module, inputs: Inputs) -> tuple[int, ...]:
    """Return a tool's number, or its two numbers.

    Raises:
        Failed: it has none.
    """
    with restored(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = TOOLS[tool](model, inputs)
        except Failed:
            raise
        except Exception as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
    return found if isinstance(found, tuple) else (found,)


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Put back every function of torch that is another one afterwards."""
    places = (torch, nn.functional, torch.Tensor)
    before = [dict(vars(place)) for place in places]
    try:
        yield
    finally:
        for place, known in zip(places, before, strict=True):
            for name, value in known.items():
                if vars(place).get(name) is not value:
                    setattr(place, name, value)


def installed(tool: str) -> str:
    """Return the version of a tool's package."""
    return version(tool.partition("-")[0]).partition("+")[0].replace("-", ".post")
