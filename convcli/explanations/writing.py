"""CV101 to CV107: how layers are written."""

from convcli.explanations.record import Example, Explanation, network, shape

WRITING: tuple[Explanation, ...] = (
    Explanation(
        "CV101",
        "This is not a layer",
        "A layer is an expression as in Python, `Conv2d(3, 64, 7, stride=2)`, or short words, `conv 64 k7 s2`. The "
        "text cannot be read as either: a parenthesis or a comma is missing, or there is nothing where a layer "
        "should be.",
        shape("Conv2d(3, 8, 3) | | ReLU()", "3x32x32"),
        shape("Conv2d(3, 8, 3) | ReLU()", "3x32x32"),
    ),
    Explanation(
        "CV102",
        "This is not part of the language",
        "Layers are written in a small part of Python: calls, names, numbers, `+ - * / // %`, comparisons, `and or "
        "not`, conditions, indexing, lists. Comprehensions, lambdas, f-strings and powers are not among it; what is "
        "repeated is multiplied.",
        shape("[SiLU() for i in range(3)]", "8x32x32"),
        shape("SiLU() * 3", "8x32x32"),
    ),
    Explanation(
        "CV103",
        "Nested too deeply",
        "An expression has at most 64 levels of parentheses, calls and signs. Write layers one after the other, with "
        "`|` or one a line; repeat them with `*`; give a part a name.",
        shape("relu(" * 70 + "x" + ")" * 70, "8x32x32"),
        shape("SiLU() * 70", "8x32x32"),
    ),
    Explanation(
        "CV104",
        "The expression is too long",
        "An expression has at most 64 KiB of text. Write layers one a line, or what is repeated as a product.",
        network("input: [16, 8, 8]", "layers:", "  - " + " | ".join(["Conv2d(16, 16, 1)"] * 4000)),
        network("input: [16, 8, 8]", "layers:", "  - Conv2d(16, 16, 1) * 4000"),
    ),
    Explanation(
        "CV105",
        "The number is too large",
        "Arguments and sizes are at most 2^63 - 1, as in torch. Totals have no limit.",
        shape("Linear(9223372036854775808, 10)"),
        shape("Linear(9223372036854775807, 10)"),
    ),
    Explanation(
        "CV106",
        "Beside `|` this needs parentheses",
        "`|` could bind before or after a `+`, a `-` or an `if` beside it, and a reader would have to guess. "
        "Parentheses say which.",
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - x + Conv2d(8, 8, 3, padding=1) | ReLU()",
        ),
        network(
            "input: [8, 32, 32]",
            "layers:",
            "  - x + (Conv2d(8, 8, 3, padding=1) | ReLU())",
        ),
    ),
    Explanation(
        "CV107",
        "This short word is not understood",
        "Short words are a word, then numbers by place, letters with a number (`k3`, `s2`, `k3x5`), and `name=value`: "
        "`conv 64 k3 s2 p1 bias=False`. `convcli ops --short` is their table.",
        Example("convcli shape conv 64 k3 s:2 p1 -i 3x32x32"),
        Example("convcli shape conv 64 k3 s2 p1 -i 3x32x32"),
    ),
)
