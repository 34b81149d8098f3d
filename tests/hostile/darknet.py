"""Darknet's files."""

from collections.abc import Callable

from hostile import archives
from hostile.dialect import IS_NO_ARCHIVE, ONE_FILE, Dialect, Links, Text, harmless

HEAD = "[net]\nbatch=64\nwidth=32\nheight=32\nchannels=3\n"
CONV = "[convolutional]\nfilters=8\nsize=3\nstride=1\npad=1\nactivation=leaky\n"


def net(*sections: str, side: int = 32) -> str:
    return HEAD.replace("32", str(side)) + "".join(sections)


def conv(filters: int | str, size: int | str = 3) -> str:
    return CONV.replace("filters=8", f"filters={filters}").replace("size=3", f"size={size}")


class Darknet(Dialect):
    """Sections of options; layers are counted, and have no names."""

    name = "darknet"
    file = "net.cfg"
    answered = {
        **harmless("a byte order mark", "2^31", "a product past 2^63", "a name twice", "sums that double"),
        **dict.fromkeys(
            ("1e999", "a fraction", "a power", "a zero inside", "a long line"),
            "Darknet reads a number up to where it ends, and leaves blanks out",
        ),
        **dict.fromkeys(
            (
                "own: a huge image", "own: a huge kernel", "own: many routes", "own: a huge layer of its own weights",
            ),
            "nothing is wrong with it but its size, and it is counted exactly",
        ),
    }  # fmt: skip
    words = {**Dialect.words, "text": "many", "list": "[1,2]"}
    absent = {
        **dict.fromkeys(archives.KINDS, IS_NO_ARCHIVE),
        "a file elsewhere": ONE_FILE,
        "a thousand million times": "a section is one layer",
        "nested, closed": "nothing holds itself: sections stand side by side",
        "aliases that multiply": "there are no references but those to layers",
        "a name for a terminal": "layers have no names",
        "a long name": "layers have no names",
    }

    def good(self) -> Text:
        return net(CONV, "[maxpool]\nsize=2\nstride=2\n")

    def sized(self, size: str) -> Text:
        return net(conv(size))

    def sizes(self, size: int) -> Text:
        return net(conv(size), conv(size))

    def row(self, count: int) -> Text:
        return net("[dropout]\n" * count)

    def nested(self, levels: int, *, closed: bool) -> Text:
        return net("[" * levels)

    def graph(self, links: Links, *, joined: str = "sum") -> Text:
        places = {"input": -1, "gone": 99, **{name: at for at, (name, _) in enumerate(links, 1)}}
        found = [conv(8)]
        for name, takes in links:
            here = [places[one] for one in takes]
            if joined == "sum" and len(here) > 1:
                found.append(f"[shortcut]\nfrom={here[0] - places[name]}\nactivation=linear\n")
            else:
                found.append(f"[route]\nlayers={','.join(str(max(one, 0)) for one in here)}\n")
        return net(*found)

    def named(self, *names: str) -> Text:
        return net("[convolutional]\n" + "".join(f"{name}={at}\n" for at, name in enumerate(names)) + "filters=8\n")

    def unknown(self, kind: str) -> Text:
        return net(f"[{kind}]\n")

    def said(self, text: str) -> Text:
        return net(CONV.replace("leaky", text))

    def missing(self) -> Text:
        return "[net]\nbatch=1\n" + CONV

    def top(self) -> Text:
        return "width=3\n" * 1000

    def nulls(self) -> Text:
        return "\n".join(line.partition("=")[0] + "=" * ("=" in line) for line in net(CONV).split("\n"))

    def bait(self) -> Text:
        return " " * 1_000_000 + "\n(" * 300_000

    def own(self) -> dict[str, Callable[[], Text]]:
        return {
            "no sections": lambda: "[net]\n",
            "an option without end": lambda: "[net]\nwidth=" + "9" * 1_000_000,
            "comments without end": lambda: "#\n" * 900_000,
            "no image": lambda: net(CONV, side=0),
            "routes that double": lambda: net(CONV, *["[route]\nlayers=-1,-1\n"] * 200),
            "many numbers": lambda: net(CONV, "[route]\nlayers=" + ",".join(["-9"] * 100_000)),
            "no equal signs": lambda: net("word\n" * 200_000),
            "zeros behind it": lambda: net(CONV) + "\0" * 100_000,
            "itself by its number": lambda: net("[route]\nlayers=0\n"),
            "a group too many": lambda: net(CONV, "[route]\nlayers=-1\ngroups=99999999999\ngroup_id=1\n"),
            "a stretch": lambda: net(CONV, "[upsample]\nstride=4611686018427387904\n"),
            "a huge image": lambda: net(CONV, side=2**62),
            "a huge kernel": lambda: net(conv(8, 2**62)),
            "many routes": lambda: net(
                CONV, *["[route]\nlayers=" + ",".join(["0"] * 1000) + "\n"] * 100, side=2**40
            ),
            "a huge layer of its own weights": lambda: net(
                "[local]\nsize=3\npad=1\nfilters=4611686018427387904\n", conv(8, 99)
            ),
        }  # fmt: skip
