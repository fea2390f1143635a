"""Where a recording process is in its work: three numbers in memory that it shares with its parent.

A message would wake the parent for every evaluation, which costs more than many an evaluation does. This costs neither
of them more than one quick call of the system, and outlives the process: whoever ends it, and when, its parent reads
where it was.
"""

from __future__ import annotations

import mmap
import os

from harness.record.memory import new_memory

_NOWHERE = -1  # between two evaluations
_SIZE = 24  # bytes: the evaluation in progress, how many are done, and how far its words reached when it began


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
        descriptor = new_memory("whereabouts")
        os.write(descriptor, bytes(_SIZE))
        new = cls(descriptor)
        new._numbers[0] = _NOWHERE
        return new

    def forget(self) -> None:
        """Close the descriptor; the numbers stay."""
        os.close(self.descriptor)

    def begin(self, number: int, *, said: int = 0) -> None:
        """Say that evaluation ``number`` begins, when so many bytes of words had been ``said``."""
        self._numbers[2] = said
        self._numbers[0] = number

    def finish(self) -> None:
        """Say that it is done; what happens from here on is no evaluation's doing."""
        self._numbers[0] = _NOWHERE
        self._numbers[1] += 1

    def dropped(self) -> None:
        """Say, as the parent alone does, that the words which had been said are about to be dropped."""
        self._numbers[2] = 0

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

    @property
    def moment(self) -> tuple[int | None, int]:
        """What tells this moment of its work from any later one: the evaluation in progress, and how many are done."""
        return self.number, self.done

    @property
    def said(self) -> int:
        """Where the words of the evaluation begun last begin, in bytes; 0 before the first one."""
        said: int = self._numbers[2]
        return said
