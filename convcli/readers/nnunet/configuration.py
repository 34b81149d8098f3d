"""The configurations of plans: two forms, what one inherits from another, and one form for what comes of them."""

import re
from collections.abc import Callable

from convcli.diagnostics import ERROR, Diagnostic, nearest, suggestion
from convcli.document import Mapping, Node, Scalar, Sequence
from convcli.layer.syntax import At, Binary, Constant, Expression, List, Name
from convcli.readers.complaints import ALIKE, slips
from convcli.readers.nnunet.record import CLASSES, Configuration
from convcli.readers.words import WordReader, is_empty
from convcli.source import Span

INTEGER = re.compile(r"\d{1,18}")
NORMS = {"InstanceNorm": "InstanceNorm", "BatchNorm": "BatchNorm"}
MOST_STAGES = 32
MOST_PARENTS = 32

KEYS = ("patch_size", "normalization_schemes", "architecture", "inherits_from", "previous_stage")
ARGUMENTS = (
    "n_stages", "features_per_stage", "conv_op", "kernel_sizes", "strides", "n_conv_per_stage",
    "n_blocks_per_stage", "n_conv_per_stage_decoder", "conv_bias", "norm_op",
)  # fmt: skip
"""What counts here of a configuration, and of the arguments of its network."""

Fields = dict[str, Node]


