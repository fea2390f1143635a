"""Ctrl-C, and SIGTERM which is to mean the same: a run that is interrupted ends with one line, whatever it was at."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.vocabulary import Exit

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Have SIGTERM raise KeyboardInterrupt, as SIGINT does, and end the process with a message where that comes out.

    A run that has come to its end, in whichever way, is not interrupted any more.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # who started us may want it ignored
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        _ignore()
        sys.stderr.write("harness: interrupted: what is done is kept, and the same command goes on from there\n")
        raise SystemExit(int(Exit.INTERRUPTED)) from None
    finally:
        _ignore()


def _ignore() -> None:
    for interruption in _INTERRUPTIONS:
        signal.signal(interruption, signal.SIG_IGN)
