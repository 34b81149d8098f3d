"""Activations against torch: shapes and refusals, number types, and operations counted one by one."""

import math
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from differential import Case, check_built, check_shown, check_unknown, compare, function, module_cases, ours, torchs
from hypothesis import given, settings
from hypothesis import strategies as st

from convcli.argument import Slot
from convcli.binding import bind
from convcli.diagnostics import Refusal
from convcli.function import Function
from convcli.op import FLOATS, Operator
from convcli.ops.catalogue import CATALOGUE, find

FAMILIES = [family for family in CATALOGUE if family.file in ("activation", "activation_smooth", "softmax")]
MODULES = [find(name) for family in FAMILIES for name in family.modules.split()]
FUNCTIONS = [find(name) for family in FAMILIES for name in family.functions.split()]
SOME = max(20, settings().max_examples // 5)
"""Examples for each of so many operators that differ in little."""

by_name = {"ids": lambda cls: cls.name}


@pytest.mark.parametrize("cls", MODULES, **by_name)
def test_module_equals_torch(cls: type[Operator]) -> None:
    @settings(max_examples=SOME)
    @given(case=module_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)
        check_built(cls, case)

    judge()


@pytest.mark.parametrize("cls", FUNCTIONS, **by_name)
def test_function_equals_torch(cls: type[Function]) -> None:
    @settings(max_examples=SOME)
    @given(case=module_cases(cls, size=6), data=st.data())
    def judge(case: Case, data: Any) -> None:
        compare(ours(cls, case), torchs(cls, case))
        check_unknown(cls, case, data.draw)
        check_shown(cls, case)

    judge()


@pytest.mark.parametrize("cls", MODULES + FUNCTIONS, **by_name)
def test_scalars_equal_torch(cls: type[Operator]) -> None:
    required = {"threshold": 1.0, "value": 2.0} if cls.name.lower() == "threshold" else {}
    for arguments in ({}, *({"dim": dim} for dim in (-2, -1, 0, 1) if "dim" in cls.arguments)):
        case = Case({**required, **arguments}, ((),) * (2 if cls.name == "prelu" else 1))
        compare(ours(cls, case), torchs(cls, case))


class Tally:
    """A number that counts the operations it goes through."""

    count = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def tick(self, value: float) -> "Tally":
        Tally.count += 1
        return Tally(value)

    def __add__(self, other: Any) -> "Tally":
        return self.tick(self.value + plain(other))

    def __sub__(self, other: Any) -> "Tally":
        return self.tick(self.value - plain(other))

    def __mul__(self, other: Any) -> "Tally":
        return self.tick(self.value * plain(other))

    def __truediv__(self, other: Any) -> "Tally":
        return self.tick(self.value / plain(other))

    def __rtruediv__(self, other: Any) -> "Tally":
        return self.tick(plain(other) / self.value)

    def __radd__(self, other: Any) -> "Tally":
        return self + other

    def __rmul__(self, other: Any) -> "Tally":
        return self * other

    def __neg__(self) -> "Tally":
        return self.tick(-self.value)

    def __gt__(self, other: Any) -> bool:
        return self.tick(self.value).value > plain(other)

    def __lt__(self, other: Any) -> bool:
        return self.tick(self.value).value < plain(other)


def plain(value: Any) -> float:
    return value.value if isinstance(value, Tally) else value


def of(function: Callable[[float], float], x: Tally) -> Tally:
    return x.tick(function(x.value))


def larger(x: Tally, y: float) -> Tally:
    return x if x > y else Tally(y)


def smaller(x: Tally, y: float) -> Tally:
    return x if x < y else Tally(y)


def shrink(x: Tally, near: float, far: float) -> Tally:
    if x > 0.5:
        return x if near == far else x - near
    if x < -0.5:
        return x if near == far else x + near
    return Tally(0.0)


def exp(x: Tally) -> Tally:
    return of(math.exp, x)


def sigmoid(x: Tally) -> Tally:
    return 1 / (1 + exp(-x))


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
FORMULAS: dict[str, tuple[Callable[[Tally], Tally], dict[str, Any]]] = {
    "ReLU": (lambda x: larger(x, 0), {}),
    "ReLU6": (lambda x: smaller(larger(x, 0), 6), {}),
    "LeakyReLU": (lambda x: x if x > 0 else x * 0.01, {}),
    "PReLU": (lambda x: x if x > 0 else x * 0.25, {}),
    "RReLU": (lambda x: x if x > 0 else x * 0.5, {"lower": 0.25, "upper": 0.75}),
    "Hardtanh": (lambda x: smaller(larger(x, -1), 1), {}),
    "Hardsigmoid": (lambda x: smaller(larger(x + 3, 0), 6) / 6, {}),
    "Hardswish": (lambda x: x * smaller(larger(x + 3, 0), 6) / 6, {}),
    "Hardshrink": (lambda x: shrink(x, 0, 0), {}),
    "Softshrink": (lambda x: shrink(x, 0.5, 0), {}),
    "Threshold": (lambda x: x if x > 0.5 else Tally(7.0), {"threshold": 0.5, "value": 7.0}),
    "ELU": (lambda x: x if x > 0 else 2.0 * (exp(x) - 1), {"alpha": 2.0}),
    "CELU": (lambda x: x if x > 0 else 2.0 * (exp(x / 2.0) - 1), {"alpha": 2.0}),
    "SELU": (lambda x: SCALE * (x if x > 0 else ALPHA * (exp(x) - 1)), {}),
    "GELU": (lambda x: x * (1 + of(math.erf, x / math.sqrt(2))) / 2, {}),
    "Sigmoid": (sigmoid, {}),
    "LogSigmoid": (lambda x: -of(math.log, 1 + exp(-x)), {}),
    "SiLU": (lambda x: x * sigmoid(x), {}),
    "Mish": (lambda x: x * of(math.tanh, of(math.log, 1 + exp(x))), {}),
    "Softplus": (lambda x: x if x * 2.0 > 20 else of(math.log, 1 + exp(_once(x, 2.0))) / 2.0, {"beta": 2.0}),
    "Softsign": (lambda x: x / (1 + of(abs, x)), {}),
    "Tanh": (lambda x: of(math.tanh, x), {}),
    "Tanhshrink": (lambda x: x - of(math.tanh, x), {}),
}


def _once(x: Tally, factor: float) -> Tally:
    """Return a product that was counted before."""
    return Tally(x.value * factor)


@pytest.mark.parametrize("name", FORMULAS)
def test_each_operation_of_the_formula_counts_once(name: str) -> None:
    formula, arguments = FORMULAS[name]
    most = 0
    for value in (-4.0, -0.75, 0.25, 0.75, 8.0):
        Tally.count = 0
        result = formula(Tally(value)).value
        most = max(most, Tally.count)
        expected = getattr(torch.nn, name)(**arguments).eval()(torch.tensor([value])).item()
        assert result == pytest.approx(expected, abs=1e-5)
    answer = find(name).of(**arguments).answer(((2, 3, 5),), ("float32",))
    assert (answer.other_ops, answer.macs) == (30 * most, 0)


def test_every_elementwise_activation_has_its_formula() -> None:
    assert {cls.name for cls in MODULES} - FORMULAS.keys() == {"GLU", "Softmax", "Softmin", "Softmax2d", "LogSoftmax"}


def test_tanh_form_of_gelu() -> None:
    x = Tally(0.75)
    Tally.count = 0
    result = x * (1 + of(math.tanh, math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2
    assert result.value == pytest.approx(torch.nn.GELU("tanh")(torch.tensor([0.75])).item())
    assert find("GELU").of(approximate="tanh").answer(((4,),), ("float32",)).other_ops == 4 * Tally.count


@pytest.mark.parametrize(
    ("name", "operations"),
    [("Softmax", 12 + 8 + 12), ("Softmin", 12 + 12 + 8 + 12), ("LogSoftmax", 12 + 8 + 4 + 12)],
)
def test_softmax_over_four_rows_of_three(name: str, operations: int) -> None:
    answer = find(name).of(dim=1).answer(((2, 3, 2),), ("float32",))
    assert answer.other_ops == operations


def test_softmax_chooses_torchs_axis() -> None:
    sums = [find("Softmax").of().answer(((2, 3, 5, 7)[:rank],), ("float32",)).other_ops for rank in range(5)]
    assert sums == [3 - 1, 3 * 2 - 1, 3 * 6 - 2, 3 * 30 - 15, 3 * 210 - 70]


def test_glu_halves_and_multiplies_by_a_sigmoid() -> None:
    answer = find("GLU").of(dim=1).answer(((2, 6, 5),), ("float32",))
    assert (answer.outputs, answer.other_ops) == (((2, 3, 5),), 30 * 5)


def test_prelu_infers_one_slope_for_each_channel() -> None:
    prelu = find("PReLU")
    assert prelu.infer("num_parameters", ((2, 7, 4),)) == 7
    assert prelu.infer("num_parameters", ((7,),)) == 1
    assert prelu.of().params() == 1


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 4, 5)])
@pytest.mark.parametrize("weight", [(), (1,), (4,), (1, 4), (4, 1)])
def test_prelu_function_takes_torchs_weights(shape: tuple[int, ...], weight: tuple[int, ...]) -> None:
    case = Case({}, (shape, weight))
    compare(ours(find("prelu"), case), torchs(find("prelu"), case))