class PlanReader(WordReader):
    """Reads configurations; what is wrong with one is kept."""

    complained = 0
    """How often something was wrong, what was said before included."""

    def keep(self, *found: Diagnostic) -> None:
        """Keep mistakes, each once."""
        self.complained += sum(one.level == ERROR for one in found)
        super().keep(*found)

    def configurations(self, top: Fields) -> list[Configuration]:
        """Return the configurations that have a network."""
        node = top.get("configurations")
        if not isinstance(node, Mapping):
            return []
        known = {key.text: (key, value) for key, value in node.items}
        found = []
        for name, (key, value) in known.items():
            if not isinstance(value, Mapping):
                self.complain("CV088", f"the configuration `{name}` is no object", value.span)
                continue
            before = self.complained
            fields = self.inherited(name, known)
            whole = self.complained == before
            one = self.configuration(name, (key.span.start, key.span.end), fields) if whole else None
            if one is not None:
                found.append(one)
                self.expect_keys(value, fields)
        return found

    def inherited(self, name: str, known: dict[str, tuple[Scalar, Node]]) -> Fields:
        """Return the fields of a configuration, with those that it inherits."""
        chain: list[str] = []
        fields: Fields = {}
        while name in known and name not in chain:
            chain.append(name)
            if len(chain) > MOST_PARENTS:
                message = f"the configuration `{chain[0]}` inherits through more than {MOST_PARENTS} others"
                self.complain("CV088", message, known[chain[0]][1].span)
                return fields
            node = known[name][1]
            own = {key.text: value for key, value in node.items} if isinstance(node, Mapping) else {}
            fields = own | fields
            parent = own.get("inherits_from")
            if parent is None:
                return fields
            name = self.text(own, "inherits_from")
            if name in chain or name not in known:
                why = "inherits from itself" if name in chain else f"inherits from `{name}`, which there is not"
                self.complain("CV088", f"the configuration `{chain[0]}` {why}", parent.span)
        return fields

    def configuration(self, name: str, at: At, fields: Fields) -> Configuration | None:
        """Bring the fields of either form into one."""
        before = self.complained
        patch = self.numbers(fields, "patch_size", at)
        dims = len(patch.items) if isinstance(patch, List) else 0
        if self.complained == before and dims not in (2, 3):
            self.complain("CV088", f"a patch has two or three axes, found {dims}", self.whole.span(*patch.at))
        schemes = fields.get("normalization_schemes")
        colours: Expression = Constant(len(schemes.items) if isinstance(schemes, Sequence) else 1, at)
        if "previous_stage" in fields:  # what the stage before found is one more channel for each class but one
            rest = Binary("-", Name("num_classes", at), Constant(1, at), at)
            colours = Binary("+", colours, rest, at)
        read = self.later if "architecture" in fields else self.earlier
        made = read(name, at, fields, patch, colours, dims)
        if made is None or self.complained > before:
            return None
        self.check_lengths(made)
        return made if self.complained == before else None

    def expect_keys(self, own: Mapping, fields: Fields) -> None:
        """Warn of keys that are nearly one that counts."""
        self.keep(*slips(_places(own), KEYS, "a configuration"))
        architecture = fields.get("architecture")
        for key, node in architecture.items if isinstance(architecture, Mapping) else ():
            if key.text == "arch_kwargs" and isinstance(node, Mapping):
                self.keep(*slips(_places(node), ARGUMENTS, "this network"))

    def earlier(
        self, name: str, at: At, fields: Fields, patch: Expression, colours: Expression, dims: int
    ) -> Configuration | None:
        """Read the earlier form, in which a configuration has the numbers itself."""
        network = self.text(fields, "UNet_class_name")
        if not network:
            near = nearest("architecture", fields)
            self.complain(
                "CV088",
                f"the configuration `{name}` has neither `architecture` nor `UNet_class_name`",
                self.whole.span(*at),
                f"write `architecture` in place of `{near}`" if near else "",
            )
            return None
        strides = self.lists(fields, "pool_op_kernel_sizes", at)
        stages = len(strides.items) if isinstance(strides, List) else 0
        base, most = (
            self.integer(fields, "UNet_base_num_features", at),
            self.integer(fields, "unet_max_num_features", at),
        )
        features = tuple(Constant(min(base * 2**stage, most), at) for stage in range(min(stages, MOST_STAGES)))
        return Configuration(
            name, network, at, patch, colours, features, self.lists(fields, "conv_kernel_sizes", at), strides,
            self.numbers(fields, "n_conv_per_stage_encoder", at), self.numbers(fields, "n_conv_per_stage_decoder", at),
            True, "InstanceNorm", dims,
        )  # fmt: skip

    def later(
        self, name: str, at: At, fields: Fields, patch: Expression, colours: Expression, dims: int
    ) -> Configuration | None:
        """Read the later form, in which an `architecture` has the arguments of a class."""
        architecture = self.inner(fields, "architecture", at)
        network = self.text(architecture, "network_class_name").rpartition(".")[2]
        own = self.inner(architecture, "arch_kwargs", at)
        if not network:
            place = fields["architecture"].span if "architecture" in fields else self.whole.span(*at)
            near = nearest("network_class_name", architecture)
            help = f"write `network_class_name` in place of `{near}`" if near else ""
            self.complain(
                "CV088", "the architecture has no `network_class_name`", place._replace(end=place.start + 1), help
            )
            return None
        if network not in CLASSES:
            meant = suggestion(network, CLASSES, cutoff=ALIKE)
            if meant:
                node = architecture["network_class_name"]
                self.complain("CV088", f"`{network}` is no network that is known here", node.span, meant)
                return None
            nothing = List((), "[]", at)
            return Configuration(
                name, network, at, patch, colours, (), nothing, nothing, nothing, nothing, True, None, dims
            )
        features = self.numbers(own, "features_per_stage", at)
        stages, axes = self.text(own, "n_stages"), self.text(own, "conv_op")[-2:]
        if isinstance(features, List) and stages.isdecimal() and int(stages[:9]) != len(features.items):
            message = f"`n_stages` is {stages[:9]}, and `features_per_stage` has {len(features.items)} entries"
            self.complain("CV088", message, own["n_stages"].span)
        if axes in ("1d", "2d", "3d") and axes != f"{dims}d":
            message = f"the patch has {dims} axes, and convolutions are `{self.text(own, 'conv_op')[-6:]}`"
            self.complain("CV088", message, own["conv_op"].span)
        encoder = "n_blocks_per_stage" if "n_blocks_per_stage" in own else "n_conv_per_stage"
        return Configuration(
            name, network, at, patch, colours, features.items if isinstance(features, List) else (),
            self.lists(own, "kernel_sizes", at), self.lists(own, "strides", at),
            self.numbers(own, encoder, at), self.numbers(own, "n_conv_per_stage_decoder", at),
            self.text(own, "conv_bias") == "true", self.norm(own), dims,
        )  # fmt: skip

    def check_lengths(self, one: Configuration) -> None:
        """Complain of lists that have not an entry for each stage."""
        if one.network not in CLASSES:
            return
        stages = len(one.features)
        wanted = {"kernels": stages, "strides": stages, "encoder": stages, "decoder": stages - 1}
        for name, count in wanted.items():
            tree = getattr(one, name)
            entries = len(tree.items) if isinstance(tree, List) else 0
            if entries != count:
                message = f"`{one.name}` has {stages} stages: {count} entries are expected here, found {entries}"
                self.complain("CV088", message, self.whole.span(*tree.at))
            axes = [
                item for item in getattr(tree, "items", ()) if isinstance(item, List) and len(item.items) != one.dims
            ]
            if axes:
                message = f"{one.dims} numbers are expected here, one for each axis of the patch"
                self.complain("CV088", message, self.whole.span(*axes[0].at))
        if not 2 <= stages <= MOST_STAGES:
            message = f"a network has 2 to {MOST_STAGES} stages, found {stages}"
            self.complain("CV088", message, self.whole.span(*one.at))

    # ---- single fields

    def inner(self, fields: Fields, key: str, at: At) -> Fields:
        node = fields.get(key)
        if not isinstance(node, Mapping):
            span = node.span if node is not None else self.whole.span(*at)
            self.complain("CV088", f"`{key}` is missing, or is no object", span)
            return {}
        return {name.text: value for name, value in node.items}

    def text(self, fields: Fields, key: str) -> str:
        node = fields.get(key)
        return node.text if isinstance(node, Scalar) and not is_empty(node) else ""

    def integer(self, fields: Fields, key: str, at: At) -> int:
        found = self.number(fields.get(key), key, at)
        return found.value if isinstance(found, Constant) and isinstance(found.value, int) else 1

    def number(self, node: Node | None, key: str, at: At) -> Constant:
        """Read a positive integer."""
        whole = isinstance(node, Scalar) and INTEGER.fullmatch(node.text) is not None
        if isinstance(node, Scalar) and whole and not node.quoted and int(node.text) > 0:
            return Constant(int(node.text), (node.span.start, node.span.end))
        if isinstance(node, Scalar) and whole and node.quoted:
            message = f'`{key}` has positive integers, found the text "{node.text}"'
            self.complain("CV088", message, node.span, f"write {node.text}, without quotes")
            return Constant(1, at)
        span = node.span if node is not None else self.whole.span(*at)
        self.complain("CV088", f"`{key}` has positive integers", span)
        return Constant(1, at)

    def numbers(self, fields: Fields, key: str, at: At) -> Expression:
        """Read a list of positive integers."""
        return self.each(fields, key, at, lambda item: self.number(item, key, at))

    def lists(self, fields: Fields, key: str, at: At) -> Expression:
        """Read a list with a list of positive integers for each stage."""
        return self.each(fields, key, at, lambda item: self.numbers({key: item}, key, at))

    def each(self, fields: Fields, key: str, at: At, read: Callable[[Node], Expression]) -> Expression:
        """Read a list, item by item."""
        node = fields.get(key)
        if not isinstance(node, Sequence):
            meant = nearest(key, fields) if node is None else None
            near = fields[meant] if meant else node
            span = near.span if near is not None else self.whole.span(*at)
            help = f"`{meant}` is no argument: write `{key}`" if meant else ""
            self.complain("CV088", f"`{key}` is missing, or is no list", span, help)
            return List((), "[]", at)
        items = tuple(map(read, node.items[: MOST_STAGES + 1]))
        return List(items, "[]", (node.span.start, node.span.end))

    def norm(self, own: Fields) -> str | None:
        """Return the kind of normalisation, without its number of axes."""
        text = self.text(own, "norm_op").rpartition(".")[2]
        found = NORMS.get(text[:-2]) if text[-1:] == "d" else None
        if text and found is None:
            known = ", ".join(f"`{name}`" for name in NORMS)
            node = own["norm_op"]
            help = suggestion(text[:-2], NORMS, f"they are: {known}", cutoff=ALIKE)
            self.complain("CV088", f"`{text}` is no normalisation that is known here", node.span, help)
        return found


def _places(node: Mapping) -> dict[str, Span]:
    return {key.text: key.span for key, _ in node.items}
