"""Names from outside in sources and network files: nothing of them is ever code."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from test_convert_diagrams import hostile_graphs

from convcli.converting import Asked, writer
from convcli.diagnostics import ConvcliError
from convcli.writers.torch_source.module import torch_source

ALLOWED = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Expr,
    ast.Assign, ast.Return, ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.keyword, ast.BinOp, ast.BitOr, ast.Add,
    ast.Mult, ast.Subscript, ast.Tuple, ast.List, ast.Starred, ast.GeneratorExp, ast.comprehension, ast.Load, ast.Store,
    ast.UnaryOp, ast.USub,
)  # fmt: skip


@given(hostile_graphs())
def test_a_source_is_python_and_nothing_but_layers(graph):
    source = torch_source(graph)
    tree = ast.parse(source.text)
    assert [node for node in ast.walk(tree) if not isinstance(node, ALLOWED)] == []
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
               for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
    assert modules <= {"torch", "torch.nn"}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not called & {"eval", "exec", "__import__", "print", "open"}


@given(hostile_graphs())
def test_a_written_module_has_all_weights_under_their_names_but_those_that_are_said(graph):
    torch = pytest.importorskip("torch")
    source = torch_source(graph)
    space: dict[str, object] = {}
    exec(compile(source.text, "net.py", "exec"), space)
    made = space[source.name]()
    renamed = {one.path for one in source.renamed}
    wanted = {
        f"{node.module}.{name}".rstrip(".")
        for node in graph.nodes
        if node.module is not None and not any(f"{node.module}.".startswith(f"{path}.") for path in renamed)
        for name in node.op.weights()
    }
    assert wanted <= {name for name, _ in made.named_parameters()}
    made.eval()(*(torch.rand(one.shape) for one in graph.inputs))


@given(hostile_graphs())
def test_a_network_file_is_the_same_network_or_refused(graph):
    try:
        _, findings = writer("yaml")(Asked(graph, None, None, None))
    except ConvcliError as error:
        findings = error.diagnostics
    assert {found.code for found in findings} <= {"CV073", "CV074"}
