"""Ctrl-C, and SIGTERM which is to mean the same: a run that is interrupted ends with one line, whatever it was at."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from types import FrameType, TracebackType
from typing import NoReturn

from harness.vocabulary import Exit

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)
_SOON = 0.01  # seconds
_seen: list[int] = []


@contextmanager
def interruptible() -> Iterator[None]:
    """Have SIGTERM raise KeyboardInterrupt, as SIGINT does, and end the process with a message where that comes out.

    A run that has come to its end, in whichever way, is not interrupted any more.
    """
    for interruption, default in zip(_INTERRUPTIONS, (signal.default_int_handler, signal.SIG_DFL), strict=True):
        if signal.getsignal(interruption) is default:  # who started us may want it ignored
            signal.signal(interruption, _interrupt)
    before, sys.excepthook = sys.excepthook, _show
    unraised, sys.unraisablehook = sys.unraisablehook, _send_again
    try:
        yield
    except KeyboardInterrupt:
        _end()
    finally:
        _ignore()
        sys.excepthook, sys.unraisablehook = before, unraised


def was_interrupted() -> bool:
    """Whether a signal came: some packages make an exception of their own of the KeyboardInterrupt that it raised."""
    return bool(_seen)


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an exception that nobody caught, as Python does, but for an interruption.

    Extensions in C print that as well, where it comes while they import NumPy; then they raise something else.
    """
    if not (was_interrupted() and issubclass(kind, KeyboardInterrupt)):
        sys.__excepthook__(kind, error, trace)


def _send_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Show an exception out of which nothing can come, as Python does; an interruption is sent again instead.

    One that comes in a destructor, or in the callback of a weak reference, is printed there, and the run would go on.
    """
    if was_interrupted() and issubclass(unraisable.exc_type, KeyboardInterrupt):
        Timer(_SOON, os.kill, (os.getpid(), _seen[-1])).start()  # not from here: it would come here again
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    _seen.append(number)
    raise KeyboardInterrupt


def _end() -> NoReturn:
    _ignore()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    sys.stderr.write("harness: interrupted: what is done is kept, and the same command goes on from there\n")
    sys.stderr.flush()
    os._exit(int(Exit.INTERRUPTED))  # an interpreter that saw one in code made of text would end by the signal itself


def _ignore() -> None:
    for interruption in _INTERRUPTIONS:
        signal.signal(interruption, signal.SIG_IGN)
