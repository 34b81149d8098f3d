"""`convcli solve size` and `convcli.solve_size`: every answer against resolving the network size by size."""

import json
import sys
import time
from pathlib import Path

import pytest
from zoo.entry import torchvision

import convcli
from convcli.__main__ import main
from convcli.asking import graph_of, read_model
from convcli.cli.bar import Bar
from convcli.cli.solve_size import headline, in_words
from convcli.input_sizes.sizes import Sizes
from convcli.resolve.network import Resolver

VALID_UNET = """
input: [1, 92, 92]
blocks:
  Convs(planes):
    - Conv2d(_, planes, 3) | ReLU()
    - Conv2d(_, planes, 3) | ReLU()
layers:
  - a: Convs(4)
  - b: MaxPool2d(2) | Convs(8)
  - c: MaxPool2d(2) | Convs(8)
  - up: ConvTranspose2d(_, 8, 2, stride=2)
  - cat([center_crop(b, size(up)[2:]), up], dim=1)
  - Convs(8)
"""
FILES = {
    "valid_unet": VALID_UNET,
    "vgg_without_pool": "input: [3, 64, 64]\nlayers:\n  - Conv2d(3, 4, 3, padding=1) | MaxPool2d(2)\n"
    "  - Conv2d(_, 8, 3, padding=1) | MaxPool2d(2) | MaxPool2d(2)\n  - Flatten() | Linear(512, 10)\n",
    "even_kernels": "input: [3, 40, 40]\nlayers:\n  - Conv2d(3, 4, 4, stride=2, padding=1)\n"
    "  - Conv2d(4, 4, 2, stride=2) | ConvTranspose2d(4, 4, 4, stride=4) | Conv2d(4, 4, 4, stride=3, dilation=2)\n",
    "one_axis": "input: [2, 100]\nlayers:\n  - Conv1d(2, 4, 5, stride=3, dilation=2, padding=1)\n"
    "  - MaxPool1d(4, stride=2, ceil_mode=True) | AvgPool1d(3, stride=2)\n",
    "shuffled": "input: [3, 24, 24]\nlayers:\n  - down: PixelUnshuffle(2) | Conv2d(_, 16, 3, stride=2, padding=1)\n"
    "  - up: PixelShuffle(2) | Upsample(scale_factor=2)\n  - up + up\n",
    "circular": "input: [3, 24, 24]\nlayers:\n  - Conv2d(3, 4, 5, stride=3, padding=2, padding_mode=circular)\n"
    "  - Conv2d(4, 4, 3, stride=2, padding=3, dilation=3)\n",
    "padded_when_odd": "input: [3, 24, 24]\nlayers:\n  - even: ZeroPad2d((0, size(x, 3) % 2, 0, size(x, 2) % 2))\n"
    "  - down: Conv2d(3, 4, 2, stride=2) | ConvTranspose2d(4, 3, 2, stride=2)\n  - down + even\n",
    "condition": "input: [3, 24, 24]\nlayers:\n  - MaxPool2d(3) if size(x, 2) > 20 else Conv2d(3, 3, 5)\n"
    "  - AvgPool2d(2)\n",
    "half": "input: [3, 24, 24]\nlayers:\n  - down: Upsample(scale_factor=0.5)\n"
    "  - up: Upsample(scale_factor=2)\n  - up + x\n",
    "chunks": "input: [3, 24, 24]\nlayers:\n  - parts: chunk(x, 2, dim=2)\n  - parts[0] + parts[1]\n",
}  # fmt: skip
BUNDLED = {
    "unet": 50, "resnet18": 40, "inception_v3": 110, "densenet121": 66, "googlenet": 40, "shufflenet_v2_x1_0": 36,
    "vit_b_16": 36, "lenet5": 50, "yolov3": 66, "alexnet": 130, "crnn": 60, "unet2015": 220, "fcn_resnet50": 36,
}  # fmt: skip
"""Up to which size each is resolved one by one."""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the program in this process; return its exit code and both of its outputs."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["convcli", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return code or 0, said.out, said.err

    return run


def truth(model: object, shape: tuple[int, ...], axis: int, size: int, **given: object) -> tuple[bool, bool]:
    """Say whether the network takes a size, and whether no layer drops anything along the axis then."""
    shape = (*shape[:axis], size, *shape[axis + 1 :])
    try:
        convcli.profile(model, input=shape, batched=False, receptive_fields=False, **given)
    except convcli.ConvcliError:
        return False, False
    return True, not dropped(model, shape, len(shape) - axis)


def dropped(model: object, shape: tuple[int, ...], place: int) -> bool:
    """Say whether a layer drops something along an axis, counted from the end."""
    network, variant = read_model(model)
    graph, _ = graph_of(network, sizes={"": shape}, batched=False, variant=variant)
    for node in graph.nodes:
        lost = node.op.dropped(node.input_shapes[0], node.answer.outputs[0]) if node.inputs else ()
        if len(lost) >= place and lost[-place][0]:
            return True
    return False


