"""Texts that want to break something: too deep, too large, too long, or not meant for a terminal.

Each is made when a test asks for it; none is stored. What is said of a file holds for all of them:
it is refused with a sentence, quickly, in little memory.
"""

import random
from collections.abc import Callable

HEAD = "input: [3, 32, 32]\n"


def layers(*lines: str, head: str = "") -> str:
    """Make a file of a few layers."""
    return f"{HEAD}{head}layers:\n" + "".join(f"  - {line}\n" for line in lines)


def quoted(text: str) -> str:
    """Quote a text for YAML, as it is."""
    return "'" + text.replace("'", "''") + "'"


def expression(text: str) -> str:
    """Make a file with one layer."""
    return layers(quoted(text))


def blocks(count: int, line: Callable[[int], list[str]], last: list[str]) -> str:
    """Make blocks B0, B1, ..., each of which calls the next."""
    text = f"{HEAD}blocks:\n"
    for at in range(count):
        body = line(at + 1) if at < count - 1 else last
        text += f"  B{at}():\n" + "".join(f"    - {item}\n" for item in body)
    return text + "layers:\n  - B0()\n"


def alias_bomb(inner: str, width: int = 9, levels: int = 12) -> str:
    """Make lists of aliases of lists of aliases, as variables."""
    text = f"{HEAD}vars:\n  v0: &v0 {inner}\n"
    for level in range(1, levels):
        text += f"  v{level}: &v{level} [{', '.join([f'*v{level - 1}'] * width)}]\n"
    return text + "layers:\n  - ReLU()\n"


def empty_scopes(levels: int = 40) -> str:
    """Make scopes that hold nothing but each scope before, twice."""
    text = f"{HEAD}layers:\n  - a0: &a0 []\n"
    for level in range(1, levels):
        text += f"  - a{level}: &a{level} [{{p: *a{level - 1}}}, {{q: *a{level - 1}}}]\n"
    return text


def doubled_lists(use: str, levels: int = 60) -> str:
    """Make variables each of which is a list that holds the one before twice."""
    text = f"{HEAD}vars:\n  a0: '1'\n  b0: '1'\n"
    for level in range(1, levels):
        text += f"  a{level}: [a{level - 1}, a{level - 1}]\n  b{level}: [b{level - 1}, b{level - 1}]\n"
    return text + f"layers:\n  - {use.format(last=levels - 1)}\n"


def garbage(seed: int, size: int = 20_000) -> bytes:
    """Draw bytes."""
    return random.Random(seed).randbytes(size)


DEEP: dict[str, str] = {
    "brackets of a list": HEAD + "layers: " + "[" * 40_000,
    "brackets of a list, closed": HEAD + "layers: " + "[" * 30_000 + "]" * 30_000,
    "braces": HEAD + "layers: " + "{a: " * 20_000,
    "dashes": HEAD + "layers:\n" + "- " * 40_000,
    "indentation": HEAD + "layers:\n" + "".join(" " * level + "- a:\n" for level in range(1, 200)),
    "questions": HEAD + "layers:\n" + "? " * 40_000,
    "parentheses": expression("(" * 40_000),
    "parentheses, closed": expression("(" * 20_000 + "ReLU()" + ")" * 20_000),
    "calls": expression("Sequential(" * 5_000 + ")" * 5_000),
    "lists": expression("[" * 20_000 + "]" * 20_000),
    "signs": expression("-" * 60_000 + "1"),
    "negations": expression("not " * 15_000 + "1"),
    "conditions": expression("ReLU() if 1 else " * 3_000 + "ReLU()"),
    "sums": expression("1 + " * 15_000 + "1"),
    "comparisons": expression("1 < " * 15_000 + "1"),
    "attributes": expression("x" + ".a" * 30_000),
    "subscripts": expression("x" + "[0]" * 20_000),
    "applications": expression("ReLU" + "()" * 30_000),
    "f-strings": expression('f"{' * 9_000),
    "chains in chains": expression("Sequential(ReLU() | " * 90 + "ReLU()" + ")" * 90),
}
"""What is nested too deeply."""

