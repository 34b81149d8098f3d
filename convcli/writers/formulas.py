"""`--explain` for people: each layer's numbers with the formula behind them, figures put in."""

from convcli import human
from convcli.report import Formula, LayerReport, Report
from convcli.styled import DIM, NAME, NUMBER, PLAIN, TITLE, Line


def formula_lines(report: Report) -> list[Line]:
    """Return the lines for all layers."""
    lines: list[Line] = []
    for layer in report.layers:
        lines += [*_layer(layer), []]
    return lines[:-1]


def _layer(layer: LayerReport) -> list[Line]:
    inputs = " and ".join(map(human.show_shape, layer.input_shapes))
    outputs = " and ".join(map(human.show_shape, layer.output_shapes))
    name = f"{layer.name}: " if not layer.name.isdigit() else ""
    lines: list[Line] = [[(name + layer.text, TITLE), (f"  {inputs} -> {outputs}", NAME)]]
    previous = None
    for formula in layer.formulas:
        lines += _formula(formula, previous)
        previous = formula
    params = " + ".join(human.exact(f.value) for f in layer.formulas if f.name in layer.weights or (f.name == "weight"))
    if "+" in params:
        lines.append([(f"  {'params':<10}", PLAIN), (f"{params} = {human.exact(sum(_sizes(layer)))}", NUMBER)])
    return lines


def _sizes(layer: LayerReport) -> list[int]:
    return [formula.value for formula in layer.formulas if formula.name in layer.weights]


def _formula(formula: Formula, previous: Formula | None) -> list[Line]:
    """Write the formula in names once, and with its figures below; what repeats is not written again."""
    lines: list[Line] = []
    name = f"  {formula.name:<10}"
    if formula.words and not (previous and previous.words == formula.words):
        lines.append([(name, PLAIN), (formula.words, DIM)])
        name = " " * len(name)
    value = human.exact(formula.value)
    same = formula.figures in ("", str(formula.value))
    text = f"= {value}" if same and lines else value if same else f"= {formula.figures} = {value}"
    return [*lines, [(name, PLAIN), (text, NUMBER)]]
