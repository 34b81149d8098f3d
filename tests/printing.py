"""A network in words, printed as a network file again: what was read must come out as the same graph."""

from collections.abc import Iterable, Iterator

from convcli.blocks import Block, Item, Items, Merge, Network, Parameter, Variable, Words
from convcli.layer.write import write

STEP = "  "


def network_text(network: Network) -> str:
    """Print a network as a file, without comments and budgets; what `uses` brought in stands in it."""
    lines = [f"name: {network.name}"]
    if network.inputs:
        lines += ["inputs:", *(f"{STEP}{made.name}: [{listed(made.sizes)}]" for made in network.inputs)]
    if network.outputs:
        lines += [f"outputs: [{listed(network.outputs)}]"]
    lines += ["vars:", *variables(network.variables)] if network.variables else []
    lines += ["variants:"] if network.variants else []
    for variant in network.variants:
        of = [f"{STEP * 2}of: {variant.of}"] if variant.of else []
        lines += [f"{STEP}{variant.name}:", *of, *(STEP + line for line in variables(variant.variables))]
    lines += ["blocks:"] if network.blocks else []
    for block in network.blocks:
        lines += [f"{STEP}{signature(block)}:", *body(block.body, STEP * 2)]
    return "\n".join([*lines, "layers:", *body(network.body, STEP), ""])


def listed(words: Iterable[Words]) -> str:
    return ", ".join(write(one.tree) for one in words)


def variables(found: Iterable[Variable]) -> Iterator[str]:
    return (f"{STEP}{variable.name}: {write(variable.value.tree)}" for variable in found)


def signature(block: Block) -> str:
    return f"{block.name}({', '.join(map(parameter, block.parameters))})"


def parameter(one: Parameter) -> str:
    return one.name if one.default is None else f"{one.name}={write(one.default.tree)}"


def body(items: Items, indent: str) -> Iterator[str]:
    """Print a list of layers, one item below the other."""
    if not items.items:
        yield f"{indent}[]"
    for item in items.items:
        yield from in_a_list(item, indent)


def in_a_list(item: Item, indent: str) -> Iterator[str]:
    """Print an item behind its `- `."""
    if item.name is not None:
        yield from under_a_key(item, f"{indent}- ", indent + STEP * 2)
    elif isinstance(item.body, Words):
        yield f"{indent}- {write(item.body.tree)}"
    elif isinstance(item.body, Merge):
        yield f"{indent}- {item.body.function}:"
        yield from branches(item.body, indent + STEP * 2)
    else:
        yield f"{indent}-"
        yield from body(item.body, indent + STEP)


def under_a_key(item: Item, start: str, indent: str) -> Iterator[str]:
    """Print a named item or branch."""
    if isinstance(item.body, Words):
        yield f"{start}{item.name}: {write(item.body.tree)}"
        return
    yield f"{start}{item.name}:"
    if isinstance(item.body, Merge):
        yield f"{indent}{item.body.function}:"
        yield from branches(item.body, indent + STEP)
    else:
        yield from body(item.body, indent)


def branches(merge: Merge, indent: str) -> Iterator[str]:
    for branch in merge.branches:
        yield from under_a_key(branch, indent, indent + STEP) if branch.name else in_a_list(branch, indent)
