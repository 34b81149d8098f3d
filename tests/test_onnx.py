"""ONNX files, read without onnx: sizes by our rules, weights counted once, and what is not known said so."""

from pathlib import Path

from onnx_files import net, node, tensor

import convcli

WEIGHTS = (tensor("stem.weight", (4, 3, 3, 3)), tensor("stem.bias", (4,)))


def read(tmp_path: Path, data: bytes, **options: object) -> convcli.Report:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    return convcli.profile(path, **options)  # type: ignore[arg-type]


def shapes(report: convcli.Report) -> list[object]:
    return [layer.output_shapes for layer in report.layers]


def test_a_small_network(tmp_path: Path) -> None:
    conv = node("Conv", "x stem.weight stem.bias", "c", "/stem/Conv", strides=[2, 2], pads=[1, 1, 1, 1])
    report = read(tmp_path, net([conv, node("Relu", "c", "y", "/act/Relu")], (1, 3, 8, 8), *WEIGHTS))
    assert [(one.name, one.module, one.op) for one in report.layers] == [
        ("stem", "stem", "Conv2d"),
        ("act", "act", "ReLU"),
    ]
    assert shapes(report)[0] == ((1, 4, 4, 4),)
    assert (report.totals.params, report.totals.macs) == (112, 1728)
    assert report.format == "onnx"
