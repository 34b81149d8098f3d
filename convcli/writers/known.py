"""What has no words in a format, found before it is written."""

from typing import Any

from convcli.aten.loose import Loose
from convcli.diagnostics import ConvcliError, Diagnostic
from convcli.graph import Graph, Node
from convcli.ops.catalogue import find
from convcli.outline.scopes import around
from convcli.quantity import UNKNOWN, is_known
from convcli.writers.torch_source.functional import is_functional
from convcli.writers.torch_source.lent import lent


def expect_known(graph: Graph, *, torch: bool = False) -> None:
    """Refuse layers that have no words: what PyTorch source may say beside a network file's words is for `torch`."""
    weights = lent(graph)
    if weights and not torch:
        node = graph.nodes[min(weights)]
        message = f"`{node.module}` is read by another layer too, for which a network file has no words"
        raise ConvcliError([Diagnostic("CV074", message, node.span, help="`--to torch` can write it")])
    scopes = {
        path for at, node in enumerate(graph.nodes) if node.module and at not in weights for path in around(node.module)
    }
    for node in graph.nodes:
        if type(node.op) is not find(node.op.name) and not (torch and is_functional(node)):
            raise _without_words(node, "`--to torch` can write it" if is_functional(node) else "")
        unknown = next((name for name, value in node.op.values.items() if _is_unknown(value)), None)
        if unknown is not None:
            message = f"`{node.name}` cannot be written: its `{unknown}` is not known"
            help = "give the variable that it depends on with `--set name=value`; diagrams show it as it is: `--to svg`"
            raise ConvcliError([Diagnostic("CV074", message, node.span, help=help)])
        if node.module in scopes:
            message = f"`{node.module}` is a layer, and has layers in it"
            raise ConvcliError([Diagnostic("CV074", message, node.span, help="give one of them another name")])


def _without_words(node: Node, help: str) -> ConvcliError:
    """Return what is wrong with a node that the catalogue does not have: counted it may be all the same."""
    name = node.op.name
    if isinstance(node.op, Loose):
        why = f"a network file has no word for {name} with weights that are no layer's own"
    elif name == "Constant":
        why = "it is a tensor of numbers that convcli does not read"
    elif node.answer is not None and is_known(node.answer.macs) and is_known(node.answer.other_ops):
        why = f"convcli counts {name}, but has no words for it"
    else:
        why = f"{name} is an operator that convcli does not know"
    message = f"`{node.name}` cannot be written: {why}"
    return ConvcliError([Diagnostic("CV074", message, node.span, help=help or "diagrams show it: `--to svg`")])


def _is_unknown(value: Any) -> bool:
    """Say whether a value is a number that is not known, or has one."""
    return value is UNKNOWN or (isinstance(value, tuple) and any(map(_is_unknown, value)))
