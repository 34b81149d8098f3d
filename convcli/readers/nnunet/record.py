"""One configuration of plans, whichever of the two forms it was read from."""

from convcli.layer.syntax import At, Constant, Expression, List
from convcli.record import Record

CLASSES = ("PlainConvUNet", "ResidualEncoderUNet")
"""The networks that are known; another class is somebody's own."""


class Configuration(Record):
    """One network of the plans, for patches of one size."""

    name: str
    network: str
    """The name of its class, without the package."""
    at: At
    patch: Expression
    colours: Expression
    features: tuple[Expression, ...]
    kernels: Expression
    strides: Expression
    encoder: Expression
    decoder: Expression
    bias: bool
    norm: str | None
    dims: int

    @property
    def channels(self) -> int:
        """The channels that flow in, if they are a matter of this configuration alone, else 0."""
        found = self.colours.value if isinstance(self.colours, Constant) else 0
        return found if isinstance(found, int) else 0

    def image(self) -> Expression:
        """Return the size of what flows in: channels and patch."""
        axes = self.patch.items if isinstance(self.patch, List) else ()
        return List((self.colours, *axes), "[]", self.patch.at)

    def arguments(self) -> dict[str, Expression]:
        """Return the arguments of its network by their names."""
        at = self.at
        return {
            "features": List(self.features, "[]", at), "kernels": self.kernels, "strides": self.strides,
            "encoder": self.encoder, "decoder": self.decoder, "bias": Constant(self.bias, at),
            "norm": Constant(self.norm, at), "dims": Constant(self.dims, at),
        }  # fmt: skip
