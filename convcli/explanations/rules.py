"""CV301 to CV399: what the rules have against an architecture; these are warnings, and the exit code stays 0."""

from convcli.explanations.record import Explanation, shape

RULES: tuple[Explanation, ...] = (
    Explanation(
        "CV301",
        "Rows or columns of the input are dropped",
        "A stride does not divide what there is, and the last rows or columns are read by no window; padding and the "
        "regular gaps of a kernel shorter than its stride do not count. A padding, `ceil_mode=True` or another input "
        "size reads them. docs/rules.md, dropped-pixels, says when it is fine.",
        shape("MaxPool2d(2)", "8x15x15"),
        shape("MaxPool2d(2, ceil_mode=True)", "8x15x15"),
    ),
    Explanation(
        "CV306",
        "A transposed convolution covers its output unevenly",
        "Where the kernel is no multiple of the stride, neighbouring positions of the output get different numbers of "
        "the kernel's elements, which shows as a checkerboard; where it is shorter, some get none. "
        "docs/rules.md, checkerboard, says when it is fine.",
        shape("ConvTranspose2d(16, 8, 3, stride=2, padding=1)", "16x32x32"),
        shape("ConvTranspose2d(16, 8, 4, stride=2, padding=1)", "16x32x32"),
    ),
)