@pytest.fixture
def no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody look for sizes that work while sizes are tried."""
    monkeypatch.setattr(Resolver, "advising", True)


def compare(model: object, *tried: int) -> None:
    """Compare the answer for each axis with resolving the network at each of some sizes; axes that are alike once."""
    found = convcli.solve_size(model)
    seen: set[object] = set()
    for axis, sizes in enumerate(found.axes, len(found.shape) - len(found.axes)):
        answer = sizes[1:]
        if answer in seen:
            continue
        seen.add(answer)
        first, last = sizes.works.tried or (1, max(tried))
        for size in tried:
            if not first <= size <= last:
                continue
            works, lossless = truth(model, found.shape, axis, size)
            assert (size in sizes.works, size in sizes.lossless) == (works, lossless), (sizes.name, size)


@pytest.mark.usefixtures("no_advice")
@pytest.mark.parametrize("name", FILES)
def test_files_answer_as_every_size_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FILES[name])
    compare(tmp_path / "net.yaml", *range(1, 120))


@pytest.mark.usefixtures("no_advice")
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_networks_answer_as_every_size_alone(name: str) -> None:
    compare(name, *range(1, BUNDLED[name]))


@pytest.mark.usefixtures("no_advice")
def test_three_axes() -> None:
    compare("unet3d", *range(1, 20))


@pytest.mark.parametrize("name", ["inception_v3", "alexnet", "densenet121", "squeezenet1_1"])
def test_torch_agrees_on_the_sizes_that_work(name: str) -> None:
    torch = pytest.importorskip("torch")
    models = torchvision()
    options = {"aux_logits": False, "init_weights": False} if name == "inception_v3" else {}
    network = models.get_model(name, weights=None, **options).eval()
    sizes = convcli.solve_size(name, input="3x224x96").axes[0].works
    smallest = sizes.smallest()
    for size in (1, smallest // 2, smallest - 1, smallest, smallest + 1, smallest + 22):
        try:
            with torch.no_grad():
                network(torch.zeros(1, 3, size, 96))
            runs = True
        except RuntimeError:
            runs = False
        assert (size in sizes) == runs, size


def test_the_u_net_says_16() -> None:
    found = convcli.solve_size("unet", near="500x375")
    assert found.divisible_by() == (16, 16)
    assert found.near[1:] == ((496, 368), (512, 384), (496, 368), (512, 384), True)


def test_a_residue_is_no_divisor() -> None:
    axis = convcli.solve_size("inception_v3").axes[0]
    assert (axis.works.smallest(), axis.works.common_divisor()) == (75, 1)
    assert (axis.lossless.divisor, axis.lossless.residues, axis.lossless.smallest()) == (32, (11,), 75)


def test_a_size_that_does_not_work_is_left_for_one_that_does() -> None:
    found = convcli.solve_size("unet", input="3x500x375")
    assert found.divisible_by() == (16, 16)
    assert found.near.works_below == (496, 368)


def test_fixed_sizes_have_an_end(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FILES["vgg_without_pool"])
    works = convcli.solve_size(tmp_path / "net.yaml").axes[0].works
    assert (works.ranges, works.largest(), works.common_divisor()) == (((64, 71),), 71, None)


def test_a_network_without_an_input_size_begins_with_its_first_operator() -> None:
    found = convcli.solve_size("Conv2d(3, 8, 4, stride=4) | PixelUnshuffle(2)")
    assert (found.axes[0].works.divisor, found.axes[0].works.residues) == (8, (0, 1, 2, 3))
    assert found.axes[0].lossless.common_divisor() == 8


def test_weights_that_depend_on_the_size_are_named() -> None:
    assert convcli.solve_size("Conv2d(3, 4, 3) | Flatten() | Linear(_, 10)").weights == "2"
    assert convcli.solve_size("vit_b_16").weights == "encoder.pos_embedding"
    assert convcli.solve_size("resnet18").weights is None


TWO_INPUTS = """
inputs:
  image: [3, 32, 32]
  half: [3, 16, 16]
layers:
  - down: Conv2d(3, 3, 2, stride=2)(image)
  - down + half
