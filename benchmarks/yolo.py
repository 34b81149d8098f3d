"""Every model file of the YOLO family in a folder, held against the package that runs such files.

    python benchmarks/yolo.py FOLDER [PACKAGE]

In an environment with that package: `ultralytics.nn.tasks`, which is the default, or `models.yolo` of a checkout of
YOLOv5, YOLOv7 or YOLOv9 that PYTHONPATH names. Of every file and scale, row by row: parameters, the shape of the
result, and multiply-adds as half of FlopCounterMode's FLOPs, where a module counts that runs in training or in
inference. Prints what differs, the modules that convcli does not know, and the files that the package itself cannot
build or run.
"""

import logging
import math
import os
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

SIZE = 256
"""Height and width of the image."""
CLASSES = {
    "Classify": "ClassificationModel",
    "OBB": "OBBModel",
    "OBB26": "OBBModel",
    "Pose": "PoseModel",
    "Pose26": "PoseModel",
    "RTDETRDecoder": "RTDETRDetectionModel",
    "WorldDetect": "WorldModel",
    "YOLOEDetect": "YOLOEModel",
    "YOLOESegment": "YOLOESegModel",
    "YOLOESegment26": "YOLOESegModel",
    "SemanticSegment": "SemanticSegmentationModel",
    "Depth": "DepthModel",
    "Panoptic": "SegmentationModel",
}
"""The package's classes, by the module of a file's last row; others are detectors, or have masks."""


def built(package: Any, path: Path, scale: str | None) -> Any:
    """Return the package's own model."""
    import yaml

    rows = yaml.safe_load(path.read_text("utf-8"))
    if scale is not None:
        rows["scale"] = scale
    rows["yaml_file"] = str(path)
    last = rows["head"][-1][2]
    name = CLASSES.get(last, "SegmentationModel" if "Segment" in last else "DetectionModel")
    model = getattr(package, name, None) or package.Model
    return model(rows, ch=rows.get("channels", rows.get("ch", 3)))


def own(model: Any, channels: int = 3) -> dict[str, Any]:
    """Return what the package's model says of its rows: parameters, shapes, multiply-adds."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    rows = list(model.model)
    found: dict[str, Any] = {
        "params": [sum(one.numel() for one in row.parameters()) for row in rows],
        "shapes": [None] * len(rows),
    }

    def seen(at: int) -> Any:
        def hook(_: Any, __: Any, result: Any) -> None:
            if isinstance(result, torch.Tensor):
                found["shapes"][at] = tuple(result.shape)

        return hook

    for at, row in enumerate(rows):
        row.register_forward_hook(seen(at))
    image = torch.zeros(1, channels, SIZE, SIZE)
    runs: list[dict[str, int]] = []
    for train in (True, False):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model.train(train)(image)
        names = counter.get_flop_counts().items()
        runs.append({name.partition(".")[2]: sum(flops.values()) // 2 for name, flops in names})
    found["macs"] = [_either(f"model.{at}", *runs) for at in range(len(rows))]
    for at, row in enumerate(rows):
        if type(row).__name__ == "AIFI":  # its codes of places are made anew each time, as products of one factor
            found["macs"][at] -= math.prod(found["shapes"][at][1:]) // 2
    return found


def _either(row: str, trained: dict[str, int], used: dict[str, int]) -> int:
    """Return the multiply-adds of a row in training, and those of its parts that only inference runs."""
    rest = [name for name in used if name.startswith(f"{row}.") and not trained.get(name)]
    outer = [name for name in rest if not any(name.startswith(f"{other}.") for other in rest)]
    return trained.get(row, 0) + sum(used[name] for name in outer)


def ours(path: Path, scale: str | None) -> tuple[dict[str, Any], set[str], float]:
    """Return the same of convcli's, the names of unknown modules, and the CPU seconds that it took."""
    import convcli

    start = time.process_time()
    report = convcli.profile(path, variant=scale, input=f"3x{SIZE}x{SIZE}")
    seconds = time.process_time() - start
    found: dict[str, dict[int, Any]] = {"params": {}, "shapes": {}, "macs": {}}
    for row in report.layers:
        at = int(row.name.split(".")[1])
        for key, value in (("params", row.params), ("macs", row.macs)):
            before = found[key].get(at, 0)
            found[key][at] = None if value is None or before is None else before + value
        found["shapes"][at] = row.output_shapes[0] if row.output_shapes else None
    count = max(found["shapes"]) + 1
    whole = {key: [rows.get(at, 0) for at in range(count)] for key, rows in found.items()}
    return whole, {one.message.split("`")[1] for one in report.findings if one.code == "CV089"}, seconds


def compared(package: Any, path: Path, scale: str | None) -> tuple[str, str, float]:
    """Return in a word how a file did, and in a sentence why."""
    from convcli.diagnostics import ConvcliError

    try:
        theirs = own(built(package, path, scale))
    except Exception as error:  # noqa: BLE001  # whatever it is, there is nothing to compare with
        theirs = None
        why = f"{type(error).__name__}: {error}".split("\n")[0][:120]
    try:
        mine, unknown, seconds = ours(path, scale)
    except ConvcliError as error:
        one = error.diagnostics[0]
        return ("refused by both" if theirs is None else "refused"), f"{one.code} {one.message}", 0.0
    names = ", ".join(sorted(unknown))
    if theirs is None:
        return "not built by the package", f"{why}; of its modules convcli does not know: {names or 'none'}", seconds
    wrong = []
    for key in ("params", "macs", "shapes"):
        last = len(theirs[key]) - (key == "shapes")  # what a head gives is put together in other ways
        for at, value in enumerate(theirs[key][:last]):
            found = mine[key][at] if at < len(mine[key]) else 0
            is_said = isinstance(found, tuple if key == "shapes" else int)
            if value is not None and is_said and found != value:
                wrong.append(f"{key} of row {at}: {found}, not {value}")
    if wrong:
        return "different", "; ".join(wrong[:4]), seconds
    return ("unknown modules", names, seconds) if unknown else ("equal", "", seconds)


def main(folder: str, package: str = "ultralytics.nn.tasks") -> None:
    """Compare every file at every scale; exit 1 where one differs."""
    import yaml

    os.environ.setdefault("YOLO_OFFLINE", "1")
    tasks = import_module(package)
    logging.disable(logging.CRITICAL)
    counts: Counter[str] = Counter()
    slowest = 0.0
    for path in sorted(Path(folder).rglob("*.yaml")):
        rows = yaml.safe_load(path.read_text("utf-8"))
        if not isinstance(rows, dict) or "backbone" not in rows:
            continue
        for scale in rows.get("scales") or (None,):
            word, why, seconds = compared(tasks, path, scale)
            counts[word] += 1
            slowest = max(slowest, seconds)
            if word != "equal":
                print(f"{path.name} {scale or ''}: {word}: {why}", flush=True)
    print(f"{counts.total()} files and scales:", ", ".join(f"{count} {word}" for word, count in counts.items()))
    print(f"convcli took {slowest:.2f} CPU seconds at most")
    sys.exit(counts["different"] > 0 or counts["refused"] > 0)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(str(__doc__).split("\n\n")[1])
    main(*sys.argv[1:])
