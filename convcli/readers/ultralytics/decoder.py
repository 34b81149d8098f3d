"""The head of RT-DETR: queries that attend to each other, and to a few places of every level.

Zhao et al., "DETRs beat YOLOs on real-time object detection" (2023), over Zhu et al., "Deformable DETR" (2020): the
encoder's most likely places become queries, each layer of the decoder corrects their boxes, and training wants what
every layer says. Its two operators that convcli does not have are layers all the same: the choice of the likeliest,
and the reading of feature maps between their pixels.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from convcli.diagnostics import Refusal
from convcli.layer import syntax
from convcli.layer.syntax import At, Constant, Expression, Name
from convcli.ops.held import Held, held
from convcli.ops.opaque import opaque
from convcli.quantity import Shape, product
from convcli.readers.trees import applied, call, value
from convcli.readers.ultralytics.resting import in_place
from convcli.readers.ultralytics.written import Written

CLASSES, HIDDEN, QUERIES, POINTS, HEADS, LAYERS, WIDE = 80, 256, 300, 4, 8, 6, 1024
"""What the arguments are where they are not written."""
BILINEAR = 9
"""Operations for a number between four others, as in `interpolate`."""
MOST_QUERIES, MOST_LAYERS = 100_000, 100
BESIDE = ("boxes", "scores", "first_boxes", "first_scores")
"""Parts that training wants too."""

PARTS = frozenset(("Projected", "Normed", "Perceptron", "Moved", "Grid", "Weighted"))
"""The definitions that it is made of."""

Items = list[tuple[str, Expression]]


def chosen(queries: int) -> Callable[..., Any]:
    """Return what makes the choice of the likeliest places."""

    def make(scores: Shape) -> Any:
        if scores[1] < queries:
            help = "give a larger image"
            raise Refusal("CV230", f"topk: {queries} queries are chosen, of {scores[1]} places", help=help)
        return opaque("topk", ((scores[0], queries),), ("int64",), costs=(0, product(scores)), keeps=(), k=queries)

    return make


def gathered(values: Shape, index: Shape) -> Any:
    """Return what picks the chosen rows."""
    return opaque("gather", ((*index, values[2]),), ("float32",), costs=(0, 0), keeps=(1,))


def sampled(values: Shape, grid: Shape) -> Any:
    """Return what reads feature maps between their pixels: a number of each channel of a head for every place."""
    made = (grid[0], values[0] * values[2] // grid[0], *grid[1:3])
    return opaque("grid_sample", (made,), ("float32",), costs=(0, BILINEAR * product(made)), keeps=(0, 1))


def embedding(scores: Shape, memory: Shape) -> Held:
    """Return the vectors of classes that training adds wrong boxes with."""
    shape = (scores[2], memory[2])
    return held("Unused", shape, "float32", {"weight": shape})


class Decoder:
    """Writes the layers of one head; names are those of the package's own `state_dict`."""

    def __init__(self, one: Written) -> None:
        self.at: At = one.at
        self.row = f"model.{one.row.number}"
        self.levels = one.tensors
        known = tuple(Constant(number, one.at) for number in (CLASSES, HIDDEN, QUERIES, POINTS, HEADS, LAYERS, WIDE))
        given = (*one.arguments, *known[len(one.arguments) :])
        self.classes, self.hidden, self.queries, self.points, self.heads, self.layers, self.wide = given[: len(known)]
        self.made: Items = []

    def add(self, name: str, tree: Expression) -> Name:
        """Add a layer; return its name as a tensor."""
        self.made.append((f"{self.row}.{name}" if name else self.row, tree))
        return Name(self.made[-1][0], self.at)

    def function(self, name: str, function: str, *values: Any, **keywords: Any) -> Name:
        """Add what a function gives."""
        return self.add(name, call(function, self.at, *values, **keywords))

    def layer(self, name: str, layer: str, *values: Any, of: tuple[Expression, ...]) -> Name:
        """Add a layer that is applied to tensors."""
        return self.add(name, applied(call(layer, self.at, *values), *of))

    def linear(self, name: str, width: Expression, tensor: Expression) -> Name:
        return self.layer(name, "Linear", Name("_", self.at), width, of=(tensor,))

    def sum(self, name: str, left: Expression, right: Expression) -> Name:
        return self.add(name, syntax.Binary("+", left, right, self.at))

    def times(self, left: Expression | int, right: Expression) -> Expression:
        return syntax.Binary("*", value(left, self.at), right, self.at)

    def fitted(self, name: str, make: Callable[..., Any], *tensors: Expression) -> Name:
        return self.add(name, syntax.Fitted(tensors, make, self.at))

    def write(self) -> Items:
        """Return all layers, the last of which is the head's own.

        Raises:
            Refusal: an argument that says how many there are is no number.
        """
        layers = self.number(self.layers, "layers of the decoder", MOST_LAYERS)
        memory = self.memory()
        places, query = self.first(memory, self.number(self.queries, "queries", MOST_QUERIES))
        boxes, scores = [], []
        widths = [self.times(2, self.hidden), self.hidden]
        position = self.layer("query_pos_head", "Perceptron", widths, of=(places,))
        again = position
        for number in range(layers):
            if number:
                position = self.add(f"positions.{number}", applied(again, places))
            query = self.one_layer(f"decoder.layers.{number}", query, position, places, memory)
            widths = [self.hidden, self.hidden, value(4, self.at)]
            moved = self.layer(f"dec_bbox_head.{number}", "Perceptron", widths, of=(query,))
            places = self.layer(f"places.{number}", "Moved", moved, of=(places,))
            boxes.append(places)
            scores.append(self.linear(f"dec_score_head.{number}", self.classes, query))
        self.function("boxes", "stack", boxes, dim=0)
        self.function("scores", "stack", scores, dim=0)
        self.function("", "cat", [places, self.function("likely", "sigmoid", scores[-1])], dim=2)
        return self.made

    @staticmethod
    def number(tree: Expression, what: str, most: int) -> int:
        found = tree.value if isinstance(tree, Constant) else None
        if not isinstance(found, int) or not 0 < found <= most:
            raise Refusal("CV086", f"the number of {what} is a number from 1 to {most}")
        return found

    def memory(self) -> Name:
        """Return the places of all levels, one after the other."""
        flat = [
            self.layer(f"input_proj.{number}", "Projected", self.hidden, of=(level,))
            for number, level in enumerate(self.levels)
        ]
        return self.function("memory", "transpose", self.function("levels", "cat", flat, dim=2), 1, 2)

    def first(self, memory: Name, queries: int) -> tuple[Name, Name]:
        """Return the boxes and the features of the likeliest places."""
        features = self.layer("enc_output", "Normed", self.hidden, of=(memory,))
        scores = self.linear("enc_score_head", self.classes, features)
        self.fitted("denoising_class_embed", partial(in_place, embedding, self.at), scores, memory)
        index = self.fitted("chosen", chosen(queries), self.function("best", "amax", scores, -1))
        query = self.fitted("queries", gathered, features, index)
        self.fitted("first_scores", gathered, scores, index)
        widths = [self.hidden, self.hidden, value(4, self.at)]
        boxes = self.layer("enc_bbox_head", "Perceptron", widths, of=(query,))
        return self.function("first_boxes", "sigmoid", boxes), query

    def one_layer(self, path: str, query: Name, position: Name, places: Name, memory: Name) -> Name:
        """Return the queries behind a layer of the decoder."""
        hidden, at = self.hidden, self.at
        placed = self.sum(f"{path}.placed", query, position)
        attention = call("MultiheadAttention", at, hidden, self.heads, batch_first=True)
        told = self.add(f"{path}.self_attn", applied(attention, placed, placed, query))
        told = self.sum(f"{path}.told", query, syntax.Index(told, (Constant(0, at),), at))
        norm = self.layer(f"{path}.norm1", "LayerNorm", hidden, of=(told,))
        seen = self.cross(f"{path}.cross_attn", self.sum(f"{path}.looking", norm, position), places, memory)
        norm = self.layer(f"{path}.norm2", "LayerNorm", hidden, of=(self.sum(f"{path}.seen", norm, seen),))
        wide = self.function(f"{path}.act", "relu", self.linear(f"{path}.linear1", self.wide, norm))
        wide = self.sum(f"{path}.thought", norm, self.linear(f"{path}.linear2", hidden, wide))
        return self.layer(f"{path}.norm3", "LayerNorm", hidden, of=(wide,))

    def cross(self, path: str, query: Name, places: Name, memory: Name) -> Name:
        """Return what the queries read of the levels."""
        each = self.times(len(self.levels), self.points)
        values = self.linear(f"{path}.value_proj", self.hidden, memory)
        offsets = self.linear(f"{path}.sampling_offsets", self.times(2, self.times(self.heads, each)), query)
        weights = self.linear(f"{path}.attention_weights", self.times(self.heads, each), query)
        grid = self.layer(f"{path}.grid", "Grid", places, self.heads, each, self.points, of=(offsets,))
        read = self.fitted(f"{path}.sampled", sampled, values, grid)
        weighted = self.layer(f"{path}.weighted", "Weighted", read, self.heads, each, of=(weights,))
        return self.linear(f"{path}.output_proj", self.hidden, weighted)
