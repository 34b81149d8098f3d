"""Models in hand: how sizes are given, and what errors say in Python."""

from pathlib import Path
from typing import Any

import pytest

import convcli
from convcli.diagnostics import ConvcliError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


class Two(nn.Module):
    def forward(self, a: Any, b: Any) -> Any:
        return a.sum() + b


class Spread(nn.Module):
    def forward(self, *xs: Any) -> Any:
        return xs[0] + xs[1]


LONG = torch.zeros(5, dtype=torch.int64)


@pytest.mark.parametrize(
    ("model", "input", "inputs"),
    [
        (Two(), [(1, 3), (2, 2)], [("a", (1, 3), "float32"), ("b", (2, 2), "float32")]),
        (Two(), ((1, 3), LONG), [("a", (1, 3), "float32"), ("b", (5,), "int64")]),
        (Two(), ["1x3", "int32:5"], [("a", (1, 3), "float32"), ("b", (5,), "int32")]),
        (Two(), {"b": LONG, "a": torch.zeros(2, 3)}, [("a", (2, 3), "float32"), ("b", (5,), "int64")]),
        (Spread(), [(1, 3), (2, 3)], [("xs.0", (1, 3), "float32"), ("xs.1", (2, 3), "float32")]),
        (nn.ReLU(), torch.zeros(2, 3), [("input", (2, 3), "float32")]),
        (nn.ReLU(), [(2, 3)], [("input", (2, 3), "float32")]),
        (nn.ReLU(), [2, 3], [("input", (2, 3), "float32")]),
    ],
)
def test_sizes_are_tensors_lists_and_dictionaries(model: nn.Module, input: Any, inputs: Any) -> None:
    report = convcli.profile(model, input)
    assert [(one.name, one.shape, one.dtype) for one in report.inputs] == inputs
    assert convcli.profile(model, input=input).inputs == report.inputs


@pytest.mark.parametrize(
    ("input", "code"),
    [
        ([(1, 3), (2, 2), (3,)], "CV003"), (5, "CV002"), ((1, "a"), "CV002"), (torch.zeros(()), "CV002"),
        ([(1, 3), 5], "CV002"), ([], "CV002"),
    ],
)  # fmt: skip
def test_what_is_no_size_is_refused(input: Any, code: str) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(Two(), input)
    assert error.value.diagnostics[0].code == code


def test_inputs_of_a_file_come_in_order_too(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("inputs: {image: [3, 8, 8], mask: [1, 8, 8]}\nlayers: [y: image * mask]\n")
    report = convcli.profile(str(path), [(3, 4, 4), (1, 4, 4)])
    assert [(one.name, one.shape) for one in report.inputs] == [("image", (1, 3, 4, 4)), ("mask", (1, 1, 4, 4))]


def broken(_: Any) -> Any:
    message = "not today"
    raise ValueError(message)


def test_an_error_says_its_place_and_what_to_type_and_has_its_cause() -> None:
    model = nn.Module()
    model.forward = broken  # type: ignore[assignment]
    with pytest.raises(ConvcliError) as error:
        convcli.profile(model, (1, 3))
    first, place, *_ = str(error.value).splitlines()
    assert first == "error[CV062]: ValueError: not today, while the model was called"
    assert Path(place.removeprefix(" --> ").split(":")[0]).name == Path(__file__).name
    assert repr(error.value.__cause__) == "ValueError('not today')"
    with pytest.raises(ConvcliError, match=r"(?s)CV003.*  = help: "):
        convcli.profile(Two(), {"c": (1, 3)})


def test_a_constructor_that_fails_is_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("failing.py").write_text("def make():\n    raise ValueError('not today')\n")
    with pytest.raises(ConvcliError) as error:
        convcli.profile("failing.py:make", (1, 3))
    assert repr(error.value.__cause__) == "ValueError('not today')"


def test_a_comparison_of_models_in_hand_is_headed_by_their_classes() -> None:
    assert str(convcli.diff(nn.ReLU(), nn.ReLU(), input=(1, 3))).splitlines()[0] == "ReLU -> ReLU"
