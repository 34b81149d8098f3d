"""What layers are called: by the module that a node came from where it says so, else by the node or its operator.

Exporters write `/layer1/layer1.0/conv1/Conv` for what was called in `layer1.0.conv1`.
"""

import re
from collections import Counter

from convcli.onnx.record import Node

MODULES = {
    "Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "LeakyRelu": "LeakyReLU", "Elu": "ELU", "Selu": "SELU",
    "Celu": "CELU", "Softplus": "Softplus", "HardSwish": "Hardswish", "HardSigmoid": "Hardsigmoid", "Mish": "Mish",
    "Gelu": "GELU", "Clip": "ReLU6", "Softmax": "Softmax", "LogSoftmax": "LogSoftmax", "Dropout": "Dropout",
    "Flatten": "Flatten", "Swish": "SiLU",
}  # fmt: skip
"""The module that calls nothing but this operator."""


QUANTISED = "_quant"
"""What onnxruntime's quantiser puts behind the names of nodes."""


def module_path(node: Node) -> str:
    """Return the path of the module that a node came from, empty where it says none."""
    if node.scope:
        scopes = re.findall(r"'([^']*)'", node.scope)
        return scopes[-2] if len(scopes) > 1 else ""
    if "/" not in node.name:
        return ""
    parts = [part for part in node.name.split("/") if part]
    if parts and (re.sub(r"_\d+$", "", parts[-1]) == node.op or parts[-1].endswith(QUANTISED)):
        parts.pop()
    path: list[str] = []
    for part in parts:
        if path and part.startswith(f"{path[-1]}."):
            path.pop()
        path.append(part)
    return ".".join(path)


def label(node: Node) -> str:
    """Return what a layer without a module path is called."""
    if node.name and "/" not in node.name and not node.scope:
        return node.name
    path, op = module_path(node), node.op.lower()
    return f"{path}.{op}" if path else op


def unused(name: str, taken: set[str]) -> str:
    """Return a name that nothing has yet."""
    if name not in taken:
        return name
    at = 1
    while f"{name}_{at}" in taken:
        at += 1
    return f"{name}_{at}"


def leaves(nodes: tuple[Node, ...]) -> dict[int, str]:
    """Return the module of each node that is all that the module does."""
    paths = {
        id(node): module_path(node) or (node.name if "/" not in node.name and not node.scope else "") for node in nodes
    }
    ops: Counter[str] = Counter(path for path in paths.values() if path)
    inner = {path[:at] for path in ops for at, sign in enumerate(path) if sign == "."}
    return {key: path for key, path in paths.items() if ops[path] == 1 and path not in inner}
