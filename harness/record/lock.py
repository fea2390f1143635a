"""One at a time: a lock on a folder, of which the system lets go when its holder ends, in any way."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyLocked(Exception):
    """Another harness is at work on the same recording, plan or report."""


@contextmanager
def locked(folder: Path, *, doing: str = "recording") -> Iterator[None]:
    """Hold ``folder`` for this process alone; ``doing`` says what another one is then found to be doing.

    Raise :class:`AlreadyLocked` where another one holds it, OSError where it cannot be made or the file system has no
    locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyLocked(
                f"{folder}: another harness is {doing} here: wait for it to end, or give this one another --reports"
            ) from None
        yield
