"""An interruption is one line, also where an extension in C prints the exception that it raised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
import os, signal, sys
from contextlib import suppress
from harness.interruption import interruptible
with interruptible():
    with suppress(KeyboardInterrupt):
        {first}
    try:
        {then}
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)  # as PyErr_Print of the C API does
    raise {last}
"""
SIGNAL = "os.kill(os.getpid(), signal.SIGTERM)"
LINE = "harness: interrupted: what is done is kept, and the same command goes on from there\n"


def run(first: str, then: str, last: str) -> tuple[int, str]:
    program = PROGRAM.format(first=first, then=then, last=last)
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_what_an_extension_prints_of_an_interruption_is_left_out() -> None:
    assert run(SIGNAL, "raise KeyboardInterrupt", "KeyboardInterrupt") == (130, LINE)


@pytest.mark.parametrize(
    ("first", "then"), [("pass", "raise KeyboardInterrupt"), (SIGNAL, "raise ValueError"), ("pass", "raise ValueError")]
)
def test_what_it_prints_of_anything_else_is_shown(first: str, then: str) -> None:
    code, said = run(first, then, "SystemExit(3)")
    assert code == 3
    assert said.startswith("Traceback")
    assert then.split()[1] in said
