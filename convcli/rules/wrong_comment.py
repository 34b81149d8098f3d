"""A comment at the end of a layer's line states a size or a number that is not the layer's.

It speaks of the line: of the layer, of all layers of a chain or of a block that is called there, and
on the line of a name with a list below it, or of `layers:`, of all of that. In a block that is built
several times it has to be true of one of them, since it does not say of which. It is judged where the
network is what the file says, at the file's own size; on the line of a variant where that is built.
"""

from collections.abc import Iterator, Sequence

from convcli.graph import Node, Result
from convcli.human import short, show_list, show_shape
from convcli.quantity import Shape, is_known
from convcli.record import Record
from convcli.rules.case import Case, Said, both
from convcli.rules.statements import FLOPS, MACS, NUMBER, PARAMS, SHAPE, Statement, statements
from convcli.rules.written import Line, Nest, Written, extent, lines_of
from convcli.source import Span

NAMES = {PARAMS: "parameters", MACS: "MACs", FLOPS: "FLOPs"}

Stated = tuple[Line, tuple[Statement, ...]]
Built = tuple[int, ...]
"""The nodes of one line, once; in order."""


class Wrong(Record):
    """A statement that is true of nothing that was built from its line, and what the first of that has.

    Attributes:
        span: the statement.
        name: what was built.
        kind: what it states.
        counts: what is counted, and the number, as we count.
        shape: what comes out.
        is_macs: the number is that of the MACs.
    """

    span: Span
    name: str
    kind: str
    counts: tuple[tuple[str, int], ...]
    shape: Shape
    is_macs: bool = False


def find(case: Case) -> Iterator[tuple[int, Wrong]]:
    """Give the statements that are wrong."""
    written = case.written
    if written is None:
        return
    pairs = [(comment, own) for comment in written.stating() if (own := tuple(statements(comment.text())))]
    lines = lines_of(written.network, [comment for comment, _ in pairs])
    stated = [(line, own) for line, (_, own) in zip(lines, pairs, strict=True) if not line.alone and not line.shared]
    for (line, own), builds in _builds(case, written, stated):
        for statement in own:
            wrong = _wrong(case, line, statement, builds)
            if wrong:
                yield -1, wrong


def _builds(case: Case, written: Written, stated: list[Stated]) -> Iterator[tuple[Stated, list[Built]]]:
    """Give each statement with all that was built from its line."""
    regions: dict[int, list[tuple[Span, int]]] = {}
    whole = tuple(range(len(case.graph.nodes)))
    for at, one in enumerate(stated):
        line, _ = one
        if line.item is None:
            if whole and _is_of_all(case, written, line):
                yield one, [whole]
        elif case.graph.variant is None:
            regions.setdefault(id(line.comment.source), []).append((extent(line.item), at))
    nests = {source: Nest(stretches) for source, stretches in regions.items()}
    found: dict[int, dict[int, list[int]]] = {}
    for at, node in enumerate(case.graph.nodes if nests else ()):
        for place, call in _claims(node, nests):
            found.setdefault(place, {}).setdefault(call, []).append(at)
    for place, builds in found.items():
        yield stated[place], [tuple(built) for built in builds.values()]


def _is_of_all(case: Case, written: Written, line: Line) -> bool:
    """Say whether a comment speaks of the whole network, or of the variant that it is."""
    if line.comment.source is not written.source():
        return False
    if case.graph.variant is None:
        return line.before() == "layers:" or line.before().startswith("name:")
    places = {variant.name: variant.span for variant in written.network.variants}
    named = places.get(case.graph.variant)
    return named is not None and named.line == line.comment.line


def _claims(node: Node, nests: dict[int, Nest[int]]) -> Iterator[tuple[int, int]]:
    """Give the statements whose line a node was built from, each with the call of the block that the line is in.

    Every call that is worked through has a span of its own, also where several stand at one place.
    """
    chain = (node.span, *node.via)
    taken: set[int] = set()
    for at in range(len(chain) - 1, -1, -1):
        span = chain[at]
        if span is not None and id(span.source) in nests:
            call = id(chain[at + 1]) if at + 1 < len(chain) else 0
            for place in nests[id(span.source)].around(span.start):
                if place not in taken:
                    taken.add(place)
                    yield place, call


