"""Work that copies of this process share: it is handed out task by task, and its results come back as they are made.

A copy has everything that this process has (what is large is not copied until one of them changes it), so a task is no
more than a number. A task that a copy did not do, whatever ended it, this process does itself: so a copy can only save
time, and an exception comes from here, as if there were none.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

from harness.parent import end_with_parent

T = TypeVar("T")

_AHEAD: Final = 2  # tasks that a copy has: one that it is at, and one that it need not wait for


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many copies of this process do its work; ``note`` is told where one of them has ended early."""

    copies: int
    note: Callable[[str], None]


ALONE: Final = Jobs(0, lambda _: None)


def processors() -> int:
    """Count the processors that copies of this process may use; one where a process is not to be copied.

    The system libraries of macOS do not survive it, and Windows has no such thing.
    """
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def shared(
    work: Callable[[int], T], tasks: Iterable[int], *, jobs: Jobs, own: Iterable[int] = ()
) -> Generator[tuple[int, T], None, None]:
    """Yield each of ``tasks`` with what ``work`` makes of it, as they are done, by copies of this process.

    Tasks of its ``own`` this process does meanwhile. Without copies it does all of them, in their order. What comes
    back from a copy went through :mod:`pickle`. The copies end when this does; they take no signals, and end with this
    process.
    """
    here = deque(own)
    if not jobs.copies:
        yield from ((task, work(task)) for task in (*tasks, *here))
        return
    left = deque(tasks)
    copies: list[_Copy[T]] = []
    gc.freeze()  # what is there need not be looked through, which would have the system copy all of it
    try:
        with _uninterrupted():
            _make(min(jobs.copies, len(left)), copies, work, note=jobs.note)
        while left or here or any(copy.tasks for copy in copies):
            for copy in copies:
                copy.hand(left)
            if here:
                task = here.popleft()
                yield task, work(task)
            yield from _done(copies, wait_for_one=not here)
            for copy in [copy for copy in copies if copy.lost]:
                copies.remove(copy)
                here.extend(copy.tasks)
                jobs.note(f"a process that worked beside this one {copy.ended()}: what it was at is done again")
            if not copies:
                here.extend(left)
                left.clear()
    finally:
        for copy in copies:
            copy.end()
        gc.unfreeze()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off what interrupts this process; a copy that is made meanwhile never hears of it.

    A terminal interrupts all of them: who started the copies ends them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _make(number: int, copies: list[_Copy[T]], work: Callable[[int], T], *, note: Callable[[str], None]) -> None:
    """Add ``number`` to ``copies``, or as many as the system allows."""
    try:
        for _ in range(number):
            copies.append(_Copy(work, [copy.connection for copy in copies]))
    except OSError as error:
        note(f"of {number} processes beside this one, {len(copies)} could be started: {error}")


def _done(copies: Iterable[_Copy[T]], *, wait_for_one: bool) -> Iterator[tuple[int, T]]:
    """Yield what has been done so far; with ``wait_for_one``, wait until something is."""
    busy: dict[object, _Copy[T]] = {copy.connection: copy for copy in copies if copy.tasks and not copy.lost}
    if busy:
        for connection in wait([copy.connection for copy in busy.values()], None if wait_for_one else 0):
            yield from busy[connection].take()


class _Copy(Generic[T]):
    """One copy of this process, and the tasks that it has not yet done, in their order."""

    def __init__(self, work: Callable[[int], T], others: list[Connection[Any, Any]]) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.tasks: deque[int] = deque()
        self.lost = False  # whether it has ended, though nobody ended it
        self._process = context.Process(target=_serve, args=(work, theirs, [self.connection, *others]), daemon=True)
        with warnings.catch_warnings():  # of threads: a copy takes no lock that one of ours could have held
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def hand(self, left: deque[int]) -> None:
        """Hand over as many of the tasks that are ``left`` as it should have."""
        try:
            while left and len(self.tasks) < _AHEAD:
                self.connection.send(left[0])
                self.tasks.append(left.popleft())
        except OSError:
            self.lost = True

    def take(self) -> Iterator[tuple[int, T]]:
        """Yield the task that it has done, with what came of it; nothing where it has ended."""
        try:
            result = self.connection.recv()
        except (EOFError, OSError):
            self.lost = True
        else:
            yield self.tasks.popleft(), result

    def ended(self) -> str:
        """Say how it ended."""
        self.end()
        code = self._process.exitcode or 0
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else "did not do its task"

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(work: Callable[[int], T], orders: Connection[Any, Any], others: list[Connection[Any, Any]]) -> None:
    end_with_parent()
    for connection in others:
        connection.close()  # so that this process alone keeps them open, and its end is theirs
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - another thread may be at those that we got
    with suppress(EOFError, OSError):
        while True:
            orders.send(work(orders.recv()))