LARGE: dict[str, str | bytes] = {
    "a byte too many": HEAD + "#" * (2 * 1024 * 1024),
    "an expression a character too long": expression("ReLU()" + " " * 65_531),
    "half a million items": HEAD + "layers:\n" + "- a\n" * 500_000,
    "items that are all wrong": HEAD + "layers:\n" + "- a\n" * 390_000,
    "items in a row": HEAD + "layers: [" + "a," * 390_000 + "]",
    "layers, a few too many": HEAD + "layers:\n" + "- relu\n" * 100_001,
    "keys": HEAD + "".join(f"k{at}: 1\n" for at in range(150_000)),
    "a key twice, late": HEAD + "vars:\n" + "".join(f"  k{at}: 1\n" for at in range(100_000)) + "  k5: 1\n",
    "variables in a row": HEAD + "vars:\n" + "".join(f"  v{at}: v{at + 1} + 1\n" for at in range(20_000)),
    "a line": HEAD + "layers: [" + "Conv2D(), " * 190_000 + "]",
    "a name": f"name: {'a' * 1_900_000}\n" + layers("Conv2D()"),
    "a word": layers("a" * 60_000),
    "a text": layers(quoted("Conv2d(3, 8, 3, padding_mode='" + "a" * 60_000 + "')")),
    "garbage": garbage(1),
    "garbage, large": garbage(2, 2_000_000),
    "zeros": b"\0" * 1_000_000,
    "a zero": b"layers:\n  - ReLU()\0\n",
    "invalid UTF-8": HEAD.encode() + b"layers:\n  - \xff\xfe\n",
    "half a character": layers("ReLU()").encode() + b"\xe2\x82",
    "UTF-16": layers("ReLU()").encode("utf-16"),
    "Latin-1": layers("Réseau()").encode("latin-1"),
    "blanks": b" " * 1_000_000,
    "line ends": b"\n" * 1_000_000,
    "returns": b"\r" * 1_000_000,
    "colons": b":" * 100_000,
    "percents": b"%" * 100_000,
    "ampersands": b"&a " * 100_000,
}
"""What is too large, or no text at all."""

UNFOLDING: dict[str, str] = {
    "a repetition": layers("ReLU() * 1000000000"),
    "a repetition of a repetition": layers("((ReLU() * 1000) * 1000) * 1000"),
    "a repetition of a scope": layers("Sequential(ReLU(), ReLU()) * 100000000"),
    "a repetition of a function": layers("Sequential(relu(x)) * 1000000000"),
    "a repetition by a variable": layers("ReLU() * n", head="vars: {n: 1000 * 1000 * 1000}\n"),
    "a repetition of a parameter": layers("Parameter(1) * 1000000000"),
    "a repetition of an empty block": layers("Nothing() * 1000000000", head="blocks: {Nothing(): []}\n"),
    "a repetition of a block of functions": layers("F() * 1000000000", head="blocks: {F(): [relu(x)]}\n"),
    "a repetition by an argument": layers("F(1000000000)", head="blocks: {F(n): [ReLU() * n]}\n"),
    "repetitions in blocks": blocks(6, lambda at: [f"B{at}() * 100"], ["ReLU()"]),
    "repetitions of nothing in blocks": blocks(6, lambda at: [f"B{at}() * 100"], ["x"]),
    "repetitions in short words": layers("(conv 8 k3 p1 | relu) * 1000000000"),
    "blocks that double": blocks(40, lambda at: [f"B{at}()", f"B{at}()"], ["ReLU()"]),
    "blocks that double nothing": blocks(60, lambda at: [f"B{at}()", f"B{at}()"], ["x"]),
    "blocks that double sums": blocks(60, lambda at: [f"B{at}() + B{at}()"], ["x"]),
    "a block that doubles itself": layers("A()", head="blocks: {A(): [A(), A()]}\n"),
    "a block that doubles itself in a chain": layers("A()", head="blocks: {A(): [A() | A()]}\n"),
    "a block that doubles itself by an argument": layers(
        "A(1)", head="blocks:\n  A(n):\n    - A(n + 1)\n    - A(n + 2)\n"
    ),
    "an argument that doubles": layers("D(" * 60 + "ReLU()" + ")" * 60, head="blocks: {D(a): [a, a]}\n"),
    "an argument that doubles nothing": layers("D(" * 60 + "x" + ")" * 60, head="blocks: {D(a): [a, a]}\n"),
    "aliases of numbers": alias_bomb("[1, 2, 3]"),
    "aliases of texts": alias_bomb("['a', 'b']"),
    "aliases of scopes": empty_scopes(),
    "an anchor in itself": layers("&a [*a]"),
    "an anchor in itself, by name": HEAD + "layers: &a\n  - b: *a\n",
    "a list in a message": doubled_lists("Conv2d(3, a{last}, 3)"),
    "a list in a message of arithmetic": doubled_lists("ReLU() * max(a{last})"),
    "lists compared": doubled_lists("ReLU() if a{last} == b{last} else Nothing"),
    "lists compared by size": doubled_lists("ReLU() if a{last} < b{last} else Nothing"),
    "a list searched": doubled_lists("ReLU() if a{last} in [b{last}] else Nothing"),
    "a list's largest": doubled_lists("ReLU() * max(a{last}, b{last})"),
}
"""What is small as a text, and without end when it is worked out."""

