"""The text of `print(model)`."""

from collections.abc import Callable

from hostile import archives
from hostile.dialect import CODE, IS_NO_ARCHIVE, ONE_FILE, Dialect, Text, harmless

NO_LINKS = "the text does not say what a module takes"


def net(*modules: str, kind: str = "Net") -> str:
    return f"{kind}(\n" + "".join(f"  (m{at}): {one}\n" for at, one in enumerate(modules)) + ")\n"


class Printed(Dialect):
    """Modules by name, in the brackets of those that hold them."""

    name = "print"
    file = "net.txt"
    answered = {
        **harmless(
            "a byte order mark", "2^31", "a product past 2^63", "a long name", "a name twice",
            "a layer that there is not",
        ),
        "a text of escapes": "lines that are no modules are left alone",
        "own: words without end": "text in front of a model is left alone",
    }  # fmt: skip
    words = {**Dialect.words, "true": "True", "null": "None", "text": "'many'", "nan": "nan", "infinity": "inf"}
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "aliases that multiply": "nothing refers to anything",
        **dict.fromkeys(
            (
                "a layer that takes itself", "two layers in a circle", "a layer that takes nothing there is",
                "a layer that takes a later one", "sums that double", "channels that double",
            ),
            NO_LINKS,
        ),
    }  # fmt: skip

    def good(self) -> Text:
        return net("Conv2d(3, 8, kernel_size=(3, 3))", "ReLU(inplace=True)")

    def sized(self, size: str) -> Text:
        return net(f"Conv2d(3, {size}, kernel_size=(3, 3))")

    def sizes(self, size: int) -> Text:
        return net(f"Conv2d({size}, {size}, kernel_size=(3, 3))")

    def repeated(self, count: int) -> Text:
        return f"Net(\n  (0-{count - 1}): {count} x ReLU()\n)\n"

    def row(self, count: int) -> Text:
        return "Net(\n" + "(a): B()\n" * count + ")\n"

    def nested(self, levels: int, *, closed: bool) -> Text:
        return "Net(\n" + "(a): N(\n" * levels + ")\n" * (levels + 1) * closed

    def named(self, *names: str) -> Text:
        return "Net(\n" + "".join(f"  ({name}): ReLU()\n" for name in names) + ")\n"

    def unknown(self, kind: str) -> Text:
        return net(f"{kind}(8)")

    def said(self, text: str) -> Text:
        return net(f"Conv2d(3, 8, kernel_size=(3, 3), padding_mode={text})")

    def missing(self) -> Text:
        return net("Conv2d(3)")

    def top(self) -> Text:
        return "(a): ReLU()\n" * 1000

    def nulls(self) -> Text:
        return net("Conv2d(None, None, kernel_size=None)", "ReLU(None)")

    def bait(self) -> Text:
        return "a" * 1_000_000 + "(\n  (a): Conv2d(3, 3)\n)\n"

    def own(self) -> dict[str, Callable[[], Text]]:
        def nested(kind: str) -> str:
            return f"{kind}(\n" + f"  (0): {kind}(\n" * 10_000 + "  (0): ReLU()\n" + ")\n" * 10_001

        def many(kind: str, top: str) -> str:
            return f"{top}(\n" + f"  (0-9999): 9999 x {kind}(\n" * 8 + "  (0): ReLU()\n" + ")\n" * 9

        return {
            "chains in chains": lambda: nested("Sequential"),
            "modules in modules": lambda: nested("Net"),
            "modules of modules that are many": lambda: many("B", "Net"),
            "chains of chains that are many": lambda: many("Sequential", "Sequential"),
            "brackets in a module": lambda: net("Conv2d(" + "(" * 100_000 + ")"),
            "code as a module": lambda: net(CODE, "Conv2d(3, open('x'), 3)"),
            "many beginnings": lambda: "Net(\n" * 100_000,
            "a chain of a huge size": lambda: net(f"Conv2d(3, {10**30}, 3)", kind="Sequential"),
            "words without end": lambda: "a " * 900_000 + "(\n  (a): ReLU()\n)\n",
            "a name of dots": lambda: "Net(\n  (" + "." * 1_000_000 + "\n",
        }
