"""What a recording process writes to its standard error, of which the last words are told when it dies.

They go into memory, not into a pipe: how far that is written when an evaluation begins tells the words of this one from
those of earlier ones. To ask for it takes a fraction of a microsecond; a mark in a pipe would be a message for every
evaluation, and wake the parent.
"""

from __future__ import annotations

import fcntl
import os

from harness.record.memory import new_memory
from harness.record.whereabouts import Whereabouts

_LAST = 4000  # bytes that are looked at for the text of a crash
_LINES = 3  # of them
_KEPT = 1 << 20  # bytes, beyond which what was written is dropped: an adapter may print without end
_STDERR = 2


def said() -> int:
    """Return how many bytes of words this process, a recording one, has written; 0 where its adapter has closed them.

    An adapter that has put a file of its own there has its words there too: they are not found, nor are others'.
    """
    try:
        return os.lseek(_STDERR, 0, os.SEEK_END)
    except OSError:
        return 0


class Words:
    """Those of the process at ``whereabouts``, whose standard error is :attr:`descriptor`; its parent holds them."""

    def __init__(self, whereabouts: Whereabouts) -> None:
        self.descriptor = new_memory("words")
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, os.O_APPEND)  # what follows a drop stands at the beginning
        self._whereabouts = whereabouts
        self._dropped: tuple[tuple[int | None, int], bytes] = ((None, -1), b"")

    def close(self) -> None:
        """Close the descriptor: once the process has ended too, the words are gone."""
        os.close(self.descriptor)

    def trim(self) -> None:
        """Drop what was written where it is too much to keep; of the evaluation in progress, all but its end."""
        if os.fstat(self.descriptor).st_size > _KEPT:
            moment = self._whereabouts.moment
            self._dropped = (moment, self._end())
            self._whereabouts.dropped()  # first: whatever begins meanwhile, no earlier words are taken for its own
            os.ftruncate(self.descriptor, 0)

    def last(self) -> list[str]:
        """Return the last lines that were written since an evaluation began, or, before the first, at all."""
        moment, end = self._dropped
        words = (end if moment == self._whereabouts.moment else b"") + self._end()
        return words[-_LAST:].decode("utf-8", errors="replace").strip().splitlines()[-_LINES:]

    def _end(self) -> bytes:
        """Return the end of what was written since the evaluation begun last began."""
        size = os.fstat(self.descriptor).st_size
        begin = max(self._whereabouts.said, size - _LAST)
        return os.pread(self.descriptor, max(size - begin, 0), begin)
