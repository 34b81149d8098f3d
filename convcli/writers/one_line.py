"""The answer for a single layer, in one line."""

from convcli import human
from convcli.report import Report
from convcli.styled import DIM, NAME, NUMBER, PLAIN, Line


def one_line(report: Report) -> Line:
    """Return output size, weights, parameters and MACs of the only layer."""
    layer = report.layers[0]
    line: Line = [(" and ".join(human.show_shape(output.shape) for output in report.outputs), NAME)]
    if len(layer.output_shapes) > 1:
        line.append((f"  (results {', '.join(map(human.show_shape, layer.output_shapes))})", PLAIN))
    for name, shape in layer.weights.items():
        line.append((f"  {name or 'weight'} {human.show_list(shape)}", PLAIN))
    line.append((f"  {human.exact(layer.params)} params", NUMBER))
    line += _costs(report)
    if layer.macs is None:
        line.append(("  (with a size, `-i`, more is known)", DIM))
    return line


def _costs(report: Report) -> Line:
    """Return the cost of the only layer: ours, or in another tool's convention, with its name."""
    found, cost = report.layers[0].cost, report.cost
    if cost.version is None:
        return [(f"  {human.exact(found)} MACs", NUMBER)]
    return [(f"  {human.exact(found)} {cost.unit}s", NUMBER), (f" [{cost.convention} {cost.version}]", DIM)]
