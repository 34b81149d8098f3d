"""A network looked at with pictures: what flows in, what its layers make of it, the kernels of its first one."""

from collections.abc import Mapping
from typing import Any

from convcli.bench.inside.album import Album
from convcli.bench.inside.choosing import first_convolution
from convcli.bench.inside.pictures import folded, most, scaled
from convcli.bench.plan import find
from convcli.graph import Graph

INPUTS, KERNELS, FEATURES = "inputs", "kernels", "features"


def names_of(graph: Graph, chosen: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return what pictures there will be: of what, and of which layer."""
    first = first_convolution(graph)
    return [(INPUTS, ""), *([(KERNELS, first)] if first else []), *((FEATURES, name) for name in chosen)]


class Show:
    """Puts pictures into an album while a network runs.

    Args:
        torch: the package.
        graph: what the network computes.
        album: where pictures are put.
        chosen: the layers whose results are shown, each folded into pictures of so many channels.
        images: the images that flow in, as bytes; None where they are random.
    """

    def __init__(self, torch: Any, graph: Graph, album: Album, chosen: Mapping[str, int], images: Any) -> None:
        self.torch, self.graph, self.album, self.chosen, self.images = torch, graph, album, chosen, images

    def __call__(self, name: str, tensor: Any) -> None:
        """Take what flows in, or what a layer has made."""
        if name == self.graph.inputs[0].name:
            self.add(INPUTS, "", tensor if self.images is None else self.images, 3 if tensor.shape[1] % 3 == 0 else 1)
        elif name in self.chosen:
            self.add(FEATURES, name, tensor, self.chosen[name])

    def kernels(self, network: Any) -> None:
        """Take the kernels of the first convolution: in colour where it takes three channels."""
        name = first_convolution(self.graph)
        node = next((node for node in self.graph.nodes if node.name == name), None)
        if node is not None and node.module is not None:
            weight = find(network, node.module).weight
            self.add(KERNELS, node.name, weight, 3 if weight.shape[1] == 3 else 1)

    def add(self, kind: str, layer: str, tensor: Any, fold: int) -> None:
        """Fold a tensor into pictures, and take as many as there is room for."""
        tensor = tensor.detach()
        each = tensor.shape[1] // fold
        room = most(*tensor.shape[2:])
        pictures = folded(tensor[: -(-room // each)], fold)[:room]
        whole = pictures if tensor.dtype == self.torch.uint8 else scaled(self.torch, pictures)
        self.album.add(kind, layer, whole, each * tensor.shape[0])
