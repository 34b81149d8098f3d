"""The verdicts as the library hands them out: the records, with ways to look at them."""

from typing import TYPE_CHECKING, Any

from convcli.budgets import verdict


class Verdict(verdict.Verdict):
    """What came of one network; immutable. It is true where nothing is wrong, and prints what the table shows."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self.good

    def __str__(self) -> str:
        return str(Check((self,), (), ()))

    __repr__ = __str__


class Check(verdict.Check):
    """What came of all files; immutable. It is true where nothing is wrong, and prints as `convcli check` does.

    Example:
        >>> import convcli
        >>> found = convcli.check(convcli.models("resnet18").file, variants=["resnet34"])
        >>> bool(found), found.to_dict()["networks"][0]["status"]
        (True, 'good')
    """

    __slots__ = ()

    if TYPE_CHECKING:
        verdicts: tuple[Verdict, ...]

    def __bool__(self) -> bool:
        return self.good

    def to_dict(self) -> dict[str, Any]:
        """Return what `--format json` writes: plain dictionaries, lists and numbers."""
        import json

        from convcli.writers.json_check import check_json

        return json.loads(check_json(self))  # type: ignore[no-any-return]

    def __str__(self) -> str:
        from convcli.styled import text_of
        from convcli.writers.check import check_lines
        from convcli.writers.diagnostics import diagnostic_lines

        lines = [*check_lines(self, None, verbose=True), *diagnostic_lines(self.wrong)]
        return "\n".join(map(text_of, lines)).rstrip()

    __repr__ = __str__
