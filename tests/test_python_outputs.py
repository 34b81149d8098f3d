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


def written(model: nn.Module) -> tuple[str, Any, Any]:
    """Return the source that is written of a model, what it gives for an input, and what the model gives."""
    text = convcli.convert(model, to="torch", input=(1, 3, 8, 8)).text
    space: dict[str, Any] = {}
    exec(compile(text, "net.py", "exec"), space)
    again = space[type(model).__name__]()
    again.load_state_dict(model.state_dict())
    x = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        return text, again(x), model(x)


class Chain(nn.Sequential):
    """Gives a dictionary of what a chain makes."""

    def forward(self, x: Any) -> Any:
        return {"out": super().forward(x)}


@pytest.mark.parametrize(
    "model",
    [
        Heads(lambda a, b: {"out": a, "aux": b}),
        Heads(lambda a, _: {"out": a, "again": a}),
        Heads(lambda a, _: {"out": a}),
        Heads(lambda a, b: {f"the_name_of_a_head_{at}": (a, b)[at % 2] for at in range(9)}),
        Chain(nn.Conv2d(3, 4, 3), nn.ReLU()),
    ],
)
def test_a_dictionary_is_written_with_its_keys(model: nn.Module) -> None:
    _, found, expected = written(model)
    assert isinstance(found, dict)
    assert list(found) == list(expected)
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize(
    ("gives", "note"),
    [
        (lambda a, b: {"out": a, "aux": [b, a]}, "`out`, `aux.0`, `aux.1`."),
        (lambda a, b: {0: a, "not": b}, "`0`, `not`."),
        (lambda a, b: {'"""\nimport os\n"""': a, "\\": b}, "`____import os____`, `_`."),
    ],
)
def test_other_keys_are_said_where_a_tuple_is_written(gives: Any, note: str) -> None:
    text, found, _ = written(Heads(gives))
    assert text.splitlines()[2] == f"What it gives, in order: {note}"
    assert isinstance(found, tuple)
