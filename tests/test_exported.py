"""torch.export's archives, read without torch: the same graph as the model, and nothing that hurts."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import convcli
from convcli.asking import graph_of
from convcli.diagnostics import ConvcliError
from convcli.readers.exported import read_exported

MODEL = "net/models/model.json"
WEIGHTS = "net/data/weights/model_weights_config.json"


def tensor(*sizes: int | str, kind: int = 7) -> dict[str, Any]:
    """Return what the schema says of a tensor; a text is an expression."""
    made = [{"as_int": one} if isinstance(one, int) else {"as_expr": {"expr_str": one, "hint": None}} for one in sizes]
    return {"dtype": kind, "sizes": made, "requires_grad": True}


SIDE = "Add(Mul(Integer(2), Symbol('s1', positive=True, integer=True)), Integer(1))"
HALF = "Symbol('s1', positive=True, integer=True)"
BATCH = "Symbol('s0', positive=True, integer=True)"


def arg(name: str, value: Any, kind: str = "as_tensor") -> dict[str, Any]:
    return {"name": name, "arg": {kind: {"name": value} if kind == "as_tensor" else value}, "kind": 1}


def small() -> dict[str, Any]:
    """Return a graph: a convolution of stride 2, an activation in place, a sum."""
    conv = {
        "target": "torch.ops.aten.conv2d.default",
        "inputs": [arg("input", "x"), arg("weight", "p_w"), arg("bias", "p_b"), arg("stride", [2, 2], "as_ints")],
        "outputs": [{"as_tensor": {"name": "conv"}}],
        "metadata": {"nn_module_stack": "L__self__,,m.Net;L__self__stem,stem@1,torch.nn.modules.conv.Conv2d"},
    }
    relu = {
        "target": "torch.ops.aten.relu_.default",
        "inputs": [arg("self", "conv")],
        "outputs": [{"as_tensor": {"name": "relu"}}],
        "metadata": {"nn_module_stack": "L__self__,,m.Net;L__self__act,act,torch.nn.modules.activation.ReLU"},
    }
    add = {
        "target": "torch.ops.aten.add.Tensor",
        "inputs": [arg("self", "relu"), arg("other", "conv")],
        "outputs": [{"as_tensor": {"name": "add"}}],
        "metadata": {"nn_module_stack": "L__self__,,m.Net"},
    }
    graph = {
        "nodes": [conv, relu, add],
        "tensor_values": {
            "p_w": tensor(4, 3, 3, 3), "p_b": tensor(4), "x": tensor(BATCH, 3, SIDE, 9),
            **dict.fromkeys(("conv", "relu", "add"), tensor(BATCH, 4, HALF, 4)),
        },
        "sym_int_values": {},
    }  # fmt: skip
    signature = {
        "input_specs": [
            {"parameter": {"arg": {"name": "p_w"}, "parameter_name": "stem.weight"}},
            {"parameter": {"arg": {"name": "p_b"}, "parameter_name": "stem.bias"}},
            {"user_input": {"arg": {"as_tensor": {"name": "x"}}}},
        ],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "add"}}}}],
    }
    ranges = {"s0": {"min_val": 1, "max_val": 16}, "s1": {"min_val": 2, "max_val": None}}
    return {
        "graph_module": {"graph": graph, "signature": signature},
        "schema_version": {"major": 8, "minor": 20},
        "range_constraints": ranges,
    }


def archive(path: Path, graph: Any, **others: bytes) -> Path:
    """Write an archive of a graph, which may be bytes as well, with other files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(MODEL, graph if isinstance(graph, bytes) else json.dumps(graph))
        file.writestr(WEIGHTS, '{"config": {"stem.weight": {"path_name": "w0"}, "stem.bias": {"path_name": "w1"}}}')
        for name, data in others.items():
            file.writestr(name, data)
    return path


def test_the_graph_and_every_number_are_in_the_file(tmp_path: Path) -> None:
    report = convcli.profile(archive(tmp_path / "net.pt2", small()), input="2x3x11x9")
    rows = [(row.name, row.op, row.inputs, row.output_shapes, row.params, row.macs) for row in report.layers]
    size = (2, 4, 5, 4)
    assert rows == [
        ("stem", "Conv2d", ("x",), (size,), 112, 160 * 27),
        ("act", "ReLU", ("stem",), (size,), 0, 0),
        ("add", "add", ("act", "act"), (size,), 0, 0),
    ]
    assert (report.format, report.name, report.uncounted) == ("pt2", "net", ())


