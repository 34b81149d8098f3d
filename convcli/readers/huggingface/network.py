"""A configuration to a network in words, by its `model_type`."""

from collections.abc import Callable

from convcli.blocks import InputWords, Item, Items, Network
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.layer import syntax
from convcli.readers.huggingface import mobile, residual
from convcli.readers.huggingface.parts import Family
from convcli.readers.places_json import Object, read_json
from convcli.source import Source, Span

FAMILIES: dict[str, tuple[Callable[[Family], list[Item]], str]] = {
    "resnet": (residual.resnet, "relu"),
    "regnet": (residual.regnet, "relu"),
    "convnext": (residual.convnext, "gelu"),
    "convnextv2": (residual.convnext, "gelu"),
    "mobilenet_v1": (mobile.mobilenet_v1, "relu6"),
    "mobilenet_v2": (mobile.mobilenet_v2, "relu6"),
    "efficientnet": (mobile.efficientnet, "swish"),
}
"""What builds a family, and its usual activation."""


def read_config(source: Source, name: str) -> Network:
    """Read a configuration.

    Raises:
        ConvcliError: it is no JSON, of no family that is known, or a value is wrong.
    """
    config = read_json(source)
    kind = config.get("model_type") if isinstance(config, Object) else None
    if not isinstance(config, Object) or kind not in FAMILIES:
        help = suggestion(str(kind), FAMILIES, f"the families are: {', '.join(FAMILIES)}")
        span = Span(source, *(config.place("model_type") if isinstance(config, Object) else (0, 1)))
        raise ConvcliError([Diagnostic("CV083", f"`{str(kind)[:40]}` is no family that is known", span, help=help)])
    build, usual = FAMILIES[kind]
    config.setdefault("hidden_act", usual)
    family = Family(config, source)
    channels = family.integer("num_channels", 3)
    items = build(family)
    inputs = _inputs(family, channels)
    if family.findings:
        raise ConvcliError(family.findings)
    body = Items(tuple(items), Span(source, 0, len(source.text)))
    return Network(name, source.name, "huggingface", body, inputs)


def _inputs(family: Family, channels: int) -> tuple[InputWords, ...]:
    """Return the size that flows in; many configurations leave it to another file."""
    if "image_size" not in family.config:
        return ()
    at = family.config.place("image_size")
    side = family.integer("image_size")
    words = tuple(family.writer.words(syntax.Constant(size, at)) for size in (channels, side, side))
    return (InputWords("input", words, Span(family.source, *at)),)
