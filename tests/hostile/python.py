"""Python models: `net.py:Net`, whose code is run, since somebody named it."""

from collections.abc import Callable

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, Dialect, Links, Text, harmless

ITS_OWN = "the program is the user's own, and what it does is their matter"

HEAD = "import torch\nfrom torch import nn\n"
NET = HEAD + "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"


def net(*built: str, forward: str = "return self.a(x)", head: str = "") -> str:
    """Write a class: what its constructor does, and its `forward`."""
    lines = "".join(f"        {line}\n" for line in built or ("self.a = nn.ReLU()",))
    return f"{head}{NET}{lines}    def forward(self, x):\n        {forward}\n"


class Python(Dialect):
    """A module of torch, built and called."""

    name = "python"
    file = "net.py"
    options = ("-i", "3x32x32")
    bare = False
    answered = {
        **harmless(
            "a byte order mark", "2^31", "0", "a long name", "a name twice", "a layer that takes a later one",
            "a name for a terminal", "half a character as a name", "a name of several lines",
        ),
        "more bytes than are read": "Python reads the file, up to its end",
        "own: a forward of code": "it is called, and gives no tensor",
        "own: a result of no tensor": "the layers are counted all the same",
        "own: numbers out of a tensor": "the layers are counted up to there, with a warning",
        "own: a class for a terminal": "it is shown without what a terminal would act on",
    }  # fmt: skip
    words = {
        "nan": "float('nan')", "true": "True", "null": "None", "text": "'many'", "list": "[1, [2, 3]]",
        "infinity": "1e999",
    }  # fmt: skip
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        **dict.fromkeys(
            (
                "a power", "code", "a thousand million times", "more layers than are read", "aliases that multiply",
                "a file elsewhere",
            ),
            ITS_OWN,
        ),
    }  # fmt: skip

    def arguments(self) -> list[str]:
        return ["profile", f"{self.file}:Net", *self.options]

    def good(self) -> Text:
        return net("self.a = nn.Conv2d(3, 8, 3)", "self.b = nn.ReLU()", forward="return self.b(self.a(x))")

    def sized(self, size: str) -> Text:
        return net(f"self.a = nn.Conv2d(3, {size}, 3)")

    def sizes(self, size: int) -> Text:
        return net(f"self.a = nn.Conv2d({size}, {size}, 3)")

    def nested(self, levels: int, *, closed: bool) -> Text:
        return "Net = " + "(" * levels + ")" * (levels * closed)

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        join = "x + x" if joined == "sum" else "torch.cat([x, x], 1)"
        return net(
            f"links = {links!r}",
            "parts = {name: nn.Module() for name, _ in links}",
            "parts['input'] = nn.ReLU()",
            "for name, takes in links:",
            "    for at, one in enumerate(takes):",
            "        setattr(parts[name], f'{one}{at}', parts[one])",
            "self.links, self.last = links, parts[links[-1][0]]",
            forward=f"for _, takes in self.links: x = {join} if len(takes) > 1 else x\n        return x",
        )

    def named(self, *names: str) -> Text:
        return net(
            *(f"self.add_module({name!r}, nn.ReLU())" for name in names),
            forward="for one in self.children(): x = one(x)\n        return x",
        )

    def unknown(self, kind: str) -> Text:
        return net(f"self.a = getattr(nn, {kind!r})()")

    def said(self, text: str) -> Text:
        return net(f"raise ValueError({text!r})")

    def missing(self) -> Text:
        return "Other = 7\n"

    def top(self) -> Text:
        return "Net = [7, 8]\n"

    def nulls(self) -> Text:
        return "Net = None\n"

    def bait(self) -> Text:
        return net("raise ValueError('a ' * 1_000_000)")

    def own(self) -> dict[str, Callable[[], Text]]:
        return {**raising(), **without_end(), **strange()}


def raising() -> dict[str, Callable[[], Text]]:
    """Return models that raise what few programs catch, at each time that their code runs."""
    own = "class Own(BaseException): pass\n"
    silent = "class Own(Exception):\n    def __str__(self): raise ValueError\n"
    kinds = {
        "an end of the program": ("SystemExit(0)", ""),
        "an end with a text": ("SystemExit('\\x1b[31m')", ""),
        "an exception of its own": ("Own('\\x1b[31m')", own),
        "an end of a generator": ("GeneratorExit", ""),
        "an exception without a text": ("Own()", silent),
        "a lack of memory": ("MemoryError", ""),
        "a group of exceptions": ("BaseExceptionGroup('\\x1b[31m', [Own()])", own),
    }
    found: dict[str, Callable[[], Text]] = {}
    for name, (kind, head) in kinds.items():
        found[f"{name} in the file"] = lambda kind=kind, head=head: f"{head}raise {kind}\n"
        found[f"{name} in the constructor"] = lambda kind=kind, head=head: net(f"raise {kind}", head=head)
        found[f"{name} in forward"] = lambda kind=kind, head=head: net(forward=f"raise {kind}", head=head)
    return found


def without_end() -> dict[str, Callable[[], Text]]:
    """Return models that call themselves, or hold themselves."""
    return {
        "a constructor in itself": lambda: net("self.a = Net()"),
        "a forward in itself": lambda: net(forward="return self(x)"),
        "a module in itself": lambda: net("self.a = nn.ReLU()", "self.b = nn.Sequential(self.a)", "self.b.c = self"),
        "a result in itself": lambda: net(forward="y = [x]; y.append(y); return y"),
        "a deep result": lambda: net(
            "self.a = nn.ReLU()", forward="y = self.a(x)\n        for _ in range(100_000): y = [y]\n        return y"
        ),
        "attributes of attributes": lambda: "class Net:\n    def __getattr__(self, name): return getattr(self, name)\n",
        "an import of itself": lambda: "from net import Net\n",
        "a deep sum": lambda: f"Net = {'-' * 200_000}1\n",
        "a deep module": lambda: net("self.a = nn.ReLU()", "for _ in range(2_000): self.a = nn.Sequential(self.a)"),
    }


def strange() -> dict[str, Callable[[], Text]]:
    """Return models that are built otherwise than torch expects."""
    return {
        "a module that is not begun": lambda: NET.replace("super().__init__()", "pass"),
        "a model without forward": lambda: NET,
        "a forward that is a number": lambda: net() + "    forward = 7\n",
        "a forward of code": lambda: net() + "    forward = print\n",
        "a class that makes none": lambda: NET + "    def __new__(cls): return 7\n",
        "a result of no tensor": lambda: net(forward="return 'many'"),
        "names that are no texts": lambda: net() + "    def named_parameters(self, **_): return [(7, 8)]\n",
        "a tensor with a huge view": lambda: net(forward="return x.expand(2**62, 2**62, 3, 32, 32)"),
        "numbers out of a tensor": lambda: net(forward="return x[: int(x.sum())]"),
        "a huge tensor in the constructor": lambda: net("self.a = torch.ones(2**62, 2**62)"),
        "a class for a terminal": lambda: net() + "Net.__name__ = '\\x1b[31m'\n",
    }
