"""The schema and convcli agree: on each argument, each call, and whatever convcli reads.

The one direction has no exception: what convcli accepts, the schema accepts. The other has one: a
text may be any expression.
"""

import re
import shutil
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from yaml_instances import instance

import convcli
from convcli.argument import REQUIRED, Argument, Slot, Tensor, WrongValue
from convcli.binding import bind
from convcli.blocks import MERGES
from convcli.diagnostics import ConvcliError, Refusal
from convcli.op import Operator
from convcli.ops.catalogue import names, operator

ROOT = Path(__file__).parent.parent
VALIDATOR = Draft7Validator(convcli.schema())
DEFINITIONS = VALIDATOR.schema["definitions"]

ONE = (-3, -1, 0, 1, 2, 3, 7, 10**9, -1.5, -0.5, 0.5, 1.5, 1e-5, True, False, None)
"""Values without a text; no whole numbers as floats, which JSON does not tell from integers."""
LISTS = [list(items) for length in range(4) for items in product((0, 1, -1, 0.5, None), repeat=length)]
ODD = ([True], [[1]], [[1, 2]], [[1, 2], [3, 4]], {}, {"a": 1})
POOL = [
    *ONE,
    *LISTS,
    *([1] * length for length in range(4, 8)),
    [True],
    [[1]],
    [[1, 2]],
    [[1, 2], [3, 4]],
    {},
    {"a": 1},
]
ANY_INDEX = ("slice", "index")
"""The one argument whose lists are not looked into: each of their items may be a slice."""

OPERATORS = pytest.mark.parametrize("name", names())


def accepts(cls: type[Operator], declared: Argument, value: Any) -> bool:
    try:
        declared.kind.accept(value, cls.axes)
    except WrongValue:
        return False
    return True


# ---- arguments


@OPERATORS
def test_an_argument_may_be_what_its_kind_accepts_and_nothing_else(name: str) -> None:
    cls = operator(name)
    for key, declared in cls.arguments.items():
        judge = VALIDATOR.evolve(schema=DEFINITIONS[name]["anyOf"][0]["properties"][key])
        for value in POOL:
            accepted, valid = accepts(cls, declared, value), judge.is_valid(value)
            assert valid >= accepted, (key, value)
            assert valid == accepted or (name, key) == ANY_INDEX, (key, value)


@OPERATORS
def test_an_argument_may_be_an_expression_or_one_of_its_words(name: str) -> None:
    for key, declared in operator(name).arguments.items():
        judge = VALIDATOR.evolve(schema=DEFINITIONS[name]["anyOf"][0]["properties"][key])
        words = getattr(declared.kind, "choices", ())
        assert all(judge.is_valid(text) for text in ("width * 2", "depths[0]", "_", "True", *words)), key


# ---- calls


def tensor(declared: Argument) -> Any:
    return ["x", "y"] if declared.kind.many else "x"


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a call by mapping: mostly right, sometimes with an argument too many, too few, or of another kind."""
    name = draw(st.sampled_from(names()))
    cls, given = operator(name), {}
    for key, declared in cls.arguments.items():
        if not draw(st.sampled_from((True,) * 9 + (False,)) if declared.default is REQUIRED else st.booleans()):
            continue
        good = [tensor(declared)] if isinstance(declared.kind, Tensor) else []
        good = good or [value for value in POOL if accepts(cls, declared, value)] or ["'text'"]
        bad = st.sampled_from([value for value in POOL if not accepts(cls, declared, value)] or ["'text'"])
        given[key] = draw(st.one_of(*[st.sampled_from(good)] * 9, bad))
    if draw(st.integers(0, 9)) == 0:
        given[draw(st.sampled_from(("kernel", "device", "dtype", "of_", "padding_")))] = 1
    return name, given


def bound(cls: type[Operator], given: dict[str, Any]) -> bool:
    """Say whether binding takes a call, its tensors put for their names."""
    for_text = {"x": Slot(0), "y": Slot(1)}
    values = {
        key: [for_text.get(item, item) if isinstance(item, str) else item for item in value]
        if isinstance(value, list)
        else for_text.get(value, value) if isinstance(value, str) else value
        for key, value in given.items()
    }  # fmt: skip
    try:
        bind(cls, (), values)
    except Refusal:
        return False
    return True


@settings(max_examples=600)
@given(calls())
def test_a_call_is_refused_when_binding_refuses_it(call: tuple[str, dict[str, Any]]) -> None:
    name, given = call
    key = f"torch.{name}" if name in MERGES else name
    for item in ({key: given}, {"layer": {key: given}}, {"layer": {key: given}, "of": "x"}):
        valid = VALIDATOR.is_valid({"layers": [item]})
        if not given:
            assert valid  # a layer above, of this name, applied again
        elif name == ANY_INDEX[0] or any(isinstance(value, dict) or value == "'text'" for value in given.values()):
            assert valid >= bound(operator(name), given)
        else:
            assert valid == bound(operator(name), given), item


# ---- whole files


FORMS = (
    """
