"""ONNX, written without onnx: a row for each operator that it has words for."""