@pytest.mark.parametrize("dtype", ["int64", "bool"])
@pytest.mark.parametrize("cls", MODULES, **by_name)
def test_number_types_are_torchs(cls: type[Operator], dtype: str) -> None:
    fixed = {"Threshold": {"threshold": 1, "value": 2}}
    arguments = fixed.get(cls.name, {"dim": 1} if "dim" in cls.arguments else {})
    try:
        mine = None if cls.takes == FLOATS else cls.of(**arguments).dtypes((dtype,), 1)[0]
    except Refusal:
        mine = None
    module = getattr(torch.nn, cls.name)(**arguments).eval()
    try:
        theirs = str(module(torch.ones(2, 2, 2, 2, dtype=getattr(torch, dtype))).dtype).removeprefix("torch.")
    except (RuntimeError, NotImplementedError):
        theirs = None
    assert mine == theirs


def test_gelus_form_is_given_by_name_as_in_torch() -> None:
    with pytest.raises(TypeError):
        function("gelu")(torch.ones(2), "tanh")
    with pytest.raises(Refusal, match="takes 1 argument, found 2"):
        bind(find("gelu"), [Slot(0), "tanh"], {})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Hardtanh", {"min_val": 1, "max_val": 1}),
        ("Hardtanh", {"min_value": 2}),
        ("RReLU", {"lower": 0.5, "upper": 0.25}),
        ("CELU", {"alpha": 0}),
        ("Softshrink", {"lambd": -0.5}),
        ("Softshrink", {"lambd": math.inf}),
        ("GELU", {"approximate": "erf"}),
        ("PReLU", {"num_parameters": 0}),
    ],
)
def test_refuses_what_torch_refuses(name: str, arguments: dict[str, Any]) -> None:
    case = Case(arguments, ((2, 3),))
    mine, theirs = ours(find(name), case), torchs(find(name), case)
    assert mine.refused
    assert theirs.refused
