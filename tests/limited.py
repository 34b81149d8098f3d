"""Runs a command with little memory and time, and notes what it took; a program for `test_hostile`.

A process of its own, and a small one: what a child is said to use at most begins with what the
process that it was forked from had.

    python limited.py NOTE BYTES SECONDS COMMAND...
"""

import os
import resource
import sys


def main() -> None:
    """Run the command; write exit code, CPU seconds and the largest resident memory to the file NOTE."""
    note, memory, seconds, *command = sys.argv[1:]
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
        os.execv(command[0], command)
    _, status, used = os.wait4(child, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    with open(note, "w", encoding="ascii") as out:  # noqa: PTH123  a small process imports little
        code = os.waitstatus_to_exitcode(status)
        out.write(f"{code} {used.ru_utime + used.ru_stime} {used.ru_maxrss * unit}")


if __name__ == "__main__":
    main()
