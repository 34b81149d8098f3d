"""Pictures and logs of a look inside: what they show, who reads them, and that nothing is overwritten."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from typer.testing import CliRunner

import convcli
from convcli.bench.inside import images as reading
from convcli.bench.inside.events import crc32c, masked
from convcli.bench.inside.pictures import GAP, MOST, grid, most, scaled
from convcli.bench.inside.png import png
from convcli.cli.group import app
from convcli.diagnostics import ConvcliError

Image = pytest.importorskip("PIL.Image", reason="could not import 'PIL'")

runner = CliRunner()

CONV = ["inspect", "Conv2d(3, 6, 3)", "-i", "64x3x32x32"]


def pixels(path: Path) -> Any:
    """Return a picture as `height x width x channels`."""
    with Image.open(path) as opened:
        size = (opened.height, opened.width, len(opened.getbands()))
        return torch.frombuffer(bytearray(opened.tobytes()), dtype=torch.uint8).reshape(size)


def cell(page: Any, at: int, height: int, width: int, columns: int = 16) -> Any:
    top, left = at // columns * (height + GAP) + GAP, at % columns * (width + GAP) + GAP
    return page[top : top + height, left : left + width]


def save(path: Path, mode: str, size: tuple[int, int], colour: Any = None) -> Path:
    Image.new(mode, size, colour).save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder with four images of which one cannot be read, and what is none."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    save(folder / "a.png", "RGB", (40, 20), (255, 0, 0))
    save(folder / "b.jpg", "L", (20, 40), 128)
    save(folder / "deeper" / "c.PNG", "RGB", (9, 9), (0, 0, 255))
    save(folder / ".hidden" / "d.png", "RGB", (9, 9))
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:50])
    (folder / "notes.txt").write_text("no image")
    return folder


def codes(wrong: pytest.ExceptionInfo[ConvcliError]) -> list[str]:
    return [found.code for found in wrong.value.diagnostics]


# ---- files that others read


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_pillow_reads_our_png(tmp_path: Path, channels: int, mode: str) -> None:
    values = torch.randint(0, 256, (5, 7, channels), dtype=torch.uint8)
    path = tmp_path / "a.png"
    path.write_bytes(png(bytes(values.flatten().tolist()), 5, 7, channels))
    with Image.open(path) as opened:
        opened.verify()
        assert (opened.mode, opened.size) == (mode, (7, 5))
    assert torch.equal(pixels(path), values)


def test_check_sums_are_those_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0
    assert 0 <= masked(b"123456789") < 2**32


def test_tensorboard_reads_pictures_and_distributions(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    done = runner.invoke(app, [*CONV, "--tensorboard", str(tmp_path / "log"), "--format", "json"])
    report = json.loads(done.stdout)
    log = accumulator.EventAccumulator(str(tmp_path / "log"), size_guidance=dict.fromkeys(("images", "histograms"), 0))
    log.Reload()
    assert log.Tags()["images"] == ["kernels/0", "inputs", "features/0"]
    assert set(log.Tags()["histograms"]) == {
        "activations/input", "activations/0", "gradients/input", "gradients/0", "weights/0.weight", "weights/0.bias",
        "weight_gradients/0.weight", "weight_gradients/0.bias",
    }  # fmt: skip
    (picture,) = log.Images("features/0")
    assert (picture.step, picture.height, picture.width) == (0, 8 * (30 + GAP) + GAP, 16 * (30 + GAP) + GAP)
    (tmp_path / "a.png").write_bytes(picture.encoded_image_string)
    assert pixels(tmp_path / "a.png").shape == (picture.height, picture.width, 3)
    (found,) = log.Histograms("activations/0")
    ours = report["layers"][1]["values"]
    value = found.histogram_value
    assert (value.min, value.max, value.num) == (ours["min"], ours["max"], ours["count"])
    assert value.sum == pytest.approx(ours["mean"] * ours["count"])
    assert value.sum_squares == pytest.approx(ours["norm"] ** 2)
    assert list(value.bucket_limit) == ours["histogram"]["edges"]
    assert list(value.bucket) == [0, *ours["histogram"]["counts"]]


def test_a_log_is_records_with_check_sums(tmp_path: Path) -> None:
    runner.invoke(app, ["inspect", "conv 4 k3", "-i", "2x3x9x9", "--tensorboard", str(tmp_path)])
    (path,) = tmp_path.iterdir()
    data, at, count = path.read_bytes(), 0, 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        content = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 8) == (masked(data[at : at + 8]),)
        assert struct.unpack_from("<I", data, at + 12 + length) == (masked(content),)
        at, count = at + 16 + length, count + 1
    assert (at, count) == (len(data), 1 + 3 + 8)


# ---- what pictures show


def test_64_images_through_6_channels_are_128_pictures_of_3(tmp_path: Path) -> None:
    done = runner.invoke(app, [*CONV, "--grids", str(tmp_path), "--format", "json"])
    written = {one["pictures"]: one for one in json.loads(done.stdout)["written"]}
    assert (written["features"]["shown"], written["features"]["of"]) == (128, 128)
    assert written["features"]["shape"] == [3, 30, 30]
    assert (written["inputs"]["shown"], written["kernels"]["shown"]) == (64, 6)
    network = convcli.build("Conv2d(3, 6, 3)", input="64x3x32x32", seed=0)
    torch.manual_seed(0)
    x = torch.randn(64, 3, 32, 32)
    pictures = scaled(torch, network(x).detach().reshape(128, 3, 30, 30))
    page = pixels(tmp_path / "features-0.png")
    for at in (0, 1, 17, 127):
        assert torch.equal(cell(page, at, 30, 30), pictures[at].permute(1, 2, 0))
    kernels = pixels(tmp_path / "kernels-0.png")  # 3x3, enlarged ten times
    shown = scaled(torch, network.state_dict()["0.weight"])
    assert torch.equal(cell(kernels, 5, 30, 30)[::10, ::10], shown[5].permute(1, 2, 0))


def test_a_grid_has_lines_between_pictures_and_nothing_where_there_are_none() -> None:
    made = grid(torch, torch.zeros(17, 1, 40, 50, dtype=torch.uint8))
    assert made.shape == (2 * 42 + 2, 16 * 52 + 2, 1)
    assert (int(made[0, 0]), int(made[2, 2]), int(made[42, 2])) == (255, 0, 255)
    assert torch.equal(cell(made, 16, 40, 50), torch.zeros(40, 50, 1, dtype=torch.uint8))
    assert bool((cell(made, 17, 40, 50) == 255).all())


def test_each_picture_has_its_own_range() -> None:
    made = scaled(torch, torch.tensor([[0.0, 1.0], [10.0, 30.0], [5.0, 5.0], [float("nan"), 2.0]]).reshape(4, 1, 1, 2))
    assert made.reshape(4, 2).tolist() == [[0, 255], [0, 255], [0, 0], [0, 255]]


def test_a_grid_has_room_for_so_many() -> None:
    assert (most(3, 3), most(2048, 2048), most(5000, 5000)) == (MOST, 1, 1)
    assert 80 <= most(224, 224) <= 84


@pytest.mark.parametrize(
    ("arguments", "shapes"),
    [
        (["conv 6 k3 | conv 4 k3", "-i", "2x3x9x9"], {"0": [3, 7, 7], "1": [1, 5, 5]}),
        (["conv 6 k3", "-i", "2x3x9x9", "--fold", "1"], {"0": [1, 7, 7]}),
        (["conv 6 k3 | relu", "-i", "2x3x9x9", "--layers", "1"], {"1": [3, 7, 7]}),
        (["relu | sigmoid", "-i", "2x4x9x9"], {"0": [1, 9, 9], "1": [1, 9, 9]}),
        (["conv 6 k3 | gap | flatten | fc 3", "-i", "2x3x9x9", "--layers", "*"], {"0": [3, 7, 7], "1": [3, 1, 1]}),
    ],
)
def test_chosen_layers_are_folded(tmp_path: Path, arguments: list[str], shapes: dict[str, list[int]]) -> None:
    done = runner.invoke(app, ["inspect", *arguments, "--grids", str(tmp_path), "--format", "json"])
    written = [one for one in json.loads(done.stdout)["written"] if one["pictures"] == "features"]
    assert {one["layer"]: one["shape"] for one in written} == shapes
    assert all(Path(one["file"]).is_file() for one in written)


def test_the_usual_layers_are_the_first_and_four_through_depth(tmp_path: Path) -> None:
    found = convcli.inspect(
        "Conv2d(3, 6, 3) | ReLU() | Conv2d(_, 3, 3, padding=1) * 8", input="2x3x9x9", grids=tmp_path
    )
    assert [one.layer for one in found.written if one.kind == "features"] == ["0", "3", "5", "7", "9"]


def test_names_that_are_alike_get_files_of_their_own(tmp_path: Path) -> None:
    file, long = tmp_path / "net.yaml", "a" * 120
    file.write_text(f"input: [3, 8, 8]\nlayers:\n  - {long}1: Conv2d(3, 3, 1)\n  - {long}2: Conv2d(3, 3, 1)\n")
    found = convcli.inspect(file, batch=2, grids=tmp_path / "out", layers=["*"])
    assert len({one.file for one in found.written}) == len(found.written) == 4


# ---- images


def test_images_are_read_in_order_and_what_is_none_below_a_folder_is_left_out(photos: Path, tmp_path: Path) -> None:
    found = convcli.inspect("conv 3 k3", input="3x8x8", images=[photos], grids=tmp_path / "out")
    assert (found.images, found.batch) == (3, 3)
    assert [one.signal > 0.1 for one in found.passed.rows] == [True, True]
    assert [(Path(one.path).name, bool(one.why)) for one in found.unread] == [("broken.png", True)]
    page = pixels(tmp_path / "out" / "inputs.png")
    assert [cell(page, at, 32, 32)[5, 5].tolist() for at in range(3)] == [[255, 0, 0], [128, 128, 128], [0, 0, 255]]


def test_a_batch_is_the_most_images_that_are_taken(photos: Path) -> None:
    ask = {"images": [photos / "a.png", photos / "b.jpg"]}
    assert convcli.inspect("conv 3 k3", input="3x8x8", batch=1, **ask).images == 1
    assert convcli.inspect("conv 3 k3", input="1x3x8x8", **ask).images == 1
    assert convcli.inspect("conv 3 k3", input="16x3x8x8", **ask).batch == 2


def test_images_flow_in_with_mean_0_and_deviation_1_for_each_channel(photos: Path) -> None:
    found = convcli.inspect("relu", input="3x8x8", images=[photos / "a.png", photos / "b.jpg"]).passed.rows[0]
    assert (found.values.mean, found.values.std) == (pytest.approx(0, abs=1e-6), pytest.approx(1))
    alone = convcli.inspect("relu", input="3x8x8", images=[photos / "a.png"]).passed
    assert (alone.rows[0].values.std, alone.signal.kind) == (0, None)


def read(path: Path, size: tuple[int, int, int]) -> Any:
    return reading.read_images(torch, {path: True}, size, 1, lambda _: None)[0][0]


def test_an_image_covers_the_input_and_is_cut_evenly(tmp_path: Path) -> None:
    image = Image.new("RGB", (30, 10), (0, 0, 0))
    image.paste((255, 255, 255), (10, 0, 20, 10))
    image.save(tmp_path / "a.png")
    assert read(tmp_path / "a.png", (3, 10, 10)).min() == 255
    assert read(tmp_path / "a.png", (3, 20, 20))[:, :, 1:-1].min() == 255


def test_an_image_is_turned_as_it_says(tmp_path: Path) -> None:
    image = Image.new("L", (4, 4), 0)
    image.paste(255, (0, 0, 4, 1))  # the top row
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    image.save(tmp_path / "a.png", exif=exif)
    assert read(tmp_path / "a.png", (1, 4, 4))[0, :, 0].tolist() == [0, 0, 0, 255]


@pytest.mark.parametrize(
    ("mode", "colour", "size", "value"),
    [
        ("L", 100, 3, [100, 100, 100]), ("RGB", (30, 30, 30), 1, [30]), ("RGBA", (255, 0, 0, 0), 3, [255, 255, 255]),
        ("1", 1, 3, [255, 255, 255]), ("I;16", 257 * 60, 1, [60]), ("P", 0, 3, [0, 0, 0]), ("LA", (9, 255), 1, [9]),
    ],
)  # fmt: skip
def test_every_kind_of_image_is_brought_to_the_channels(
    tmp_path: Path, mode: str, colour: Any, size: int, value: list[int]
) -> None:
    path = save(tmp_path / "a.png", mode, (6, 6), colour)
    assert read(path, (size, 6, 6))[:, 2, 2].tolist() == value


def test_an_image_that_is_named_has_to_be_one(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    bomb = save(tmp_path / "bomb.png", "1", (200, 100))
    worse = save(tmp_path / "worse.png", "1", (2000, 1000))
    (tmp_path / "empty").mkdir()
    text = photos / "notes.txt"
    for path in (bomb, worse, text, photos / "broken.png", photos / "gone.png", tmp_path / "empty"):
        with pytest.raises(ConvcliError) as wrong:
            convcli.inspect("conv 3 k3", input="3x8x8", images=[photos / "a.png", path][path.suffix == "" :])
        assert codes(wrong) == ["CV049"]
        assert str(path) in wrong.value.diagnostics[0].message
        assert not list(tmp_path.glob("out*"))


def test_postscript_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(ConvcliError, match="CV049"):
        convcli.inspect("conv 3 k3", input="3x8x8", images=[tmp_path / "a.png"])


def test_images_behind_the_model_are_images_too(photos: Path) -> None:
    files = sorted(map(str, photos.glob("[ab].*")))
    done = runner.invoke(app, ["inspect", "relu", "-i", "3x8x8", "--images", *files, "--format", "json"])
    assert json.loads(done.stdout)["images"] == 2


def test_without_pillow_one_line_says_how_to_get_it(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    done = runner.invoke(app, ["inspect", "relu", "-i", "3x8x8", "--images", str(photos)])
    assert (done.exit_code, done.stderr.startswith("error[CV048]: ")) == (2, True)
    assert "pip install 'convcli[torch,inspect]'" in done.stderr


def test_random_pictures_need_neither_pillow_nor_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIL", "tensorboard", "numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    done = runner.invoke(app, [*CONV, "--tensorboard", str(tmp_path / "log"), "--grids", str(tmp_path / "out")])
    assert (done.exit_code, len(list(tmp_path.rglob("*.*")))) == (0, 4)


# ---- what does not fit, what is there already, what is interrupted


@pytest.mark.parametrize(
    ("model", "size", "options"),
    [
        ("Linear(8, 4)", "8", {}),
        ("Embedding(9, 4)", "8", {}),
        ("conv 4 k3", "5x9x9", {"images": True}),
        ("conv 4 k3", "3x9x9", {"layers": ["0"]}),
        ("conv 4 k3 | flatten", "3x9x9", {"layers": ["1"]}),
        ("conv 4 k3", "3x9x9", {"fold": 2}),
        ("conv1d 4 k3", "3x9", {}),
    ],
)
def test_what_is_no_picture_is_refused(photos: Path, tmp_path: Path, model: str, size: str, options: Any) -> None:
    if options.get("images"):
        options = {"images": [photos]}
    with pytest.raises(ConvcliError) as wrong:
        convcli.inspect(model, input=size, grids=tmp_path / "out", **options)
    assert codes(wrong) == ["CV050"]
    assert not (tmp_path / "out").exists()


def test_a_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = runner.invoke(app, ["inspect", "resnet18", "--layers", "layer1.0.conv3", "--grids", str(tmp_path)])
    assert (done.exit_code, "error[CV052]" in done.stderr, "layer1.0.conv1" in done.stderr) == (2, True, True)


def test_nothing_is_overwritten_without_being_asked(tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    command = ["inspect", "conv 3 k3", "-i", "2x3x9x9", "--grids", str(out), "--tensorboard", str(log)]
    assert runner.invoke(app, command).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    (out / "inputs.png").write_bytes(b"mine")
    again = runner.invoke(app, command)
    assert (again.exit_code, "error[CV051]: " in again.stderr, again.stdout) == (2, True, "")
    assert (out / "inputs.png").read_bytes() == b"mine"
    only_log = runner.invoke(app, ["inspect", "conv 3 k3", "-i", "2x3x9x9", "--tensorboard", str(log)])
    assert (only_log.exit_code, "error[CV051]: " in only_log.stderr) == (2, True)
    assert runner.invoke(app, [*command, "--force"]).exit_code == 0
    assert (out / "inputs.png").read_bytes() == before[out / "inputs.png"]
    kept = next(path for path in before if path.parent == log)
    assert kept.read_bytes() == before[kept]


def test_what_stands_beside_pictures_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"mine")
    assert runner.invoke(app, ["inspect", "relu", "-i", "2x3x9x9", "--grids", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "photo.png").read_bytes() == b"mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(ConvcliError) as wrong:
            convcli.inspect("relu", input="2x3x9x9", tensorboard=place)
        assert codes(wrong) == ["CV051"]


def test_what_is_interrupted_or_refused_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    places = {"grids": tmp_path / "out", "tensorboard": tmp_path / "log"}
    with pytest.raises(KeyboardInterrupt):
        convcli.inspect("conv 3 k3 | conv 3 k3", input="2x3x9x9", progress=interrupt, **places)
    with pytest.raises(ConvcliError, match="CV044"):
        convcli.inspect("conv 3 k3 | gap | bn", input="3x9x9", batch=1, **places)
    assert list(tmp_path.iterdir()) == []
