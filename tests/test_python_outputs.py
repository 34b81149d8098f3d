"""What a model calls its outputs is what reports call them."""

from typing import Any, NamedTuple

import pytest

import convcli

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Pair(NamedTuple):
    mean: Any
    std: Any


class Heads(nn.Module):
    """Gives what a function makes of its tensors."""

    def __init__(self, gives: Any) -> None:
        super().__init__()
        self.conv, self.fc, self.gives = nn.Conv2d(3, 8, 3), nn.Linear(8, 10), gives

    def forward(self, x: Any) -> Any:
        feat = self.conv(x).mean((2, 3))
        return self.gives(self.fc(feat), feat)


GIVES: dict[str, Any] = {
    "outputs logits 1x10, feat 1x8": lambda a, b: {"logits": a, "feat": b},
    "outputs out 1x10, aux.0 1x8, aux.1 1x10": lambda a, b: {"out": a, "none": None, "aux": [b, a]},
    "outputs mean 1x10, std 1x8": Pair,
    "outputs 0.logits 1x10, 1 1x8": lambda a, b: [{"logits": a}, b],
    "outputs fc 1x10, mean 1x8": lambda a, b: (a, b),
}


@pytest.mark.parametrize("head", GIVES)
def test_outputs_keep_their_names(head: str) -> None:
    report = convcli.profile(Heads(GIVES[head]), input=(1, 3, 8, 8))
    assert str(report).splitlines()[0] == f"Heads  input 1x3x8x8  {head}"


def test_a_key_stands_beside_the_layer_that_makes_the_output() -> None:
    model = Heads(lambda a, b: {"logits": a, "feat": b})
    outputs = convcli.profile(model, input=(1, 3, 8, 8)).to_dict()["outputs"]
    assert [(one["name"], one["key"]) for one in outputs] == [("fc", "logits"), ("mean", "feat")]
    drawn = convcli.convert(model, to="mermaid", input=(1, 3, 8, 8))
    assert "logits" in str(drawn)
    assert "feat" in str(drawn)