@pytest.mark.parametrize(
    ("input", "code", "words"),
    [
        (None, "CV007", "1x3x?x9"),
        ("2x3x10x9", "CV066", "axis 2 takes no 10"),
        ("2x4x11x9", "CV066", "axis 1 is 3"),
        ("17x3x11x9", "CV066", "axis 0"),
        ("1x3x3x9", "CV066", "axis 2"),
        ("11x9", "CV066", "4 axes"),
        ({"y": "2x3x11x9"}, "CV003", "`y`"),
    ],
)
def test_sizes_that_it_was_not_exported_for_are_refused(tmp_path: Path, input: Any, code: str, words: str) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(archive(tmp_path / "net.pt2", small()), input=input)
    (found,) = error.value.diagnostics
    assert found.code == code
    assert words in found.message


def twins(path: Path, *kept: dict[str, Any]) -> Path:
    """Write an archive whose convolution has a twin of its weights that nothing uses; `kept` says where they are."""
    graph = small()
    graph["graph_module"]["graph"]["tensor_values"]["p_v"] = tensor(4, 3, 3, 3)
    spec = {"parameter": {"arg": {"name": "p_v"}, "parameter_name": "twin.weight"}}
    graph["graph_module"]["signature"]["input_specs"].insert(2, spec)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(MODEL, json.dumps(graph))
        file.writestr(WEIGHTS, json.dumps({"config": dict(zip(("stem.weight", "twin.weight"), kept, strict=True))}))
    return path


def kept(file: str, device: str = "cpu", offset: int = 0) -> dict[str, Any]:
    sizes, strides = ([{"as_int": size} for size in row] for row in ((4, 3, 3, 3), (27, 9, 3, 1)))
    meta = {"sizes": sizes, "strides": strides, "storage_offset": {"as_int": offset}, "device": {"type": device}}
    return {"path_name": file, "tensor_meta": meta}


@pytest.mark.parametrize(
    ("both", "params"),
    [
        (({"path_name": "w"}, {"path_name": "w"}), 112),
        ((kept("w"), kept("w")), 112),
        ((kept("v"), kept("w")), 220),
        ((kept("w"), kept("w", offset=108)), 220),  # two parts of one tensor
        ((kept("w", "meta"), kept("w", "meta")), 220),  # a model without memory: all weights have one empty file
    ],
)
def test_weights_that_are_kept_in_one_place_are_one(tmp_path: Path, both: Any, params: int) -> None:
    assert convcli.profile(twins(tmp_path / "net.pt2", *both), input="1x3x11x9").totals.params == params


# ---- against torch


@pytest.fixture(scope="module")
def model() -> Any:
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU6(), nn.Dropout(0.1))
            self.down = nn.Conv2d(8, 8, 2, stride=2, groups=4)
            self.up = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding="same"), nn.GELU())
            self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Hardsigmoid())
            self.norm = nn.LayerNorm(8)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
            self.scale = nn.Parameter(torch.ones(8))
            self.fc = nn.Linear(8, 5)

        def forward(self, x: Any) -> Any:
            x = self.stem(x)
            y = torch.cat([self.up(self.down(x)), x], 1)[:, :8]
            y = (y * self.gate(y)).flatten(2).transpose(1, 2)
            y = self.norm(y) * self.scale
            y = y + self.attention(y, y, y, need_weights=False)[0]
            a, b = self.fc(y).mean(1).split([2, 3], 1)
            return {"a": a.softmax(-1), "b": b}

    return Net().eval()


def test_an_archive_says_what_the_model_says(model: Any, tmp_path: Path) -> None:
    import torch

    sizes = {"x": {0: torch.export.Dim("batch", max=64), 2: 2 * torch.export.Dim("half", min=2, max=64)}}
    exported = torch.export.export(model, (torch.zeros(2, 3, 8, 8),), dynamic_shapes=sizes)
    torch.export.save(exported, tmp_path / "net.pt2")
    for shape in ((2, 3, 8, 8), (3, 3, 12, 8)):
        ours, theirs = convcli.profile(tmp_path / "net.pt2", input=shape), convcli.profile(model, input=shape)
        assert [one.shape for one in ours.outputs] == [(shape[0], 2), (shape[0], 3)]
        assert [one.shape for one in ours.outputs] == [one.shape for one in theirs.outputs]
        for name in ("params", "trainable", "buffers", "macs", "weights_bytes"):
            assert getattr(ours.totals, name) == getattr(theirs.totals, name), name
        assert {found.op for found in ours.uncounted} <= {"linear"}
        weighted = [row.module for row in theirs.layers if row.weights and row.op != "MultiheadAttention"]
        assert [row.module for row in ours.layers if row.weights and "attention" not in str(row.module)] == weighted


# ---- archives of other versions


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """Return the small graph with another value at one place."""
    graph = small()
    at: Any = graph
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return graph


