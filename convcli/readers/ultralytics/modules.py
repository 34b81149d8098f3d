"""What a row means: its module and arguments as a call of one of our definitions, its scale worked in.

The first argument of most modules is their number of output channels, which a scale changes; some take the number
of repeats as an argument of theirs instead of standing several times. The channels that flow in are never written.
"""

from collections.abc import Callable
from typing import Any

from convcli.layer.syntax import (
    At,
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Expression,
    Keyword,
    List,
    Name,
)
from convcli.quantity import UNKNOWN, Shape
from convcli.readers.trees import fitted, unknown
from convcli.readers.ultralytics.heads import HEADS, OTHER_HEADS, head
from convcli.readers.ultralytics.scaling import attention_heads, channels, repeats
from convcli.readers.ultralytics.written import About, Written

CSP = tuple(f"{inner}CSP{way}" for inner in ("Bottleneck", "Res", "ResX", "Ghost") for way in "ABC")
REPEATED = frozenset(
    (
        *CSP,
        "BottleneckCSP",
        "C1",
        "C2",
        "C2f",
        "C2fAttn",
        "C2fCIB",
        "C2fPSA",
        "C2PSA",
        "C3",
        "C3Ghost",
        "C3k2",
        "C3TR",
        "C3x",
        "RepC3",
        "A2C2f",
    )
)
"""Modules that take the number of repeats as their second argument."""

SCALED = REPEATED | frozenset(
    (
        "Conv",
        "Conv2",
        "ConvTranspose",
        "GhostConv",
        "Bottleneck",
        "GhostBottleneck",
        "SPP",
        "SPPF",
        "SPPCSPC",
        "DWConv",
        "DWConvTranspose2d",
        "Focus",
        "ADown",
        "AConv",
        "SPPELAN",
        "ELAN1",
        "RepNCSPELAN4",
        "RepConv",
        "PSA",
        "SCDown",
        "DownC",
        "Stem",
    )
)
"""Modules whose first argument is the number of their output channels, which the scale changes."""

DENSE = frozenset(("C2f", "C3k2", "C2fCIB", "C2fPSA", "A2C2f", "HGBlock", "SPPF", "C2fAttn"))
"""Modules all of whose inner modules are read at their end."""

LARGE = ("m", "l", "x")
"""The scales at which C3k2 and A2C2f have more in them than their rows say."""


def channels_of(about: About, tree: Expression) -> Expression:
    """Return the channels that an argument means at the scale; as many as there are classes stay."""
    written = tree.value if isinstance(tree, Constant) else None
    return channels(tree, tree.at) if isinstance(written, int) and written != about.classes else tree


def scaled(about: About, one: Written) -> Call:
    """Make a call of a module whose first argument the scale changes."""
    row, arguments = one.row, list(one.arguments)
    if arguments:
        arguments[0] = channels_of(about, arguments[0])
    if row.module in REPEATED:
        arguments.insert(1, repeats(row.repeats, row.at))
    return Call(Name(row.module, one.name_at), tuple(arguments), (), one.at)


def conv(about: About, one: Written) -> Expression:
    """Make a call of Conv; YOLOv7 writes kernels of two sides too, and a layer where others have the dilation."""
    at, arguments = one.at, list(one.arguments)
    if arguments[1:] and isinstance(arguments[1], List) and not arguments[3:]:
        sides = arguments[1].items
        padding = List(tuple(Binary("//", side, Constant(2, at), at) for side in sides), "[]", at)
        arguments = [*arguments[:2], arguments[2] if arguments[2:] else Constant(1, at), padding]
    if arguments[5:] and isinstance(arguments[5], Call):
        arguments[0] = channels_of(about, arguments[0])
        return Call(Name(OTHERWISE["Conv"], one.name_at), (arguments[5], *arguments[:5]), (), at)
    return scaled(about, one._replace(arguments=arguments))


def rep_conv(about: About, one: Written) -> Expression:
    """Make a call of RepConv, which in files with anchors has a third branch where its sizes allow it."""
    call = scaled(about, one)
    return call._replace(function=Name(OTHERWISE["RepConv"], one.name_at)) if about.with_anchors else call


OTHERWISE = {"Conv": "ConvWith", "RepConv": "RepConv7"}
"""Modules that have a second definition, and its name."""


def shortcut(_: About, one: Written) -> Expression:
    """Add two tensors up; its argument says nothing."""
    return Call(Name("Shortcut", one.name_at), one.tensors, (), one.at)


def bottleneck(about: About, one: Written) -> Expression:
    """Make a call of a Bottleneck, whose first kernel is of 1 in files with anchors, and of 3 in the later ones."""
    call = scaled(about, one)
    if not about.with_anchors:
        return call
    kernels = List((Constant(1, one.at), Constant(3, one.at)), "[]", one.at)
    return call._replace(keywords=(Keyword("k", kernels, one.at),))


def c3k2(about: About, one: Written) -> Expression:
    """Make a call of C3k2, which is the larger kind at the larger scales, whatever its row says."""
    given = one.arguments[1] if one.arguments[1:] else Constant(False, one.at)
    arguments = [*one.arguments[:1], _if_large(one.at, LARGE, Constant(True, one.at), given), *one.arguments[2:]]
    return scaled(about, one._replace(arguments=arguments))


