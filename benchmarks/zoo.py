"""Every model of a zoo, read from Python and held against torch: weights, products, time, memory.

    python benchmarks/zoo.py timm|torchvision FILE [FIRST LAST]

In an environment with torch and the zoo's package. A line of JSON for each model goes to FILE; models that it has
already are left out, so that a run can go on where it stopped. FIRST and LAST choose from the list of names. At the
end it says what FILE has: failures, weights that are not exact, multiply-adds that are not half of FlopCounterMode's
FLOPs (where that counter works; of a model that reads numbers, up to where both stop), CPU seconds after torch is
imported, peak memory.

A process has MANY models. Before each its peak is set back (Linux), so that it is the model's, with torch's own.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

MANY = 25
"""Models of one process."""
LIMIT_MEDIAN, LIMIT_NINETY_FIVE = 0.2, 0.5
"""CPU seconds for a model, from its name to its report."""
LIMIT_MEMORY = 1000
"""Peak memory, in MB."""
VIDEOS = ("mvit", "s3d", "swin3d", "r3d", "mc3", "r2plus1d")
SEGMENTATION = ("deeplab", "fcn_", "lraspp")
DETECTION = ("rcnn", "retinanet", "ssd", "fcos")


def names(zoo: str) -> list[str]:
    """Return the names of all models."""
    _fit()
    if zoo == "timm":
        import timm

        return list(timm.list_models())
    import torchvision

    return list(torchvision.models.list_models())


def _fit() -> None:
    """Import torchvision; where its compiled operators do not fit the torch at hand, tell torch of those it misses."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")


def spelled(zoo: str, name: str) -> str:
    """Return a model as it stands on convcli's command line."""
    if zoo == "timm":
        return f"timm:create_model('{name}')"
    extra = ", weights_backbone=None" if name.startswith(SEGMENTATION) or any(one in name for one in DETECTION) else ""
    return f"torchvision.models:get_model('{name}'{extra})"


def sizes(zoo: str, name: str, model: Any) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a model's inputs."""
    if zoo == "timm":
        config = getattr(model, "pretrained_cfg", None) or {"input_size": (3, 224, 224)}
        return {"": (1, *config["input_size"])}
    if name.startswith("raft"):
        return {"image1": (1, 3, 224, 224), "image2": (1, 3, 224, 224)}
    size = 299 if name == "inception_v3" else 224
    return {"": (1, 3, 16, size, size) if name.startswith(VIDEOS) else (1, 3, size, size)}


def looked_at(zoo: str, name: str) -> dict[str, Any]:
    """Read one model, and hold it against torch."""
    import torch

    from convcli.asking import counted, graph_of, how_trained
    from convcli.diagnostics import ConvcliError
    from convcli.readers.python_name import python_name
    from convcli.tracing.load import load
    from convcli.tracing.read import read_instance

    Path("/proc/self/clear_refs").write_text("5", "ascii")
    found: dict[str, Any] = {"name": name}
    times = [time.process_time()]
    try:
        model = load(python_name(spelled(zoo, name)), torch).eval()
        times.append(time.process_time())
        shapes = sizes(zoo, name, model)
        graph, findings = graph_of(read_instance(model, torch), sizes=shapes)
        times.append(time.process_time())
        report = counted(graph, findings, training=how_trained("sgd", amp=False), warnings=True)
        times.append(time.process_time())
    except ConvcliError as error:
        return {**found, "failed": str(error.diagnostics[0].message)}
    found["seconds"] = [round(b - a, 4) for a, b in pairwise(times)]
    found["megabytes"] = _peak()
    totals = report.totals
    found |= {"layers": len(report.layers), "params": totals.params, "macs": totals.macs, "unknown": totals.unknown}
    found["uncounted"] = [one.op for one in report.uncounted if {"macs", "other_ops"} & set(one.missing)]
    if report.failed is not None:
        return {**found, "failed": str(next(one for one in report.findings if one.level == "error").message)}
    found["own_params"] = sum(one.numel() for one in model.parameters())
    found["open"] = not graph.whole
    found["own_macs"] = _half_of_torchs(model, shapes, torch, whole=graph.whole)
    return found