- nn.Conv2d: {out_channels: 8, kernel_size: 3, bias: true}
- LazyConv2d: {out_channels: 8, kernel_size: 3, padding_mode: zeros, padding: same}
- torch.nn.functional.relu: {input: x, inplace: False}
- F.relu: {input: x}
- a: {Conv2d: {in_channels: _, out_channels: 8, kernel_size: [1, 1], of: x}}
- (b): {Conv2d: {out_channels: 4 * 2, kernel_size: 1}, of: input}
- 99: MaxPool2d(2, 1)
- MaxPool2d: {kernel_size: 1, stride: null}
- MaxPool2d: {kernel_size: 1, stride: ~}
- MaxPool2d: {kernel_size: 1, stride: }
- ReLU: {of: [x]}
- ReLU: {}
- relu: ReLU()
- relu: {}
- again: {relu: {}}
- Tanh: Tanh()
- Tanh: {}
- Sigmoid: {Sigmoid: {}}
- merge: {add: [x, x]}
- ReLU6: {add: [x, x]}
- pow: {input: x, exponent: 2}
- torch.cat: {tensors: [x, x], dim: 1}
- add: relu(x)
- add: {body: [ReLU()], short: , long: {Tanh: {}}, named: {add: [x, x]}}
- mul: [x, [ReLU(), Sigmoid()], {gate: Sigmoid()}, {SiLU: {}}, ReLU() | Tanh()]
- empty: []
- scope: [{inner: ReLU()}, ReLU()]
- scope: {}
- Block: {width: 8, mode: null, sizes: [[1, 2], [3, x]]}
- other: {Block: {width: 2 * 4, mode: "zeros", sizes: []}, of: scope}
- x: {}
- bl_ock: {}
- None
- yes: ReLU()
- yes
- ' spaced ': ReLU()
- of: ReLU()
- -x
- "relu(x)  # again"
- "\\n  relu(x)\\t"
- >
  relu(x)
- |
  relu(x)  # again
- bn | relu
- .5 * x
- slice: {input: x, index: null}
- Hardtanh: {min_val: -1e-1, max_val: 1}
- Dropout: {p: 1e-1}
- Dropout: {p: 0}
- {a-b_c: ReLU()}
""".strip("\n")
    .replace("\n- ", "\n\0- ")
    .split("\0")
)
"""Items that convcli reads, one after the other in one file."""

HEAD = """
name: 18
input: 3, 3_2 x32
vars: {a: [[1, 2], [3]], b: null, c: 'x y', d: 1e-5, é: 3, e: }
variants: {a b: , c: {d: 2, of: a b}, 3: {check: {params: 3}}, 4: }
uses: []
check:
blocks:
  Block(width, mode, sizes=[1]):
    - ReLU()
  x(): [ReLU()]
  'bl_ock(a=1)  # text': [ReLU()]
  Empty:
  (Bracketed()):
    - ReLU()
