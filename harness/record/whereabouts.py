"""Where a recording process is in its work: two numbers in memory that it shares with its parent.

A message would wake the parent for every evaluation, which costs more than many an evaluation does. This costs neither
of them a call of the system, and outlives the process: whoever ends it, and when, its parent reads where it was.
"""

from __future__ import annotations

import mmap
import os
from tempfile import TemporaryFile

_NOWHERE = -1  # between two evaluations
_SIZE = 16  # bytes: the number of the evaluation in progress, and how many are done


class Whereabouts:
    """One process's, at ``descriptor``, which another process may open too; the child writes, the parent reads.

    Each number is stored by one instruction. No two moments of a process's work look the same.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._numbers = memoryview(mmap.mmap(descriptor, _SIZE)).cast("q")

    @classmethod
    def new(cls) -> Whereabouts:
        """Return those of a process that is still to be started, and is then handed the descriptor."""
        descriptor = _memory()
        os.write(descriptor, bytes(_SIZE))
        new = cls(descriptor)
        new._numbers[0] = _NOWHERE
        return new

    def forget(self) -> None:
        """Close the descriptor; the numbers stay."""
        os.close(self.descriptor)

    def begin(self, number: int) -> None:
        """Say that evaluation ``number`` begins."""
        self._numbers[0] = number

    def finish(self) -> None:
        """Say that it is done; what happens from here on is no evaluation's doing."""
        self._numbers[0] = _NOWHERE
        self._numbers[1] += 1

    @property
    def number(self) -> int | None:
        """The evaluation in progress; None between two of them."""
        number: int = self._numbers[0]
        return None if number == _NOWHERE else number

    @property
    def done(self) -> int:
        """How many evaluations are done."""
        done: int = self._numbers[1]
        return done


def _memory() -> int:
    """Return the descriptor of new memory, or of a file without a name where the system has no such memory."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("whereabouts")
    with TemporaryFile() as file:
        return os.dup(file.fileno())