def _half_of_torchs(model: Any, shapes: dict[str, tuple[int, ...]], torch: Any, *, whole: bool) -> float | str:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    try:
        with counter:  # with gradients, without which it fails on some
            model.to("meta")(*(torch.empty(shape, device="meta") for shape in shapes.values()))
    except Exception as error:  # noqa: BLE001  # where the counter fails there is nothing to compare with
        if whole:
            return str(error)[:200]
    return counter.get_total_flops() / 2


def _peak() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def told(rows: list[dict[str, Any]]) -> bool:
    """Say what was found; whether it is as it has to be."""
    whole = [row for row in rows if "failed" not in row]
    compared = [row for row in whole if not isinstance(row["own_macs"], str)]
    wrong = {
        "failed": [f"{row['name']}: {row['failed']}" for row in rows if "failed" in row],
        "parameters differ": [row["name"] for row in whole if row["params"] != row["own_params"]],
        "multiply-adds differ": [
            f"{row['name']}: {row['macs']} and {row['own_macs']:.0f}" for row in compared
            if row["macs"] != row["own_macs"]
        ],
        "not all is counted": [
            f"{row['name']}: {', '.join(row['uncounted'])}" for row in whole if row["uncounted"] and not row["open"]
        ],
        "too much memory": [
            f"{row['name']}: {row['megabytes']} MB" for row in whole if row["megabytes"] > LIMIT_MEMORY
        ],
    }  # fmt: skip
    ends = [row["name"] for row in whole if row["open"]]
    print(f"{len(rows)} models, {len(compared)} of them are counted by FlopCounterMode too")
    print(f"counted up to where they read numbers: {len(ends)}", *ends, sep="\n    ")
    for what, which in wrong.items():
        print(f"{what}: {len(which)}", *which, sep="\n    ")
    slow = False
    for what, part in (("build", slice(1)), ("trace", slice(1, 2)), ("count", slice(2, 3)), ("all", slice(3))):
        times = sorted(sum(row["seconds"][part]) for row in whole)
        median, most = statistics.median(times), times[int(len(times) * 0.95)]
        print(f"CPU, {what}: median {median:.3f} s, 95 of 100 within {most:.3f} s, at most {times[-1]:.3f} s")
        slow = what == "all" and (median > LIMIT_MEDIAN or most > LIMIT_NINETY_FIVE)
    print(f"memory: at most {max(row['megabytes'] for row in whole)} MB")
    return not any(wrong.values()) and not slow


def main(zoo: str, file: str, first: str = "0", last: str = "1000000") -> None:
    """Look at the models that are not in the file yet, in processes of their own."""
    path = Path(file)
    done = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    left = [name for name in names(zoo)[int(first) : int(last)] if name not in {row["name"] for row in done}]
    for at in range(0, len(left), MANY):
        chunk = left[at : at + MANY]
        subprocess.run([sys.executable, __file__, "child", zoo, file, *chunk], check=False)
        print(f"{at + len(chunk)} of {len(left)}", file=sys.stderr, flush=True)
    sys.exit(not told([json.loads(line) for line in path.read_text("utf-8").splitlines()]))


def child(zoo: str, file: str, *chunk: str) -> None:
    """Look at some models."""
    _fit()
    __import__(zoo)  # which is no part of a model's time
    with Path(file).open("a", encoding="utf-8") as out:
        for name in chunk:
            out.write(json.dumps(looked_at(zoo, name)) + "\n")
            out.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(*sys.argv[2:])
    elif len(sys.argv) not in (3, 5):
        sys.exit(str(__doc__).split("\n\n")[1])
    else:
        main(*sys.argv[1:])