NUMBERS: dict[str, str] = {
    "digits": layers("Conv2d(3, " + "9" * 5_000 + ", 3)"),
    "many digits": layers("Conv2d(3, " + "9" * 60_000 + ", 3)"),
    "hexadecimal digits": layers("Conv2d(3, 0x" + "f" * 60_000 + ", 3)"),
    "digits of a short word": layers("conv " + "9" * 5_000 + " k3"),
    "digits of a letter": layers("conv 8 k" + "9" * 5_000),
    "digits of an input": f"input: [{'9' * 5_000}]\nlayers:\n  - ReLU()\n",
    "digits of an input as a text": f"input: 3x{'9' * 5_000}\nlayers:\n  - ReLU()\n",
    "digits of a variable": layers("ReLU() * n", head=f"vars: {{n: {'9' * 5_000}}}\n"),
    "an infinite number": layers("Dropout(1e999)"),
    "an infinite short number": layers("dropout 1e999"),
    "a power": layers("ReLU() * 9**9**9"),
    "a shift": layers("ReLU() * (1 << 1000000000)"),
    "a text that is repeated": layers("ReLU() * n", head="vars: {n: \"'a' * 1000000000\"}\n"),
    "a list that is repeated": layers("ReLU() * len([1] * 1000000000)"),
    "a product": layers("ReLU() * (9000000000000000000 * 9000000000000000000)"),
    "a quotient": layers("ReLU() * (1 // 0)"),
    "a remainder": layers("ReLU() * (1 % 0)"),
    "a quotient of floats": layers("ReLU() * int(1e300 * 1e300)"),
    "a rounded infinity": layers("ReLU() * round(1e308 * 10)"),
    "an input as large as can be": f"input: [{2**63 - 1}, {2**63 - 1}]\nlayers:\n  - Conv2D(3, 3, 3)\n",
}
"""Numbers that are too large to work with."""

SHORT_WORDS: dict[str, str] = {
    "sizes without end": layers(quoted("conv " + "1x" * 20_000 + "!")),
    "exponents without end": layers(quoted("conv " + "1e" * 20_000 + "!")),
    "letters without end": layers(quoted("conv " + "k" * 40_000 + "1!")),
    "commas without end": layers(quoted("conv 1" + "," * 40_000)),
    "words without end": layers(quoted("conv " * 12_000 + "!")),
    "blanks without end": layers(quoted("conv" + " " * 40_000 + "!")),
    "bars without end": layers(quoted("|" * 40_000)),
    "equals without end": layers(quoted("conv a=" + "=" * 40_000)),
    "quotes without end": layers(quoted("a | " + "'" * 40_001)),
    "backslashes without end": layers(quoted("a | '" + "\\" * 40_001)),
}
"""Texts at which a careless pattern would look again and again."""

UNPRINTABLE: dict[str, str] = {
    "a key": HEAD + '"\\e[31mkey": 1\nlayers:\n  - ReLU()\n',
    "a key that stands twice": HEAD + '"\\e[31m": 1\n"\\e[31m": 2\nlayers:\n  - ReLU()\n',
    "a layer's name": layers('"\\e[31mname": ReLU()'),
    "a layer": layers('"ReLU(\\e[31m)"'),
    "a text in a layer": layers("\"Conv2d(3, 8, 3, padding_mode='\\e[31m')\""),
    "a key of a layer": layers('{Conv2d: {"\\e[31m": 3}}'),
    "two keys of a layer": layers('{ReLU: {}, "\\e[31m": 3}'),
    "a called key": layers('"\\e[31m": {"a": 3}'),
    "an input": 'input: "3x\\e[31m"\nlayers:\n  - ReLU()\n',
    "an input's name": 'inputs: {"\\e[31m": [3, 8, 8]}\nlayers:\n  - Conv2d(4, 4, 3)\n',
    "a variable": HEAD + 'vars: {"\\e[31m": 1 +}\nlayers:\n  - ReLU()\n',
    "a variable that is a layer": HEAD + 'vars: {"\\e[31m": ReLU()}\nlayers:\n  - ReLU()\n',
    "a variant": HEAD + 'variants: {"\\e[31m": 3}\nlayers:\n  - ReLU()\n',
    "a block": HEAD + 'blocks: {"A(\\e[31m)": []}\nlayers:\n  - ReLU()\n',
    "a file that is used": HEAD + 'uses: ["\\e[31m.yaml"]\nlayers:\n  - ReLU()\n',
    "a tag": HEAD + "layers:\n  - !%1b%5b31m ReLU()\n",
    "a network's name": 'name: "\\e[31m\\e]0;another title\\a"\n' + layers("ReLU()", "Foo()"),
    "an index": layers("\"chunk(x, 3, dim=1)['\\e[31m']\""),
    "a return": layers('"Foo()\\rerror: none"'),
    "a direction": layers("\"Foo('\\u202e')\""),
    "half a pair": layers("\"Foo('\\ud800')\""),
    "a zero": layers('"Foo(\\0)"'),
    "a separator of lines": layers("Foo('\u2028\u0085')"),
    "format signs": layers("'Foo(\"%s%n{0.__class__}{}\")'", "'{0}'", "'%(a)s'"),
    "markup": layers("'Foo(\"[bold red]a[/bold red][/]\")'", "'[link=x]y[/link]'"),
}
"""Control characters, and signs that other programs would give a meaning."""

ALL: dict[str, dict[str, str] | dict[str, str | bytes]] = {
    "deep": DEEP,
    "large": LARGE,
    "unfolding": UNFOLDING,
    "numbers": NUMBERS,
    "short words": SHORT_WORDS,
    "unprintable": UNPRINTABLE,
}
