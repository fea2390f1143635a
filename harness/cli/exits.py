"""The exit codes of the command line, and the one way in which a verb ends with a message."""

from __future__ import annotations

from enum import IntEnum
from typing import NoReturn

import click


class Exit(IntEnum):
    """What a run of the command line means to the shell or the CI that started it."""

    AGREED = 0  # every result agrees, or differs as the case or the ledger says
    FINDINGS = 1  # unexpected findings
    USAGE = 2  # the command line itself is wrong (click uses the same number)
    NOT_RUN = 3  # a required adapter did not run, or nothing was judged
    BAD_CASES = 65  # a case file is wrong (EX_DATAERR)
    OUR_FAULT = 70  # a fault of the harness (EX_SOFTWARE)
    INTERRUPTED = 130  # Ctrl-C


def leave(code: Exit, message: str) -> NoReturn:
    """Print ``message`` on stderr and exit with ``code``."""
    click.echo(f"harness: {message}", err=True)
    raise SystemExit(int(code))
