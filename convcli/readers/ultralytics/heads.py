"""Rows that end a network: the definition of each head, the arguments that its row leaves out, and what it gives."""

from convcli.layer.syntax import At, Attribute, Binary, Call, Constant, Expression, Index, Keyword, List, Name
from convcli.readers.ultralytics.decoder import BESIDE
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
    twice: tuple[str, ...] = ()
    """Parts that are outputs too where there is a second head for training; where there are none, it is there once."""
    scaled: int | None = None
    """The place among its arguments of a number of channels that the scale changes."""
    given: tuple[tuple[str, bool | int], ...] = ()
    """Arguments of its definition that its name says."""
    levels: tuple[int, int] = (1, 0)
    """How many branches take as many tensors, and how many tensors more it takes."""
    exactly: int | None = None
    """How many tensors it takes, where that is a fixed number."""


BOXES, MORE = ("many",), ("many", "many_more")
LEVELED, ALIKE, MAPS = (("leveled", True),), (("groups", 1),), (("groups", 4), ("maps", True))

HEADS = {
    "Detect": Head("Detect", twice=BOXES),
    "v10Detect": Head("Detect", twice=BOXES),
    "Segment": Head("Segment", beside=("proto",), twice=MORE, scaled=2),
    "Segment26": Head("Segment26", beside=("proto", "proto.semseg"), twice=MORE, scaled=2),
    "Pose": Head("Pose", twice=MORE),
    "Pose26": Head("Pose26", beside=("spread",), twice=(*MORE, "one_spread")),
    "OBB": Head("OBB", twice=MORE),
    "OBB26": Head("OBB", twice=MORE),
    "WorldDetect": Head("TextDetect", 1, twice=BOXES),
    "YOLOEDetect": Head("TextDetect", 1, twice=BOXES),
    "YOLOESegment": Head("TextSegment", 3, beside=("proto",), twice=MORE, scaled=2),
    "YOLOESegment26": Head("TextSegment", 3, beside=("proto",), twice=MORE, scaled=2, given=LEVELED),
    "SemanticSegment": Head("SemanticSegment", beside=("aux_head",), exactly=2),
    "Depth": Head("Depth", exactly=3),
    "RTDETRDecoder": Head("RTDETRDecoder", beside=BESIDE),
    "IDetect": Head("AnchorIDetect"),
    "IAuxDetect": Head("AnchorIAuxDetect", beside=("lead",), levels=(2, 0)),
    "DDetect": Head("DDetect"),
    "DualDetect": Head("DualDDetect", beside=("lead",), given=ALIKE, levels=(2, 0)),
    "DualDDetect": Head("DualDDetect", beside=("lead",), levels=(2, 0)),
    "TripleDetect": Head("TripleDDetect", beside=("lead", "lead2"), given=ALIKE, levels=(3, 0)),
    "TripleDDetect": Head("TripleDDetect", beside=("lead", "lead2"), levels=(3, 0)),
    "DSegment": Head("Segment9", beside=("proto",), scaled=2, given=MAPS, levels=(1, 1)),
    "DualDSegment": Head("DualDSegment", beside=("lead", "more", "proto", "proto2"), scaled=2, levels=(2, 2)),
    "Panoptic": Head("Panoptic", beside=("proto", "uconv"), scaled=2),
}
"""The heads that are defined."""

OWN = {
    "Detect": Head("DDetect", given=ALIKE),
    "Segment": Head("Segment9", beside=("proto",), scaled=2, given=ALIKE),
}
"""Those that are others in YOLOv9's own repository, whose files have `anchors` that they do not use."""

ANCHORED = {
    "Detect": Head("AnchorDetect"),
    "Segment": Head("AnchorSegment", beside=("proto",), scaled=3),
}
"""Those that predict boxes of given sizes, where `anchors` are among the arguments."""

OTHER_HEADS = frozenset(("IBin", "IKeypoint"))
"""Modules that take several tensors and give something of sizes that are not known here."""


def takes(found: Head, count: int) -> str:
    """Return what a head takes where it can not be as many tensors; nothing where it can."""
    branches, more = found.levels
    if found.exactly is not None:
        return "" if count == found.exactly else f"{found.exactly} tensors"
    whole = count > more and (count - more) % branches == 0
    one = {1: "one or more tensors", 2: "two tensors for each level", 3: "three tensors for each level"}[branches]
    return "" if whole else f"{one}, and {more} more" if more else one


def known(about: About, module: str) -> Head:
    """Return what is known of a head in this file."""
    table = ANCHORED if about.with_anchors else OWN if about.own else HEADS
    return table.get(module, HEADS[module])


def head(about: About, one: Written) -> Expression:
    """Make a call of a head over the tensors of its levels."""
    at, arguments, found = one.at, list(one.arguments), known(about, one.row.module)
    if about.with_anchors and not about.counted_anchors and arguments[1:]:
        first = Call(Name("len", at), (Index(arguments[1], (Constant(0, at),), at),), (), at)
        arguments[1] = Binary("//", first, Constant(2, at), at)
    if found.scaled is not None and arguments[found.scaled :]:
        arguments[found.scaled] = channels(arguments[found.scaled], at)
    given = dict(found.given)
    if found.twice:
        given |= {"twice": is_twice(about, one.row), "light": about.light or one.row.module == "v10Detect"}
    keywords = [Keyword(key, Constant(value, at), at) for key, value in given.items()]
    if about.has_bins and found.twice:
        keywords.append(Keyword("bins", Name("reg_max", at), at))
    texts = () if found.text is None or one.text is None else (one.text,)
    levels = List(one.tensors, "[]", at)
    return Call(Name(found.definition, one.name_at), (levels, *texts, *arguments), tuple(keywords), at)


def is_twice(about: About, row: Row) -> bool:
    """Say whether a head has a second one beside it, for training."""
    return (about.end2end or row.module == "v10Detect") and bool(known(about, row.module).twice)


def given_by(about: About, row: Row, at: At) -> list[Expression]:
    """Return what the last row gives: what its head predicts, and what training or masks need beside it."""
    found = known(about, row.module)
    whole = Name(f"model.{row.number}", at)
    parts = [*found.beside, *(found.twice if is_twice(about, row) else ())]
    return [whole, *(_part(whole, part, at) for part in parts)]


def _part(whole: Expression, path: str, at: At) -> Expression:
    for name in path.split("."):
        whole = Attribute(whole, name, at)
    return whole
