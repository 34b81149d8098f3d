"""How the weights of a network begin."""

from collections.abc import Callable
from typing import Any

from convcli.bench.network import container
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
    expect_init(init)
    if seed is None:
        return _filled(torch, make(), init)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _filled(torch, make(), init)


def _filled(torch: Any, network: Any, init: str | None) -> Any:
    if init is None:
        return network
    fill = getattr(torch.nn.init, f"{init}_")
    for module in network.modules():
        if isinstance(
            module, container(torch)
        ):  # its weights are bare ones: scales and tokens, of which nobody knows what they do
            continue
        for weight in module.parameters(recurse=False):
            if weight.dim() >= 2 and not weight.is_meta:
                with torch.no_grad():  # in full precision, which all ways of drawing know
                    weight.copy_(fill(weight.detach().float()))
        if getattr(module, "padding_idx", None) is not None:
            with torch.no_grad():
                module.weight[module.padding_idx].zero_()
    return network


def expect_init(init: str | None) -> None:
    """Refuse a way to begin that there is not.

    Raises:
        ConvcliError: there is no such way.
    """
    if init is not None and init not in INITS:
        help = suggestion(init, INITS, f"the ways are: {', '.join(INITS)}")
        raise ConvcliError([Diagnostic("CV042", f"there is no initialisation `{init}`", help=help)])


def expect_seed(seed: object) -> None:
    """Refuse what is no seed.

    Raises:
        ConvcliError: it is no whole number from 0 up to 2^63 - 1.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        raise ConvcliError([Diagnostic("CV043", f"a seed is an integer from 0 to 2^63 - 1, found {seed!r:.40}")])


def expect_device(torch: Any, device: Any) -> None:
    """Refuse a device that is not there.

    Raises:
        ConvcliError: torch does not know it, or cannot use it here.
    """
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        found = Diagnostic("CV043", f"torch has no device `{device}` here: {reason}", help="take `cpu`")
        raise ConvcliError([found]) from None