"""


def test_several_inputs_change_in_proportion(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TWO_INPUTS)
    found = convcli.solve_size(tmp_path / "net.yaml")
    assert (found.inputs, found.divisible_by()) == (("image", "half"), (2, 2))


def test_one_input_alone(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TWO_INPUTS)
    found = convcli.solve_size(tmp_path / "net.yaml", input_name="image")
    assert (found.inputs, found.axes[0].works.ranges) == (
        ("image",),
        ((2, 3), (32, 33)),
    )  # half of 2 is 1, which is stretched


def test_axes_that_do_not_go_together_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - Flatten() | Linear(192, 2)\n")
    near = convcli.solve_size(tmp_path / "net.yaml", near=9).near
    assert (near.works_below, near.works_above, near.together) == ((8, 8), None, True)
    (tmp_path / "net.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - x + transpose(x, 2, 3)\n")
    near = convcli.solve_size(tmp_path / "net.yaml", near=(8, 1)).near
    assert (near.works_below, near.together) == ((8, 1), True)


def test_what_is_not_known_is_not_claimed() -> None:
    found = convcli.solve_size("Conv2d(1, 1, 3, padding=1) | Upsample(scale_factor=0.3)")
    works = found.axes[0].works
    assert headline(found) == "only some sizes were tried"
    assert (works.divisor, works.tried[0], works.ranges[0][0]) == (None, 1, 4)


@pytest.mark.parametrize("size", range(1, 40))
def test_the_next_and_the_one_before(size: int) -> None:
    sizes = Sizes(8, (0, 3), 17, ((2, 4), (9, 9)))
    belongs = [one for one in range(1, 80) if one in sizes]
    assert belongs[:6] == [2, 3, 4, 9, 19, 24]
    assert sizes.next(size) == min(one for one in belongs if one >= size)
    assert sizes.before(size) == max((one for one in belongs if one <= size), default=None)


def test_the_answer_in_sentences(program) -> None:
    code, out, _ = program("solve", "size", "unet", "--near", "500x375")
    assert (code, out.partition("\n")[0]) == (0, "unet: divisible by 16")
    assert "496x368" in out


def test_the_answer_for_machines(program) -> None:
    solution = json.loads(program("solve", "size", "crnn", "--near", "40", "--format", "json")[1])["solution"]
    assert [axis["divisible_by"] for axis in solution["axes"]] == [None, 1]
    assert solution["axes"][0]["works"]["ranges"] == [[32, 47]]
    assert solution["near"]["works_below"] == [40, 40]
    rows = program("solve", "size", "crnn", "--format", "csv")[1].splitlines()
    assert rows[1] == "height,works,,,48,32-47,32,47,,"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Sizes(1, (0,), 1, ()), "any"),
        (Sizes(1, (0,), 75, ()), "75 and larger"),
        (Sizes(16, (0,), 1, ()), "multiples of 16"),
        (Sizes(16, (0,), 33, ()), "multiples of 16, from 48 on"),
        (Sizes(32, (11,), 44, ()), "n = 11 mod 32, from 75 on"),
        (Sizes(32, (0, 29, 30, 31), 1, ()), "n = 0, 29 to 31 mod 32"),
        (Sizes(None, (), 256, ((224, 255),)), "224 to 255"),
        (Sizes(None, (), 1, ()), "none"),
        (Sizes(2, (0,), 9, ((3, 3), (5, 6))), "3, 5, 6; multiples of 2, from 10 on"),
        (Sizes(None, (), 101, ((8, 9),), (1, 100)), "8, 9 (of 1 to 100, which were tried)"),
    ],
)
def test_sizes_in_words(rule: Sizes, words: str) -> None:
    assert in_words(rule) == words


def test_that_no_size_works_is_exit_code_1(program, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: [3, 8, 8]\nlayers:\n  - cat([x, MaxPool2d(2)(x)], dim=1)\n")
    code, out, _ = program("solve", "size", str(file), "--format", "json")
    assert (code, json.loads(out)["solution"]["works"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("unet", "--near", "500y"), "--near 500x375"),
        (("unet", "--near", "3x500x375"), "write `--near 500x375`"),
        (("unet", "--near", "0"), "CV002"),
        (("unet", "--input-name", "imag"), "CV003"),
        (("Conv2d(3, 8, 3) | Conv2d(9, 8, 3)",), "CV202"),
        (("ReLU()",), "CV007"),
    ],
)
def test_a_wrong_question_is_exit_code_2(program, arguments: tuple[str, ...], says: str) -> None:
    code, _, errors = program("solve", "size", *arguments)
    assert (code, says in errors) == (2, True), errors


@pytest.mark.usefixtures("no_advice")
@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_answer_as_every_size_alone(seed: int, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from linear_graphs import LinearGraph  # which needs it

    (tmp_path / "net.yaml").write_text(LinearGraph(seed, 1 + seed % 2).yaml())
    compare(tmp_path / "net.yaml", *range(1, 70), 997, 4098)


def test_a_bar_is_for_terminals_and_for_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Bar() as bar:
        now[0] = 2
        bar(0.5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Bar() as bar:
        bar(0.25)
        assert capsys.readouterr().err == ""
        now[0] = 4
        bar(0.5)
        assert capsys.readouterr().err.rstrip(" ") == f"\r[{'#' * 12}{'.' * 12}]  50%"
        bar(0.5, "conv1")
        assert capsys.readouterr().err == ""
        now[0] = 6
        bar(0.5, "conv1")
        assert capsys.readouterr().err.rstrip(" ") == f"\r[{'#' * 12}{'.' * 12}]  50%, 4 s left  conv1"
    assert capsys.readouterr().err.strip() == ""
