"""What Python models compute with weights that are no layer's own: written as PyTorch source, counted, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
from conversions import built
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody calls it

import convcli
from convcli.writers.torch_source.functional import FUNCTIONS, PUBLIC

if TYPE_CHECKING:
    from collections.abc import Callable


class Functions(nn.Module):
    """Every function that has weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Parameter(torch.zeros(8, 2, 3, 3))
        self.bias = nn.Parameter(torch.zeros(8))
        self.up = nn.Parameter(torch.zeros(8, 3, 3, 3))
        self.row = nn.Parameter(torch.zeros(5, 6, 3))
        self.row_up = nn.Parameter(torch.zeros(5, 2, 4))
        self.volume = nn.Parameter(torch.zeros(2, 1, 1, 2, 2))
        self.volume_up = nn.Parameter(torch.zeros(2, 1, 1, 2, 2))
        self.slope = nn.Parameter(torch.zeros(6))
        self.pair = nn.Parameter(torch.zeros(4, 5, 5))
        self.words = nn.Parameter(torch.zeros(7, 4))
        self.scale = nn.Parameter(torch.zeros(4))

    def forward(self, x: Any) -> Any:
        x = F.conv2d(x, self.conv * 1, self.bias, stride=2, padding=(1, 2), groups=2)
        x = F.conv_transpose2d(x, self.up * 1, None, 2, 1, 1, 2)
        x = F.prelu(x, self.slope * 1)
        x = F.group_norm(x, 3, self.slope, self.slope * 2, eps=1e-4).mean(3)
        x = F.conv_transpose1d(F.conv1d(x, self.row * 1, padding=1), self.row_up * 1)
        x = F.conv_transpose3d(F.conv3d(x[:, None, None], self.volume * 1), self.volume_up * 1)
        x = F.linear(x.flatten(1)[:, :5], self.row[:, :5, 0])
        x = F.bilinear(x, x, self.pair * 1, self.scale)
        x = F.rms_norm(F.layer_norm(x, (4,), self.scale, self.scale), (4,), self.scale * 2, 1e-3)
        return x @ F.embedding(x.argmax(1), self.words * 1).T


class Products(nn.Module):
    """Products by their letters, of two tensors and of three."""

    def forward(self, x: Any) -> Any:
        weights = torch.einsum("bchw,bcvw->bhv", x, x).softmax(-1)
        return torch.einsum("...ij,bcjk->bcik", weights[:, None], x), torch.einsum(
            "bchw, bch, bc -> bw", x, x[..., 0], x[..., 0, 0]
        )


class Chosen(nn.Module):
    """What torch has and the catalogue does not: comparisons, choices, orders, other types."""

    def forward(self, x: Any) -> Any:
        high = (x > 0.3).logical_and(x <= 0.9).logical_or(x.isnan()).logical_xor(x != 0.5).logical_not()
        y = torch.where(high, x, x.cumsum(1)).masked_fill(x.lt(0.2), 0.5).sort(dim=2)[0]
        y = (
            y.gather(3, torch.topk(y, 3, dim=3)[1]).erf().remainder(0.7).tril().triu(-1).round().sign()
            + y[..., :3].ceil()
        )
        z = torch.addmm(x[0, 0], x[0, 1], x[0, 2]).log1p().expm1().floor() + x.eq(x.ge(0.4)).to(torch.float64).sum(
            3, True
        )
        more = torch.hstack([x.atan(), x.tan().sinh().asinh()]), torch.vstack([x.cosh(), x.tanh()]), x.norm(dim=1)
        return (
            y,
            z,
            x.index_select(1, x.long()[0, 0, 0].clamp(0, 3)),
            x.movedim(1, 3),
            torch.dot(x[0, 0, 0], x[0, 0, 1]),
            x.clamp(max=x[:1, :1, :1, :1]),
            *more,
        )


class Tied(nn.Module):
    """An embedding whose words are the classes too, each in a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Embedding(20, 6), nn.Linear(6, 6))
        self.decoder = nn.ModuleDict({"act": nn.ReLU(), "out": nn.Linear(6, 20)})
        self.decoder["out"].weight = self.encoder[0].weight

    def forward(self, x: Any) -> Any:
        return self.decoder["out"](self.decoder["act"](self.encoder(x)))


class Normed(nn.Module):
    """Weight norm in its old form and in its new one."""

    def __init__(self) -> None:
        super().__init__()
        self.new = nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 6, 3))
        self.linear = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3), dim=1)

    def forward(self, x: Any) -> Any:
        return self.linear(self.new(x)[..., 1:5])


class Encoder(nn.Module):
    """Attention as torch's encoder calls it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)

    def forward(self, x: Any) -> Any:
        return self.encoder(x.flatten(1, 2))


