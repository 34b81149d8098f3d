"""Rows that end a network: the definition of each head, the arguments that its row leaves out, and what it gives."""

from convcli.layer.syntax import At, Attribute, Binary, Call, Constant, Expression, Index, Keyword, List, Name
from convcli.readers.ultralytics.rows import Row
from convcli.readers.ultralytics.scaling import channels
from convcli.readers.ultralytics.written import About, Written
from convcli.record import Record


class Head(Record):
    """What is known of a head beside its definition."""

    definition: str
    text: int | None = None
    """The place among its arguments of how long a text's vector is, where it takes texts."""
    beside: tuple[str, ...] = ()
    """Parts of it that are outputs too."""
    twice: tuple[str, ...] = ("many", "many_more")
    """Parts that are outputs too where there is a second head for training."""
    detects: bool = True
    """Whether it finds boxes, at steps of a distance, and may be there twice."""


HEADS = {
    "Detect": Head("Detect", twice=("many",)),
    "v10Detect": Head("Detect", twice=("many",)),
    "Segment": Head("Segment", beside=("proto",)),
    "Segment26": Head("Segment26", beside=("proto", "proto.semseg")),
    "Pose": Head("Pose"),
    "Pose26": Head("Pose26", beside=("spread",), twice=("many", "many_more", "one_spread")),
    "OBB": Head("OBB"),
    "OBB26": Head("OBB"),
    "WorldDetect": Head("TextDetect", 1, twice=("many",)),
    "YOLOEDetect": Head("TextDetect", 1, twice=("many",)),
    "YOLOESegment": Head("TextSegment", 3, beside=("proto",)),
    "YOLOESegment26": Head("TextSegment", 3, beside=("proto",)),
    "SemanticSegment": Head("SemanticSegment", beside=("aux_head",), twice=(), detects=False),
    "Depth": Head("Depth", twice=(), detects=False),
}
"""The heads that are defined."""

MASKS = frozenset(("Segment", "Segment26", "YOLOESegment", "YOLOESegment26"))
"""Heads whose third argument is a number of channels that the scale changes."""

OTHER_HEADS = frozenset(
    (
        "RTDETRDecoder",
        "IDetect",
        "IAuxDetect",
        "IBin",
        "IKeypoint",
        "DDetect",
        "DualDDetect",
        "TripleDDetect",
        "Segmentation",
    )
)
"""Modules that take several tensors and give something of sizes that are not known here."""


def with_anchors(about: About, one: Written, levels: List) -> Expression:
    """Make a call of a head that predicts boxes of given sizes: `anchors` are as many, or the sizes of each level."""
    at, arguments = one.at, list(one.arguments)
    if arguments[1:] and not about.counted_anchors:
        first = Call(Name("len", at), (Index(arguments[1], (Constant(0, at),), at),), (), at)
        arguments[1] = Binary("//", first, Constant(2, at), at)
    if arguments[3:]:
        arguments[3] = channels(arguments[3], at)
    return Call(Name(f"Anchor{one.row.module}", one.name_at), (levels, *arguments), (), at)


def head(about: About, one: Written) -> Expression:
    """Make a call of a head over the tensors of its levels."""
    name, levels = one.row.module, List(one.tensors, "[]", one.at)
    known, arguments = HEADS[name], list(one.arguments)
    if about.with_anchors:
        return with_anchors(about, one, levels)
    if name in MASKS and arguments[2:]:
        arguments[2] = channels(arguments[2], one.at)
    given: dict[str, bool] = {}
    if known.detects:
        given = {"twice": is_twice(about, one.row), "light": about.light or name == "v10Detect"}
    if name == "YOLOESegment26":
        given["leveled"] = True
    keywords = [Keyword(key, Constant(value, one.at), one.at) for key, value in given.items()]
    if about.has_bins and known.detects:
        keywords.append(Keyword("bins", Name("reg_max", one.at), one.at))
    texts = () if known.text is None or one.text is None else (one.text,)
    return Call(Name(known.definition, one.name_at), (levels, *texts, *arguments), tuple(keywords), one.at)


def is_twice(about: About, row: Row) -> bool:
    """Say whether a head has a second one beside it, for training."""
    return (about.end2end or row.module == "v10Detect") and not about.with_anchors


def given_by(about: About, row: Row, at: At) -> list[Expression]:
    """Return what the last row gives: what its head predicts, and what training or masks need beside it."""
    known = HEADS[row.module]
    whole = Name(f"model.{row.number}", at)
    parts = [*(known.beside if not about.with_anchors else known.beside[:1])]
    parts += known.twice if is_twice(about, row) else ()
    return [whole, *(_part(whole, part, at) for part in parts)]


def _part(whole: Expression, path: str, at: At) -> Expression:
    for name in path.split("."):
        whole = Attribute(whole, name, at)
    return whole
