"""The program: `convcli`, or `python -m convcli`."""

import gc
import os
import sys
from typing import Any, NoReturn


def main() -> NoReturn:
    """Run the command line and exit with its code; no traceback reaches a user."""
    gc.disable()  # a short life makes little garbage, and looking for it is a tenth of the start
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except SystemExit:
        raise
    except Exception as error:  # noqa: BLE001  the last resort: no traceback reaches a user
        code = _our_bug(error)
    sys.exit(code)


def program() -> NoReturn:
    """Run `main` as a process of its own, and end it at once.

    Python takes every module and object apart before a process ends, for nothing: the operating
    system takes all of it back. What was written is flushed first.
    """
    from convcli.cli.streams import make_lasting

    out = make_lasting()
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    sys.stdout.flush()
    if out.failed:
        code = _unwritable(out.failed)
    sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    import typer
    from typer.main import get_command

    from convcli.cli.group import app

    # the base of all wrong options; typer carries its own copy of click
    wrong_options: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
    try:
        return get_command(app).main(prog_name="convcli", standalone_mode=False) or 0
    except wrong_options as error:
        return _wrong_options(error)
    except typer.Abort:
        return 130


def _wrong_options(error: Any) -> int:
    from convcli.cli.output import WRONG_QUESTION, complain, put
    from convcli.diagnostics import Diagnostic
    from convcli.writers.json_report import error_json

    usage = getattr(error, "ctx", None)
    help = f"`{usage.command_path} --help` shows the options, with examples" if usage else ""
    message = error.format_message().rstrip(".")
    if usage and type(error).__name__ == "NoArgsIsHelpError":  # a bare `convcli` asks for help
        sys.stderr.write(usage.get_help() + "\n")
        return WRONG_QUESTION
    found = (Diagnostic("CV010", message[:1].lower() + message[1:], help=_meant(error) or help),)
    if _wants_json(sys.argv):
        put(error_json(found), sys.stdout)
    complain(found)
    return WRONG_QUESTION


def _meant(error: Any) -> str:
    """Say which command was meant; of options typer says it itself."""
    from convcli.cli.group import COMMANDS
    from convcli.diagnostics import nearest
    from convcli.readers import SUFFIXES
    from convcli.readers.bundled import bundled

    start, quote, word = error.format_message().rstrip(".").partition("'")
    if not quote or start != "No such command ":
        return ""
    word = word.rstrip("'")
    begun = [name for name in COMMANDS if word and name.startswith(word)]
    meant = begun[0] if len(begun) == 1 else nearest(word, COMMANDS)
    if bundled(word) or word.lower().endswith(SUFFIXES):
        meant = f"convcli profile {word}"
    return f"did you mean `{meant}`?" if meant else ""


def _wants_json(arguments: list[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(one == "--format=json" or (one in ("--format", "-f") and two == "json") for one, two in pairs)


def _unwritable(error: OSError) -> int:
    """Say that standard output could not be written."""
    from convcli.cli.output import WRONG_QUESTION, complain
    from convcli.diagnostics import Diagnostic

    complain((Diagnostic("CV009", f"standard output cannot be written: {error.strerror}"),))
    return WRONG_QUESTION


def _our_bug(error: Exception) -> int:
    import traceback

    if os.environ.get("CONVCLI_DEBUG"):
        traceback.print_exc()
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename.rpartition(os.sep)[2]}:{place.lineno}"
    sys.stderr.write(
        f"error[CV999]: a bug in convcli, at {where}: {type(error).__name__}: {error}\n"
        "  = help: please report it, with the command and the file; CONVCLI_DEBUG=1 shows the traceback\n"
    )
    return 70


if __name__ == "__main__":
    program()