CASES: dict[str, tuple[Callable[[], Any], str]] = {
    "functions": (Functions, "2x4x8x8"),
    "products": (Products, "2x4x8x8"),
    "chosen": (Chosen, "2x4x8x8"),
    "tied": (Tied, "int64:2x5"),
    "normed": (Normed, "2x4x8x8"),
    "encoder": (Encoder, "2x4x8x8"),
}


def written(model: Any, size: str) -> tuple[Any, convcli.Converted]:
    """Return the module of a model's source, and what it was made of."""
    made = convcli.convert(model, "torch", input=size)
    return built(made.text), made


@pytest.mark.parametrize("name", CASES)
def test_the_source_computes_the_same_at_any_batch(name: str) -> None:
    build, size = CASES[name]
    torch.manual_seed(0)
    own = build().eval()
    for weight in own.parameters():
        weight.data.uniform_(0.1, 0.6)
    source, made = written(own, size)
    assert not made.findings
    alike = dict(own.named_parameters())  # a weight that two modules have is there once
    assert {key: value.shape for key, value in source.state_dict().items()} == {k: v.shape for k, v in alike.items()}
    source.load_state_dict(alike)
    kind, _, sizes = size.rpartition(":")
    for batch in (1, 2, 3):
        shape = (batch, *map(int, sizes.split("x")[1:]))
        x = torch.randint(20, shape) if kind else torch.rand(shape)
        with torch.set_grad_enabled(True):  # else attention takes another way, which rounds otherwise
            torch.testing.assert_close(source.eval()(x), own(x), rtol=0, atol=0)


def test_every_function_is_among_them() -> None:
    _, made = written(Functions().eval(), "2x4x8x8")
    for function, _, _ in FUNCTIONS.values():
        assert f"F.{function}(" in made.text


def test_public_names_are_those_of_torch() -> None:
    _, made = written(Chosen().eval(), "2x4x8x8")
    for wanted in (" > 0.3", "torch.where(", "torch.cumsum(", "torch.sort(", ".to(torch.float64)", "torch.hstack("):
        assert wanted in made.text
    assert [name for name in PUBLIC if not hasattr(torch, name)] == []


def test_attention_that_an_encoder_calls_is_written_as_a_module() -> None:
    text = convcli.convert(Encoder(), "torch", input="1x4x8x8").text
    assert "self.self_attn = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)" in text
    assert "self.self_attn(x, x, x, need_weights=False)[0]" in text
    assert (
        "MultiheadAttention(_, 2, dropout=0.1, batch_first=True)"
        in convcli.convert(Encoder(), "yaml", input="1x4x8x8").text
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("functions", "a network file has no word for conv2d with weights that are no layer's own"),
        ("products", "convcli counts einsum, but has no words for it"),
        ("chosen", "convcli counts gt, but has no words for it"),
        ("tied", r"`encoder\.0\.weight` is read by another layer too, for which a network file has no words"),
    ],
)
def test_what_a_network_file_has_no_words_for_is_for_torch(name: str, why: str) -> None:
    build, size = CASES[name]
    with pytest.raises(convcli.ConvcliError, match=f"CV074.*{why}") as refused:
        convcli.convert(build(), "yaml", input=size)
    assert refused.value.diagnostics[0].help == "`--to torch` can write it"


def test_numbers_that_are_not_read_are_said() -> None:
    model = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 8, 3)))
    with pytest.raises(convcli.ConvcliError, match=r"CV074.*is a tensor of numbers that convcli does not read"):
        convcli.convert(model, "torch", input="1x3x8x8")


def test_weight_norms_are_counted() -> None:
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 3)),
        nn.utils.parametrizations.spectral_norm(nn.Linear(6, 4)),
    )
    report = convcli.profile(model, input="1x3x8x8")
    costs = {layer.op: layer.other_ops for layer in report.layers}
    assert costs["_weight_norm_interface"] == 2 * 8 * 27 + 8
    assert costs["vdot"] == 2 * 4 - 1
    assert not report.totals.unknown
