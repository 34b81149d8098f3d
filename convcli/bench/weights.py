"""How the weights of a network begin."""

from collections.abc import Callable
from typing import Any

from convcli.diagnostics import ConvcliError, Diagnostic, suggestion

INITS = ("kaiming_normal", "kaiming_uniform", "xavier_uniform", "orthogonal", "zeros")
"""As `torch.nn.init` calls them; without one each module begins as torch's own does."""


def initialised(torch: Any, make: Callable[[], Any], init: str | None, seed: int | None) -> Any:
    """Make a network and let its weights begin as `init` says.

    Weights with two axes or more are drawn; vectors, which are biases and scales, stay as torch has them,
    but for `zeros`, which zeroes all weights of layers that multiply.

    Raises:
        ConvcliError: there is no such way.
    """
    if init is not None and init not in INITS:
        help = suggestion(init, INITS, f"the ways are: {', '.join(INITS)}")
        raise ConvcliError([Diagnostic("CV042", f"there is no initialisation `{init}`", help=help)])
    if seed is None:
        return _filled(torch, make(), init)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _filled(torch, make(), init)


def _filled(torch: Any, network: Any, init: str | None) -> Any:
    if init is not None:
        fill = getattr(torch.nn.init, f"{init}_")
        for weight in network.parameters():
            if weight.dim() >= 2 and not weight.is_meta:
                fill(weight)
    return network
