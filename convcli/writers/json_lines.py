"""The layers of a report in JSON, a line each: where all the time goes that a large report takes to write."""

from typing import TYPE_CHECKING, Any

from convcli.report import LayerReport, ReceptiveField
from convcli.writers.json_fields import encode, field_text, source_text, text

if TYPE_CHECKING:
    from convcli.intensity import Intensity


class Lines:
    """Writes layers: what many of them share (arguments, weights, shapes) is encoded once.

    `several` says whether the network has several inputs; then each receptive field names its own.
    """

    def __init__(self, *, several: bool) -> None:
        self.known: dict[Any, str] = {}
        self.several = several

    def line(self, layer: LayerReport) -> str:
        """Return one layer as a line of JSON."""
        name = text(layer.name)
        module = name if layer.module == layer.name else encode(layer.module)
        return (
            f'{{"name": {name}, "module": {module}, "call": {layer.call}, '
            f'"op": {text(layer.op)}, "args": {self.shared(layer.args)}, '
            f'"inputs": [{", ".join(map(text, layer.inputs))}], '
            f"{self.shapes(layer)}, {self.numbers(layer)}, "
            f'"receptive_field": {self.field(layer.receptive_field)}, '
            f'"memory": {{"weights_bytes": {_number(layer.weights_bytes)}, '
            f'"output_bytes": {_number(layer.output_bytes)}, '
            f'"saved_bytes": {_number(layer.saved_bytes)}, "alive_bytes": {_number(layer.alive_bytes)}}}, '
            f'"roofline": {"null" if layer.roofline is None else _intensity(layer.roofline)}, '
            f'"source": {self.source(layer)}}}'
        )

    def shared(self, value: dict[str, Any]) -> str:
        """Encode a dictionary that all layers with the same operator share."""
        known = self.known.get(id(value))
        if known is None:
            known = self.known[id(value)] = encode(value)
        return known

    def shapes(self, layer: LayerReport) -> str:
        """Encode what flows in and out, and the weights; equal operators on equal inputs share it."""
        key = (layer.input_shapes, layer.output_shapes, id(layer.weights))
        known = self.known.get(key)
        if known is None:
            outputs, first = layer.output_shapes, layer.output_shapes[0] if layer.output_shapes else None
            known = self.known[key] = (
                f'"input_shapes": {encode(layer.input_shapes)}, "output_shape": {encode(first)}, '
                f'"output_shapes": {encode(outputs)}, "weights": {self.shared(layer.weights)}'
            )
        return known

    def numbers(self, layer: LayerReport) -> str:
        """Encode parameters and costs; equal calls share it."""
        key = (layer.params, layer.trainable, layer.buffers, layer.macs, layer.other_ops, layer.cost)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = (
                f'"params": {_number(layer.params)}, "trainable": {_number(layer.trainable)}, '
                f'"buffers": {_number(layer.buffers)}, "macs": {_number(layer.macs)}, "flops": {_number(layer.flops)}, '
                f'"other_ops": {_number(layer.other_ops)}, "cost": {_number(layer.cost)}'
            )
        return known

    def field(self, field: ReceptiveField | None) -> str:
        """Encode a receptive field; layers that change nothing share it."""
        if field is None or field.kind == "unknown":
            return "null"
        known = self.known.get(id(field))
        if known is None:
            known = self.known[id(field)] = field_text(field, named=self.several)
        return known

    def source(self, layer: LayerReport) -> str:
        """Encode a place; the same line of a block is asked for again and again."""
        key = (layer.span, layer.via)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = source_text(*key)
        return known


def _intensity(one: "Intensity") -> str:
    from convcli.writers.rooflines import intensity_dict

    return encode(intensity_dict(one))


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)
