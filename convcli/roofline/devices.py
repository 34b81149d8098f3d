"""Well-known devices: what their makers' data sheets say, without sparsity.

A float32 network of torch runs its convolutions in tf32 where a device has that, unless told
otherwise; so tf32 is what bounds such a network, and `peak=float32` says that it is forbidden.
"""

from convcli.record import Record

T = 10**12
G = 10**9


class Entry(Record):
    """A device: its full name, operations a second by type of number, bytes a second, and the data sheet."""

    title: str
    peaks: dict[str, float]
    bandwidth: float
    source: str


TF32 = "tf32"
"""The type in which tensor cores multiply float32 numbers: 10 bits of mantissa are read."""


def _peaks(float64: float, float32: float, tf32: float, half: float) -> dict[str, float]:
    """Return the peaks of a device in tera-operations a second; 0 is a figure that its data sheet does not give."""
    return _volta(float64, float32, half) | {TF32: tf32 * T, "bfloat16": half * T}


def _volta(float64: float, float32: float, half: float) -> dict[str, float]:
    """Return the peaks of a device before tf32 and bfloat16."""
    found = {"float64": float64, "float32": float32, "float16": half}
    return {name: teras * T for name, teras in found.items() if teras}


H100 = "NVIDIA H100 Tensor Core GPU data sheet, 2023"
A100 = "NVIDIA A100 Tensor Core GPU data sheet, 2021"
V100 = "NVIDIA V100 Tensor Core GPU data sheet, 2020"

DEVICES: dict[str, Entry] = {
    "h200": Entry("NVIDIA H200 SXM", _peaks(67, 67, 494.5, 989.5), 4800 * G, H100.replace("H100", "H200")),
    "h100-sxm": Entry("NVIDIA H100 SXM", _peaks(67, 67, 494.5, 989.5), 3350 * G, H100),
    "h100-pcie": Entry("NVIDIA H100 PCIe", _peaks(51, 51, 378, 756.5), 2000 * G, H100),
    "a100-80gb-sxm": Entry("NVIDIA A100 80GB SXM", _peaks(19.5, 19.5, 156, 312), 2039 * G, A100),
    "a100-80gb-pcie": Entry("NVIDIA A100 80GB PCIe", _peaks(19.5, 19.5, 156, 312), 1935 * G, A100),
    "a100-40gb": Entry("NVIDIA A100 40GB", _peaks(19.5, 19.5, 156, 312), 1555 * G, A100.replace("2021", "2020")),
    "a10": Entry("NVIDIA A10", _peaks(0, 31.2, 62.5, 125), 600 * G, "NVIDIA A10 Tensor Core GPU data sheet, 2021"),
    "l40s": Entry("NVIDIA L40S", _peaks(0, 91.6, 183, 362.05), 864 * G, "NVIDIA L40S GPU data sheet, 2023"),
    "l4": Entry("NVIDIA L4", _peaks(0, 30.3, 60, 121), 300 * G, "NVIDIA L4 Tensor Core GPU data sheet, 2023"),
    "v100-sxm": Entry("NVIDIA V100 SXM2", _volta(7.8, 15.7, 125), 900 * G, V100),
    "v100-pcie": Entry("NVIDIA V100 PCIe", _volta(7, 14, 112), 900 * G, V100),
    "t4": Entry("NVIDIA T4", _volta(0, 8.1, 65), 320 * G, "NVIDIA T4 Tensor Core GPU product brief, 2019"),
    "rtx-4090": Entry(
        "NVIDIA GeForce RTX 4090", _peaks(0, 82.6, 82.6, 165.2), 1008 * G, "NVIDIA Ada GPU Architecture, 2022"
    ),
    "rtx-3090": Entry(
        "NVIDIA GeForce RTX 3090", _peaks(0, 35.6, 35.6, 71), 936 * G,
        "NVIDIA Ampere GA102 GPU Architecture, 2020",
    ),
    "mi300x": Entry(
        "AMD Instinct MI300X", _peaks(163.4, 163.4, 653.7, 1307.4), 5300 * G, "AMD Instinct MI300X data sheet, 2023"
    ),
}  # fmt: skip
