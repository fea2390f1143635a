"""A second process that makes the last calls of a recording first, so that the recording process finds them compiled.

A framework that compiles for every shape keeps a single processor busy for minutes. What it keeps of that in a folder,
the next process finds there (:attr:`harness.adapters.contract.Adapter.kept_at`): so a second one calls the adapter from
the end of the schedule on, throws away what comes back, and stops where the two meet. It records nothing and is blamed
for nothing: where it is slow, hangs or dies, the recording process compiles what it finds missing, as it does alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.adapters.contract import Adapter
from harness.adapters.framework import usable_cpus
from harness.plan.part import Part
from harness.record.child import Child, Message
from harness.record.evaluate import evaluate
from harness.record.foreseen import least_memory
from harness.record.whereabouts import Whereabouts
from harness.vocabulary import Quantity

_SIGNS: Final = 16  # times that something was added to what is kept, before another process is worth its start
_LARGE: Final = 1 << 24  # bytes of inputs and result: what takes long to compute is not computed twice


class Ahead:
    """The second process, once the first is seen to compile; beside the first, it leaves the machine its memory.

    ``launch`` starts it, ``order`` is what it is told, ``kept_at`` is the folder in which both keep what they compile,
    ``memory`` the bytes that the two may hold together.
    """

    def __init__(self, launch: Callable[[], Child], order: Message, *, kept_at: Path | None, memory: int) -> None:
        self._launch, self._order, self._kept_at, self._memory = launch, order, kept_at, memory
        self._beside: Child | None = None
        self._over = kept_at is None or usable_cpus() < 2
        self._signs, self._changed = 0, self._last_change()
        self.calls = 0  # that it has made

    def look(self, first: Child) -> None:
        """Start the second process where that is worth it, and end it where there is nothing left for it to do."""
        if self._over:
            return
        if self._beside is None:
            changed = self._last_change()
            self._signs += changed != self._changed
            self._changed = changed
            if self._signs >= _SIGNS:
                self._start()
            return
        for message in self._beside.messages(wait=0):
            if message["kind"] == "ready":
                self._beside.order(self._order)
        if self._beside.ended or _met(first, self._beside) or first.memory + self._beside.memory > self._memory:
            self.close()

    def close(self) -> None:
        """End it."""
        self._over = True
        if self._beside is not None:
            self.calls = self._beside.whereabouts.done
            self._beside.close()
            self._beside = None

    def _start(self) -> None:
        try:
            self._beside = self._launch()
        except OSError:  # there is no room for another process, and none is needed
            self._over = True

    def _last_change(self) -> int:
        try:
            return 0 if self._kept_at is None else self._kept_at.stat().st_mtime_ns
        except OSError:  # it was removed: nothing is kept
            return 0


def _met(first: Child, beside: Child) -> bool:
    here, there = first.whereabouts.number, beside.whereabouts.number
    return here is not None and there is not None and here >= there


def call_ahead(
    adapter: Adapter, part: Part, order: Message, *, whereabouts: Whereabouts, stop: threading.Event
) -> None:
    """Make the calls that ``order`` names, the last first, until told to ``stop``; what comes back is nobody's."""
    memory, rows = order["memory"], order["rows_per_call"]
    for number, name, asked in reversed(order["missing"]):
        if stop.is_set():
            return
        problem, quantity = part.problems[name], Quantity(asked)
        if least_memory(problem.call, quantity, rows_per_call=rows) <= _LARGE:
            whereabouts.begin(number)
            evaluate(adapter, problem, quantity, memory=memory, rows_per_call=rows)
            whereabouts.finish()