def a2c2f(about: About, one: Written) -> Expression:
    """Make a call of A2C2f, which has a weighted shortcut and a narrower inner layer at the largest scales."""
    arguments = list(one.arguments)
    if len(arguments) == 3:
        large = [Constant(True, one.at), Constant(1.2, one.at)]
        small = [Constant(False, one.at), Constant(2.0, one.at)]
        arguments += [_if_large(one.at, LARGE[1:], *pair) for pair in zip(large, small, strict=True)]
    return scaled(about, one._replace(arguments=arguments))


def _if_large(at: At, scales: tuple[str, ...], then: Expression, otherwise: Expression) -> Expression:
    names = List(tuple(Constant(scale, at) for scale in scales), "[]", at)
    return Conditional(Compare("in", Name("scale", at), names, at), then, otherwise, at)


def hg_block(_: About, one: Written) -> Expression:
    """Make a call of HGBlock, whose fourth argument is the number of repeats."""
    arguments = list(one.arguments)
    arguments.insert(3, repeats(one.row.repeats, one.row.at))
    return Call(Name("HGBlock", one.name_at), tuple(arguments), (), one.at)


def plain(_: About, one: Written) -> Expression:
    """Make a call with the arguments as they are written."""
    return Call(Name(one.row.module, one.name_at), tuple(one.arguments), (), one.at)


def concat(_: About, one: Written) -> Expression:
    """Join tensors; `[1]` is the axis."""
    dim = one.arguments[0] if one.arguments else Constant(1, one.at)
    return Call(Name("cat", one.name_at), (List(one.tensors, "[]", one.at),), (Keyword("dim", dim, one.at),), one.at)


def c2f_attn(about: About, one: Written) -> Expression:
    """Make a call of C2fAttn, whose heads of attention are a matter of scale too.

    Its second argument changes nothing: a text is made as wide as what it is held against.
    """
    at, arguments = one.at, list(one.arguments)
    if arguments:
        heads = attention_heads(arguments[2] if arguments[2:] else Constant(1, at), at)
        arguments[:3] = channels_of(about, arguments[0]), repeats(one.row.repeats, one.row.at), heads
    return Call(Name("C2fAttn", one.name_at), (one.text or Constant(None, at), *arguments), (), at)


def image_pooling(_: About, one: Written) -> Expression:
    """Make a call of ImagePoolingAttn, which looks at several levels."""
    text = one.text or Constant(None, one.at)
    levels = List(one.tensors, "[]", one.at)
    return Call(Name("ImagePoolingAttn", one.name_at), (levels, text, *one.arguments), (), one.at)


def cb_linear(_: About, one: Written) -> Expression:
    """Make a call of CBLinear, whose result is split into parts of the channels given."""
    parts = one.arguments[0] if one.arguments else List((), "[]", one.at)
    total: Expression = Constant(0, one.at)
    for part in parts.items if isinstance(parts, List) else (parts,):
        total = Binary("+", total, part, one.at)
    return Call(Name("CBLinear", one.name_at), (total, parts, *one.arguments[1:]), (), one.at)


def cb_fuse(_: About, one: Written) -> Expression:
    """Make a call of CBFuse, which adds up one part of each source, resized like the last source."""
    return Call(Name("CBFuse", one.name_at), (List(one.tensors, "[]", one.at), *one.arguments), (), one.at)


Writer = Callable[[About, Written], Expression]

WRITERS: dict[str, Writer] = {
    **dict.fromkeys(SCALED, scaled),
    **dict.fromkeys(HEADS, head),
    "Conv": conv,
    "RepConv": rep_conv,
    "Shortcut": shortcut,
    "Bottleneck": bottleneck,
    "BottleneckCSP": bottleneck,
    "C3k2": c3k2,
    "A2C2f": a2c2f,
    "HGBlock": hg_block,
    **dict.fromkeys(("HGStem", "ResNetLayer", "AIFI", "Classify", "MP", "SP", "ReOrg", "Foldcut", "Silence"), plain),
    "Concat": concat,
    "C2fAttn": c2f_attn,
    "ImagePoolingAttn": image_pooling,
    "CBLinear": cb_linear,
    "CBFuse": cb_fuse,
}
"""How the row of each module is translated; a module that has none is not known."""

TAKES_SEVERAL = frozenset((*HEADS, "Concat", "CBFuse", "ImagePoolingAttn", "Shortcut"))
TAKES_TEXT = frozenset(("C2fAttn", "ImagePoolingAttn", *(name for name, known in HEADS.items() if known.text)))
ONE_BY_ITSELF = frozenset((*REPEATED, *TAKES_SEVERAL, "HGBlock"))
"""Modules that stand once, whatever their number of repeats."""


def foreign(one: Written) -> Expression:
    """Make a layer of a module that is not defined here, whose weights and costs are not known.

    It is taken to keep channels and sizes, but where it is known that it does not.
    """
    name = one.row.module

    def make(*shapes: Shape) -> Any:
        batch, *rest = shapes[0]
        kept = [UNKNOWN, UNKNOWN] if name in OTHER_HEADS else [UNKNOWN, *rest[1:]] if name in SCALED else rest
        return unknown(name, (batch, *kept), {"unknown": (UNKNOWN,)})

    return fitted(make, one.at, *one.tensors)


def torch_layer(about: About, one: Written) -> Expression:
    """Make a call of a layer of torch.nn; two of them are written without their input channels."""
    name = one.row.module.rpartition("nn.")[2]
    arguments = list(one.arguments)
    if name == "ConvTranspose2d" and arguments:
        arguments[0] = channels_of(about, arguments[0])
    inferred = (Name("_", one.at),) if name in ("ConvTranspose2d", "BatchNorm2d") else ()
    return Call(Name(name, one.name_at), (*inferred, *arguments), (), one.at)
