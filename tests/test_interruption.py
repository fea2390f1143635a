"""An interruption is one line, and ends the run, also where Python or an extension in C prints what it raised."""

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
UNRAISABLE = """\
import os, signal, time, weakref
from harness.interruption import interruptible


class One:
    pass


class Ending:
    def __del__(self):
        {sends}


with interruptible():
    {happens}
    time.sleep(60)
"""
SIGNAL = "os.kill(os.getpid(), signal.SIGTERM)"
LINE = "harness: interrupted: what is done is kept, and the same command goes on from there\n"


def run(first: str, then: str, last: str) -> tuple[int, str]:
    return ended(PROGRAM.format(first=first, then=then, last=last))


def ended(program: str) -> tuple[int, str]:
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False, timeout=50
    )
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


@pytest.mark.parametrize("sends", [SIGNAL, SIGNAL.replace("SIGTERM", "SIGINT")], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(
    "happens",
    ["Ending()", "one = One(); watching = weakref.ref(one, lambda _: {sends}); del one"],
    ids=["destructor", "weak-reference"],
)
def test_it_ends_the_run_although_nothing_can_be_raised_where_it_comes(happens: str, sends: str) -> None:
    assert ended(UNRAISABLE.format(sends=sends, happens=happens.format(sends=sends))) == (130, LINE)


def test_another_exception_out_of_which_nothing_can_come_is_shown() -> None:
    code, said = ended(UNRAISABLE.format(sends="raise ValueError('none')", happens="Ending(); raise SystemExit(3)"))
    assert code == 3
    assert "ValueError: none" in said