layers:
"""


def test_every_form_that_is_read_is_valid(tmp_path: Path) -> None:
    text = HEAD + "".join(FORMS)
    (tmp_path / "net.yaml").write_text(text, "utf-8")
    assert convcli.profile(tmp_path / "net.yaml", receptive_fields=False).layers
    assert [error.message for error in VALIDATOR.iter_errors(instance(text))] == []


@pytest.mark.parametrize(
    "item",
    [
        "3", "True", "", "null", "[ReLU()]", "{a: }", "{a: 3}", "{add: []}", "{add: }", "{a: [3]}",
        "{ReLU: }", "{ReLU: {a: 1}}", "{Conv2d: {out_channels: 8}}", "{Conv2d: {out_channels: 8, kernel_size: {}}}",
        "{b: {Conv2d: {out_channels: 8}}}", "{a: ReLU(), of: x}", "{a: ReLU(), b: ReLU()}", "{add: [x, x], of: x}",
        "{é: ReLU()}", "{'( a )': ReLU()}", "{-a: ReLU()}", "{input: ReLU()}", "{cat: {tensors: [x, x], dim: 1}}",
        "a = ReLU()", "return x", "'*x'", "'{x}'", "ReLU(", "ReLU() |", "ReLU();", "import torch",
    ],
)  # fmt: skip
def test_forms_that_are_not_read_are_refused(item: str, tmp_path: Path) -> None:
    text = f"input: [3, 8, 8]\nlayers:\n  - {item}\n"
    (tmp_path / "net.yaml").write_text(text, "utf-8")
    with pytest.raises(ConvcliError):
        convcli.profile(tmp_path / "net.yaml")
    assert not VALIDATOR.is_valid(instance(text))


SMALL = [path for path in sorted((ROOT / "examples").rglob("*.yaml")) if path.stat().st_size < 4000]
TEXTS = [*(path.read_text("utf-8") for path in SMALL), HEAD + "".join(FORMS)]


@st.composite
def changed(draw: st.DrawFn) -> str:
    """Draw a file in which some lines are left out, moved, put behind others, or have other words."""
    lines = draw(st.sampled_from(TEXTS)).splitlines()
    words = [word for line in lines for word in line.split() if word != "#"]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(("drop", "copy", "word", "word", "mapping", "indent", "cut")))
        line = lines[at]
        if kind == "drop" and lines[1:]:
            del lines[at]
        elif kind == "copy":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif kind == "word" and line.split():
            old = draw(st.sampled_from(line.split()))
            lines[at] = line.replace(old, draw(st.sampled_from(words)), 1)
        elif kind == "mapping":
            lines[at] = line.replace("(", ": {", 1).replace(")", "}", 1).replace("=", ": ")
        elif kind == "indent":
            lines[at] = line[2:] if line.startswith("  ") else f"  {line}"
        elif line:
            lines[at] = line[: draw(st.integers(0, len(line)))]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the examples, whose blocks others use."""
    return shutil.copytree(ROOT / "examples", tmp_path_factory.mktemp("changed") / "examples")


@settings(max_examples=300)
@given(text=changed())
def test_whatever_is_read_is_valid(text: str, examples: Path) -> None:
    path = examples / "changed.yaml"
    path.write_text(text, "utf-8")
    try:
        convcli.profile(path, receptive_fields=False, input=None if "input" in text else "3x32x32")
    except ConvcliError:
        return
    found = instance(text)
    for part in (found, *(found.get("variants") or {}).values()):
        (part or {}).pop("check", None)  # to profile a network does not read its budgets
    assert [error.message for error in VALIDATOR.iter_errors(found) if is_reached(error.absolute_path, text)] == []


def is_reached(path: Sequence[str | int], text: str) -> bool:
    """Say whether a place is worked out at all: a block that nothing calls is not, and a schema judges it too."""
    name = str(path[1]).partition("(")[0] if len(path) > 1 and path[0] == "blocks" else ""
    return not name or len(re.findall(rf"\b{re.escape(name)}\b", text)) > 1