@pytest.mark.parametrize("version", [7, 9, "8", None, [8] * 1000])
def test_another_version_is_refused(version: Any, tmp_path: Path) -> None:
    graph = changed("schema_version", "major", value=version)
    with pytest.raises(ConvcliError) as error:
        convcli.profile(archive(tmp_path / "net.pt2", graph), input="2x3x11x9")
    assert error.value.diagnostics[0].code == "CV065"


def test_a_file_that_is_no_archive_or_not_there_is_refused(tmp_path: Path) -> None:
    for name, code in (("gone.pt2", "CV001"), ("empty.pt2", "CV064")):
        if code == "CV064":
            (tmp_path / name).write_bytes(b"")
        with pytest.raises(ConvcliError) as error:
            convcli.profile(str(tmp_path / name), input="1x3x8x8")
        assert error.value.diagnostics[0].code == code


GRAPH = ("graph_module", "graph")
NAME = ("graph_module", "signature", "input_specs", 1, "parameter", "parameter_name")


@pytest.mark.parametrize(("path", "value"), [(NAME, None), (NAME, float("nan")), ((*GRAPH, "nodes"), 7)])
def test_what_is_no_text_or_no_list_is_refused(path: Any, value: Any, tmp_path: Path) -> None:
    with pytest.raises(ConvcliError) as error:
        convcli.profile(archive(tmp_path / "net.pt2", changed(*path, value=value)), input="2x3x11x9")
    assert error.value.diagnostics[0].code == "CV064"


@pytest.mark.parametrize("name", ["select.int", "slice.Tensor"])
def test_an_axis_of_a_single_number_is_not_known(name: str, tmp_path: Path) -> None:
    inputs = [arg("self", "conv"), arg("dim", 0, "as_int"), arg("index", 0, "as_int")]
    graph = changed(*GRAPH, "tensor_values", "conv", value=tensor())
    graph["graph_module"]["graph"]["nodes"][1] |= {"target": f"torch.ops.aten.{name}", "inputs": inputs}
    report = convcli.profile(archive(tmp_path / "net.pt2", graph), input="2x3x11x9")
    assert [row.other_ops for row in report.layers if row.op.endswith(name.partition(".")[0])] == [0]


def test_what_passes_a_tensor_on_makes_no_other_of_it(tmp_path: Path) -> None:
    graph = changed(*GRAPH, "tensor_values", "relu", value=tensor(BATCH, 4))
    inner = graph["graph_module"]["graph"]
    inner["nodes"][1] |= {"target": "torch.ops.aten.t.default"}
    report = convcli.profile(archive(tmp_path / "net.pt2", graph), input="2x3x11x9")
    assert [(row.op.removeprefix("aten::"), row.output_shapes) for row in report.layers[:2]] == [
        ("Conv2d", ((2, 4, 5, 4),)),
        ("t", ((2, 4),)),
    ]


def test_equal_calls_have_one_answer(tmp_path: Path) -> None:
    graph = small()
    nodes = graph["graph_module"]["graph"]["nodes"]
    nodes.insert(2, nodes[1])
    made, _ = graph_of(read_exported(archive(tmp_path / "net.pt2", graph)), sizes={"": (2, 3, 11, 9)}, batched=True)
    answers = [node.answer for node in made.nodes if node.op.name == "ReLU"]
    assert len(answers) == 2
    assert answers[0] is answers[1]


@pytest.mark.parametrize(
    ("name", "inputs", "words"),
    [
        ("aten.cumsum", [arg("dim", 1, "as_int")], "torch.cumsum(stem, dim=1)"),
        ("aten.cumsum", [arg("dim", 1, "as_int"), arg("dtype", 8, "as_scalar_type")], ""),
        ("others.cumsum", [arg("dim", 1, "as_int")], ""),
        (
            "aten.index",
            [arg("indices", [{"as_none": True}, {"as_tensor": {"name": "conv"}}], "as_optional_tensors")],
            "torch.ops.aten.index(stem, indices=[None, stem])",
        ),
    ],
)
def test_a_function_is_written_only_as_it_was_called(name: str, inputs: Any, words: str, tmp_path: Path) -> None:
    graph = small()
    node = graph["graph_module"]["graph"]["nodes"][1]
    node |= {"target": f"torch.ops.{name}.default", "inputs": [arg("self", "conv"), *inputs]}
    path = archive(tmp_path / "net.pt2", graph)
    if words:
        assert words in convcli.convert(path, "torch", input="2x3x11x9").text
        return
    with pytest.raises(ConvcliError) as error:
        convcli.convert(path, "torch", input="2x3x11x9")
    assert [found.code for found in error.value.diagnostics] == ["CV074"]
