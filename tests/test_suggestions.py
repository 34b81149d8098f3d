"""Which word is taken for the one that was meant."""

import pytest
from reading import messages, net

from convcli.diagnostics import MOST_NAMES, nearest, suggestion

LAYERS = ["conv1", "conv2", "bn1", "fc"]


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("encodr", ["encoder", "decoder"], "did you mean `encoder`?"),
        ("Conv2D", ["Conv1d", "Conv2d", "Conv3d"], "did you mean `Conv2d`?"),
        ("conv3", LAYERS, "there are `conv1`, `conv2`"),
        ("bn2", LAYERS, "did you mean `bn1`?"),
        ("conv", LAYERS, "there are `conv1`, `conv2`"),
        ("Conv4d", ["Conv1d", "Conv2d", "Linear"], "there are `Conv1d`, `Conv2d`"),
        ("Quantize", ["Conv1d", "Linear"], ""),
        ("1", ["0", "2"], ""),
        (
            "a1",
            [f"a{n}" for n in range(10, 20)],
            "there are `a10`, `a11`, `a12`, `a13`, `a14`, `a15`, `a16`, `a17`, ...",
        ),
    ],
)
def test_a_word_is_taken_for_the_nearest_or_for_all_that_differ_in_a_number(
    word: str, known: list[str], said: str
) -> None:
    assert said == suggestion(word, known)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("encodr", "did you mean `encoder`? that is all"),
        ("layer3", "there are `layer1`, `layer2`; that is all"),
        ("Quantize", "that is all"),
    ],
)
def test_more_may_be_said_behind_it(word: str, said: str) -> None:
    assert said == suggestion(word, ["encoder", "layer1", "layer2"], "that is all")


def test_a_single_word_is_wanted_or_none() -> None:
    assert ("fc", None) == (nearest("fcc", LAYERS), nearest("conv3", LAYERS))


def test_of_very_many_words_the_last_are_looked_at() -> None:
    many = [f"{number}a" for number in range(MOST_NAMES)]
    assert ("", "did you mean `encoder`?") == (
        suggestion("encodr", ["encoder", *many]), suggestion("encodr", [*many, "encoder"])
    )  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("Foo()", "`convcli ops` lists the operators"),
        ("Cat([x, x], dim=1)", "did you mean `cat`?"),
        ("conv2d(3, 8, 3)", "did you mean `Conv2d`?"),
        ("conv2(3, 8, 3)", "there are `Conv1d`, `Conv2d`, `Conv3d`"),
        ("Maxpool(2)", "there are `MaxPool1d`, `MaxPool2d`, `MaxPool3d`"),
        ("reluu", "did you mean `relu`?"),
        ("x + convv", "known here: `input`"),
    ],
)
def test_a_class_is_taken_for_a_class_and_a_short_word_stands_alone(layer: str, said: str) -> None:
    assert said in messages(net(layer))