def _wrong(case: Case, line: Line, statement: Statement, builds: list[Built]) -> Wrong | None:
    """Return what is wrong with a statement, if it is true of nothing that was built."""
    span = Span(line.comment.source, line.comment.start + statement.start, line.comment.start + statement.end)
    name = _subject(case, line, builds[0])
    if statement.kind == SHAPE:
        if any(_is_shape(case, statement.shape, built) for built in builds):
            return None
        shape = case.graph.shape((builds[0][-1], 0)) or ()
        return Wrong(span, name, SHAPE, (), shape if len(statement.shape) == len(shape) else shape[1:])
    kinds = (PARAMS, MACS, FLOPS) if statement.kind == NUMBER else (statement.kind,)
    for built in builds:
        values = [value for kind in kinds for value in _values(case, kind, built)]
        if not all(map(is_known, values)) or any(map(statement.holds, values)):
            return None
    counts = tuple((kind, _values(case, kind, builds[0])[0]) for kind in kinds)
    return Wrong(span, name, statement.kind, counts, (), statement.holds(_values(case, MACS, builds[0])[0]))


def _subject(case: Case, line: Line, built: Built) -> str:
    """Return what a line is called: its layer, or what all of its layers belong to."""
    if line.item is None:
        return f"`{case.graph.name}`"
    if len(built) == 1:
        return f"`{case.name(built[0])}`"
    parts = case.name(built[-1]).split(".")
    if line.item.name not in parts:
        return "this line"
    return f"`{'.'.join(parts[: parts.index(line.item.name) + 1])}`"


def _values(case: Case, kind: str, built: Built) -> tuple[int, ...]:
    """Return a number of what was built, and others that one may mean by it, the first as we count."""
    nodes = [case.graph.nodes[at] for at in built]
    if kind == PARAMS:
        modules = {node.module or at: node.op.params() for at, node in enumerate(nodes)}
        return sum(node.op.params() for node in nodes if node.call == 1), sum(modules.values())
    answers = [node.answer for node in nodes if node.answer]
    macs = sum(answer.macs for answer in answers)
    if kind == MACS:
        return (macs,)
    return 2 * macs, 2 * macs + sum(answer.other_ops for answer in answers)


def _is_shape(case: Case, stated: Shape, built: Built) -> bool:
    """Say whether a shape is one that leaves what was built, or may be said of something else than that."""
    inside = set(built)
    last = case.graph.nodes[built[-1]]
    if last.answer is None:
        return True
    results: list[Result] = [(built[-1], number) for number in range(len(last.answer.outputs))]
    for at in built[:-1]:
        answer = case.graph.nodes[at].answer
        for number in range(len(answer.outputs) if answer else 0):
            leaves = any(reader not in inside for reader in case.readers((at, number)))
            if leaves or (at, number) in case.graph.outputs:
                results.append((at, number))
    shapes = [shape for result in results if (shape := case.graph.shape(result))]
    if any(_fits(stated, shape) for shape in shapes):
        return True
    if all(len(stated) not in (len(shape), len(shape) - 1) for shape in shapes):
        return True  # a kernel, or a picture without its channels
    if len(stated) == 2 and (stated[0] == stated[1] or any(stated[0] * stated[1] in shape for shape in shapes)):
        return True  # the picture that a row of positions is made of
    weights = [weight for at in built for weight in case.graph.nodes[at].op.weights().values()]
    return len(stated) > 1 and any(_is_part(stated, weight) for weight in weights)


def _fits(stated: Shape, shape: Shape) -> bool:
    """Say whether a stated shape is this one, with or without a batch, its channels in front or behind."""
    if not all(map(is_known, shape)):
        return True
    for batch in (0, 1) if len(shape) == 3 else (0,):  # recurrent layers have it behind the steps
        rest = (*shape[:batch], *shape[batch + 1 :])
        own = (*stated[:batch], *stated[batch + 1 :]) if len(stated) == len(shape) else stated
        if own in (rest, (*rest[1:], *rest[:1])):
            return True
    return False


def _is_part(stated: Shape, weight: Shape) -> bool:
    """Say whether sizes are those of a weight, or some of them: `3x3x64` is a kernel for 64 channels."""
    left = list(weight)
    for size in stated:
        if size not in left:
            return False
        left.remove(size)
    return True


def say(_: Case, places: Sequence[tuple[int, Wrong]]) -> Said:
    """Say what there is."""
    wrong = places[0][1]
    written = wrong.span.text()
    if wrong.kind == SHAPE:
        right = show_list(wrong.shape) if written[:1] in "[(" else show_shape(wrong.shape)
        return Said(
            f"the comment states {written}, and {wrong.name} makes {show_shape(wrong.shape)}", "", _write(right)
        )
    counts = both(f"{value:,} {NAMES[kind]}" for kind, value in wrong.counts)
    message = f"the comment states {written}, and {wrong.name} has {counts}"
    if wrong.kind == FLOPS and wrong.is_macs:
        return Said(message, "that is what it has of MACs", "a multiply-accumulate is two FLOPs; write `MACs`")
    kind, value = wrong.counts[0]
    return Said(message, "", _write(f"{short(value)} {NAMES[kind]}"))


def _write(right: str) -> str:
    return f"write `{right}`"
