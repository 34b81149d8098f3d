"""The node tests of the onnx package: what our rules say of a size is what its reference says, or nothing.

The package makes them as it is asked for them. The first tensor of each flows in; what flows in beside it is a constant
of the file, as in the files that people have.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from convcli.asking import graph_of
from convcli.graph import Graph
from convcli.ops.opaque import Opaque
from convcli.quantity import is_known
from convcli.readers.onnx import read_onnx

RELEASE = "1.23."
"""The release of the package whose tests are counted here; others have more of them, or fewer."""
FAMILIES = """
Conv ConvInteger QLinearConv DeformConv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool
GlobalLpPool MaxUnpool RoiAlign MaxRoiPool Resize Upsample Pad CenterCropPad BatchNormalization InstanceNormalization
LayerNormalization GroupNormalization RMSNormalization LRN LpNormalization MeanVarianceNormalization Reshape Flatten
Squeeze Unsqueeze Transpose Concat Split Slice Gather Expand Tile DepthToSpace SpaceToDepth Identity
"""
"""Operators of networks with convolutions, whose sizes are all known."""
UNKNOWN = """
ImageDecoder NonMaxSuppression NonZero Scan StringNormalizer StringSplit Unique
ai.onnx.ml::ArrayFeatureExtractor ai.onnx.ml::TreeEnsemble
ai.onnx.preview.training::Adagrad ai.onnx.preview.training::Adam ai.onnx.preview.training::Momentum
"""
"""Operators of which a size is not known: it depends on numbers, as in most of them, or they are no part of a network
with convolutions. `Scan` is that of version 8."""
AGREE = 1805
"""Tests all of whose sizes are known, and right."""
OLDEST = 7


def cases() -> Iterator[Any]:
    """Give each test whose ends are tensors: its name, its model, what flows in, and the shapes that come out."""
    node = pytest.importorskip("onnx.backend.test.case.node", reason="needs onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package overflows on purpose
        found = node.collect_testcases(None)
    for case in found:
        inputs, outputs = ([tensor_of(one) for one in ends] for ends in case.data_sets[0])
        known = all(one.version >= OLDEST for one in case.model.opset_import if not one.domain)
        if known and None not in (*inputs, *outputs):
            yield case.name, case.model, inputs, [tuple(one.dims) for one in outputs]


def tensor_of(value: Any) -> Any:
    """Return what the package has of a tensor as ONNX has it, None for what is none."""
    import numpy as np
    from onnx import TensorProto, numpy_helper

    if isinstance(value, np.ndarray | np.generic):
        return numpy_helper.from_array(np.asarray(value))
    return value if isinstance(value, TensorProto) else None


def baked(model: Any, inputs: list[Any]) -> tuple[bytes, dict[str, tuple[int, ...]]]:
    """Make constants of single numbers and of all but the first tensor, and take out what the file says of sizes."""
    sizes = {}
    for at, (one, tensor) in enumerate(zip(model.graph.input, inputs, strict=True)):
        if at or not tensor.dims or model.graph.node[0].op_type in MADE_OF_SIZES:
            tensor.name = one.name
            model.graph.initializer.append(tensor)
        else:
            sizes[one.name] = tuple(tensor.dims)
    del model.graph.value_info[:]
    for one in model.graph.output:
        one.type.tensor_type.ClearField("shape")
    return model.SerializeToString(), sizes


MADE_OF_SIZES = ("ConstantOfShape", "Range")
"""Operators that take no tensor but sizes."""


def culprits(graph: Graph) -> set[str]:
    """Return the operators that give what is not known, though all that flows in is."""
    return {
        node.op.name.removeprefix("onnx::")
        for node in graph.nodes
        if isinstance(node.op, Opaque) and not all(map(whole, node.op.results)) and all(map(whole, node.input_shapes))
    }


def whole(shape: Any) -> bool:
    return shape is not None and all(map(is_known, shape))


def agrees(shape: Any, true: tuple[int, ...]) -> bool:
    """Say whether all that is known of a size is true."""
    return shape is None or (
        len(shape) == len(true) and all(a == b or not is_known(a) for a, b in zip(shape, true, strict=True))
    )


def test_sizes_agree_or_the_operator_is_named(tmp_path: Path) -> None:
    wrong: list[Any] = []
    silent: list[Any] = []
    unknown: set[str] = set()
    known = 0
    path = tmp_path / "node.onnx"
    for name, model, inputs, true in cases():
        data, sizes = baked(model, inputs)
        path.write_bytes(data)
        graph, findings = graph_of(read_onnx(path), sizes=sizes, batched=True)
        shapes = [graph.shape(one) for one in graph.outputs]
        assert not findings, (name, findings)
        if not all(map(agrees, shapes, true)) or len(shapes) != len(true):
            wrong.append((name, shapes, true))
        elif all(map(whole, shapes)):
            known += 1
        else:
            named = culprits(graph)
            unknown |= named
            silent += [] if named else [name]
    assert wrong == []
    assert silent == []
    assert not unknown & {*FAMILIES.split()}
    if pytest.importorskip("onnx").__version__.startswith(RELEASE):
        assert unknown == {*UNKNOWN.split()}
        assert known == AGREE
