"""Convolutions whose kernel depends on the input.

After Yang, Bender, Le, Ngiam, "CondConv: conditionally parameterized convolutions for efficient
inference", NeurIPS 2019.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from convcli.argument import FLAG, NATURAL, POSITIVE, Argument, Either, PerAxis, Word, argument
from convcli.ops.activation_smooth import Sigmoid
from convcli.ops.convolution import Axes, Convolution
from convcli.quantity import Shape, product
from convcli.tape import Piece, Tape
from convcli.window.reading import Reading


class CondConv2d(Convolution):
    """Convolves each sample with its own mixture of `num_experts` kernels: `N x C x H x W`.

    The mixture's weights are routing = sigmoid(Linear(mean of x over height and width)), so a
    sample's kernel (and bias) is the sum of routing[e] * expert e. E for num_experts, P for the
    elements of one expert's kernel and bias.

    Output size as for `Conv2d`. MACs: those of `Conv2d`, N * in_channels * E for the routing and
    N * E * P for the mixing. Other operations: the mean, one for each input element (H * W - 1
    additions and a division for each channel); N * E biases and N * E sigmoids at 4; the
    convolution's bias, one for each output element.

    It is no class of torch.nn: `build` writes the module. The input has its batch axis.
    """

    axes = 2
    unbatched = False
    lazy = False

    arguments: ClassVar[dict[str, Argument]] = {}  # not Conv2d's: num_experts stands among them
    in_channels: int = argument(POSITIVE, inferred=True)
    out_channels: int = argument(POSITIVE)
    kernel_size: Axes = argument(PerAxis(POSITIVE))
    num_experts: int = argument(POSITIVE)
    stride: Axes = argument(PerAxis(POSITIVE), 1)
    padding: Axes | str = argument(Either(PerAxis(NATURAL), Word("same", "valid")), 0)
    dilation: Axes = argument(PerAxis(POSITIVE), 1)
    groups: int = argument(POSITIVE, 1)
    bias: bool = argument(FLAG, True)
    padding_mode = "zeros"

    def weights(self) -> dict[str, Shape]:
        experts = {name: (self.num_experts, *shape) for name, shape in super().weights().items()}
        return experts | {
            "routing.weight": (self.num_experts, self.in_channels),
            "routing.bias": (self.num_experts,),
        }

    def memory(self, tape: Tape, x: Piece) -> tuple[Piece, ...] | None:
        """Play a call of the module that `build` writes; other implementations keep something else."""
        if tape.narrow:
            return None
        samples, channels, *sizes = x.shape
        means, logits = tape.new((samples, channels)), tape.new((samples, self.num_experts))
        tape.keep(means)
        tape.drop(means)
        routing = tape.new(logits.shape)
        tape.keep(routing)
        tape.drop(logits)
        mixed = [tape.new((samples, *shape)) for shape in super().weights().values()]
        tape.keep(mixed[0])
        as_groups = tape.reshape(x, (1, samples * channels, *sizes))
        result = super().memory(tape, as_groups)
        tape.drop(routing, as_groups, *mixed)
        return result

    def expert_size(self) -> int:
        """Return the number of parameters of one expert."""
        weight = self.out_channels * (self.in_channels // self.groups) * product(self.kernel_size)
        return weight + self.out_channels if self.bias else weight

    def macs(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        mixtures = inputs[0][0] * self.num_experts
        return super().macs(inputs, outputs) + mixtures * self.in_channels + mixtures * self.expert_size()

    def other_ops(self, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> int:
        routing = (1 + Sigmoid.each) * inputs[0][0] * self.num_experts
        return product(inputs[0]) + routing + super().other_ops(inputs, outputs)

    def reads(self, result: int, inputs: Sequence[Shape], outputs: Sequence[Shape]) -> tuple[Reading, ...]:
        (own,) = super().reads(result, inputs, outputs)
        return (own._replace(whole=(2, 3)),)

    def build(self, nn: Any, **factory: Any) -> Any:
        """Return a module that computes this; `nn` is `torch.nn`, `factory` device and dtype."""
        return _module_class(nn)(self, super().weights(), factory)


def _module_class(nn: Any) -> Any:
    """Write the module over a `torch.nn` that is handed in."""

    class Module(nn.Module):  # type: ignore[misc]  # nn is known only when it is handed in
        def __init__(self, op: CondConv2d, expert: dict[str, Shape], factory: dict[str, Any]) -> None:
            super().__init__()
            zeros = nn.Parameter().new_zeros
            self.weight = nn.Parameter(zeros((op.num_experts, *expert["weight"]), **factory))
            for kernel in self.weight:
                nn.init.kaiming_uniform_(kernel, a=5**0.5)
            bias = nn.Parameter(zeros((op.num_experts, *expert["bias"]), **factory)) if op.bias else None
            self.register_parameter("bias", bias)
            self.routing = nn.Linear(op.in_channels, op.num_experts, **factory)
            self.op = op

        def forward(self, x: Any) -> Any:
            op, samples = self.op, x.shape[0]
            routing = self.routing(x.mean((2, 3))).sigmoid()
            kernels = (routing @ self.weight.flatten(1)).view(-1, *self.weight.shape[2:])
            biases = None if self.bias is None else (routing @ self.bias).flatten()
            as_groups = x.reshape(1, -1, *x.shape[2:])  # each sample is a group with kernels of its own
            out = nn.functional.conv2d(
                as_groups, kernels, biases, op.stride, op.padding, op.dilation, groups=samples * op.groups
            )
            return out.view(samples, op.out_channels, *out.shape[2:])

        def extra_repr(self) -> str:
            return self.op.text().partition("(")[2][:-1]

    Module.__name__ = Module.__qualname__ = CondConv2d.name
    return Module
