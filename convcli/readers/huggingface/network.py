"""A configuration to a network in words, by its `model_type` and its `architectures`."""

from collections.abc import Callable

from convcli.blocks import InputWords, Item, Items, Network, Stated
from convcli.diagnostics import ConvcliError, Diagnostic, suggestion
from convcli.layer import syntax
from convcli.layer.syntax import Expression
from convcli.readers.complaints import in_order
from convcli.readers.huggingface import mobile, residual
from convcli.readers.huggingface.beside import image_size, sides
from convcli.readers.huggingface.convnext import convnext
from convcli.readers.huggingface.efficientnet import efficientnet
from convcli.readers.huggingface.parts import Body, Family
from convcli.readers.places_json import Object, read_json
from convcli.readers.trees import INFERRED, Writer
from convcli.source import Source, Span

FAMILIES: dict[str, tuple[Callable[[Family], Body], str]] = {
    "resnet": (residual.resnet, "relu"),
    "regnet": (residual.regnet, "relu"),
    "convnext": (convnext, "gelu"),
    "convnextv2": (convnext, "gelu"),
    "mobilenet_v1": (mobile.mobilenet_v1, "relu6"),
    "mobilenet_v2": (mobile.mobilenet_v2, "relu6"),
    "efficientnet": (efficientnet, "swish"),
}
"""What builds a family, and its usual activation."""
CLASSIFIER, MODEL, BACKBONE = "ForImageClassification", "Model", "Backbone"


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
    try:
        body = build(family)
    except ConvcliError as error:
        raise ConvcliError(in_order([*family.slips(), *error.diagnostics])) from None
    items, outputs = _assembled(family, body, str(kind))
    inputs = _inputs(family, channels)
    if family.findings:
        raise ConvcliError(in_order([*family.slips(), *family.findings]))
    whole = Items(tuple(items), Span(source, 0, len(source.text)))
    words = tuple(family.writer.words(one) for one in outputs)
    at = config.places.get("num_channels")
    stated = {"": Stated(channels, 2, Span(source, *at))} if at else {}
    return Network(
        name, source.name, "huggingface", whole, inputs, words, findings=tuple(family.slips()), stated=stated
    )


def _assembled(family: Family, body: Body, kind: str) -> tuple[list[Item], list[Expression]]:
    """Return the layers and the outputs of the class that the configuration names: a classifier where it names none."""
    found = family.config.get("architectures")
    written = str(found[0]) if isinstance(found, list) and found else CLASSIFIER
    known = (CLASSIFIER, *((BACKBONE,) if body.stages else ()), MODEL)
    wanted = next((one for one in known if written.endswith(one)), None)
    if wanted is None:
        span = Span(family.source, *family.config.place("architectures"))
        help = f"of this family these are: {', '.join(f'...{one}' for one in known)}"
        raise ConvcliError([Diagnostic("CV083", f"`{written[:60]}` is no class that is known", span, help=help)])
    if wanted == CLASSIFIER:
        return [family.scope(kind, [*body.items, *body.pooled]), *body.head], []
    if wanted == MODEL:
        return [*body.items, *body.pooled], [family.name(body.last), family.name(str(body.pooled[-1].name))]
    chosen = _features(family, body)
    if not body.normed:
        return body.items, [body.stages[name] for name in chosen]
    norms: list[Item] = []
    for name in chosen:
        norm = family.op("LayerNorm2d", INFERRED, eps=1e-6)
        norms += [family.item(None, body.stages[name]), family.item(name, norm)]
    scope = family.scope("hidden_states_norms", norms)
    return [*body.items, scope], [family.name("hidden_states_norms", name) for name in chosen]


def _features(family: Family, body: Body) -> list[str]:
    """Return the names of the stages that a backbone gives, in order; the last where nothing says which."""
    stages = list(body.stages)
    named, numbered = family.config.get("out_features"), family.config.get("out_indices")
    family.at = family.config.place("out_features" if named else "out_indices")
    if isinstance(named, list) and named:
        if not all(one in stages for one in named):
            family.refuse("out_features", f"a list of some of {', '.join(stages)}")
        return [one for one in stages if one in named]
    if isinstance(numbered, list) and numbered:
        if not all(type(one) is int and -len(stages) <= one < len(stages) for one in numbered):
            family.refuse("out_indices", f"a list of numbers from 0 to {len(stages) - 1}")
            return stages[-1:]
        return [stages[at] for at in sorted({one % len(stages) for one in numbered})]
    return stages[-1:]


def _inputs(family: Family, channels: int) -> tuple[InputWords, ...]:
    """Return the size that flows in, which the configuration has, or the file for images beside it."""
    writer, at = family.writer, family.config.place("image_size")
    size = sides(family.config.get("image_size"))
    if size is None and family.config.get("image_size") is not None:
        family.refuse("image_size", "a positive whole number, or two")
    found = image_size(family.source) if size is None else None
    if found is not None:
        size, source, at = found
        writer = Writer(source)
    if size is None:
        return ()
    words = tuple(writer.words(syntax.Constant(number, at)) for number in (channels, *size))
    return (InputWords("input", words, Span(writer.source, *at)),)
