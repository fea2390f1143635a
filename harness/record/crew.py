"""The recording processes of one run, one after the other, until every planned evaluation has its entry.

Every death costs one evaluation: the one in progress gets the death as its entry, and a new process goes on behind it.
One that was ended from outside, by SIGKILL, is first tried once more.
What had not yet reached the disk is done again, and from then on written sooner: a process that dies of the number of
its evaluations gets on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.adapters.registry import AdapterFault
from harness.plan.outline import Outline
from harness.record.ahead import Ahead
from harness.record.child import Child, Message
from harness.record.evaluate import is_late
from harness.record.opening import DiedOpening, Opening, Ready, opened, reason
from harness.record.recording import Crashed, Entry, OutOfMemory, TimedOut
from harness.record.store import append, recorded, tidy
from harness.record.watch import Death, Limits, watch
from harness.record.worker import BATCH
from harness.vocabulary import Mode

Died = Crashed | TimedOut | OutOfMemory
ATTEMPTS = 3  # at starting a process, and at getting it to begin an evaluation
HOPELESS = 20  # evaluations that end the process, one directly after the other, before the rest is not tried
GRACE = 10.0  # seconds for the evaluation in progress to end after Ctrl-C


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who is told how many evaluations have an entry (``progress``), and what a person should know (``note``)."""

    progress: Callable[[int], None]
    note: Callable[[str], None]


class NotAsRemembered(Exception):
    """The adapter says something else of itself than it said when it was last asked."""


class Crew:
    """The processes that record the adapter ``spec``, at most one at a time; a context, which leaves none behind.

    They run it on ``device``, or where it runs by default, with the variables ``environ``, or those of this process,
    and hand it ``rows_per_call`` rows at a time, or all.
    """

    def __init__(
        self,
        spec: str,
        *,
        outline: Outline,
        limits: Limits,
        observer: Observer,
        device: str | None = None,
        environ: Mapping[str, str] | None = None,
        rows_per_call: int | None = None,
    ) -> None:
        self.schedule = sorted(outline.asked, key=lambda asked: is_late(asked.mode))
        self.processes = 0
        self.opening = 0.0  # seconds that it took to start them, until their frameworks were imported
        self._spec, self.outline = spec, outline
        self.observer = observer
        self._limits, self._device, self._environ = limits, device, environ
        self._rows_per_call = rows_per_call
        self._child: Child | None = None
        self._ahead: Ahead | None = None
        self._kept_at: Path | None = None
        self._ready = False  # whether the adapter of that process waits for its order
        self._batch = BATCH

    def __enter__(self) -> Crew:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that are running."""
        self._dismiss()
        if self._ahead is not None:
            self._ahead.close()

    def launch(self) -> Child:
        """Start a process, if none is running, and do not wait for it."""
        if self._child is None:
            self._child = self._launched()
            self.processes += 1
        return self._child

    @property
    def calls_ahead(self) -> int:
        """How many calls were made ahead of the recording process."""
        return 0 if self._ahead is None else self._ahead.calls

    def open(self) -> Opening:
        """Start a process and wait for its adapter; one that dies at that gets a few attempts."""
        began = time.monotonic()
        for attempt in range(ATTEMPTS):
            if attempt:
                self._dismiss()
            child = self.launch()
            opening = opened(child, self._spec, timeout=self._limits.pause, memory=self._limits.memory)
            if not isinstance(opening, DiedOpening) or attempt == ATTEMPTS - 1:
                break
        self._ready = isinstance(opening, Ready)
        self._kept_at = opening.kept_at if isinstance(opening, Ready) else None
        self.opening += time.monotonic() - began
        return opening

    def fill(self, folder: Path, ready: Ready) -> bool:
        """Get an entry for every evaluation into ``folder``; return False where a person interrupted that.

        Raise :class:`NotAsRemembered` where there is something to evaluate, and the adapter is not what ``ready`` says.
        """
        try:
            self._fill(folder, ready)
        except KeyboardInterrupt:
            self._stop()
            return False
        return True

    def _fill(self, folder: Path, ready: Ready) -> None:
        missing = self._missing(folder)
        idle_deaths = direct_deaths = 0
        again: set[int] = set()
        if missing and not self._ready and self.open() != ready:
            self._dismiss()
            raise NotAsRemembered
        while missing:
            finished, death = self._work(folder, missing)
            if death is None:
                return None
            before, missing = len(missing), self._missing(folder)
            direct_deaths = 1 if finished else direct_deaths + 1
            lost = finished - (before - len(missing))
            if lost > 0:
                self._batch = max(1, min(self._batch, lost // 2))
            if death.number in missing:  # it may have ended in time after all, between two looks
                if death.by_others and death.number not in again:
                    again.add(death.number)  # who was killed from outside may have been the wrong one
                else:
                    self._mark(folder, [death.number], death.result, ready)
            idle_deaths = 0 if death.number is not None or len(missing) < before else idle_deaths + 1
            if idle_deaths == ATTEMPTS:
                idle_deaths = 0
                how = f"{ATTEMPTS} processes died before they could begin this: {_how(death)}"
                self._mark(folder, missing[:1], Crashed(how), ready)
            missing = self._missing(folder)
            if direct_deaths == HOPELESS:
                how = f"not tried: the {HOPELESS} processes before it died in their first evaluation; {_how(death)}"
                return self._mark(folder, missing, Crashed(how), ready)
            opening = self.open()
            if not isinstance(opening, Ready):
                how = f"not tried: after a crash the process did not start again: {reason(opening)}"
                return self._mark(folder, missing, Crashed(how), ready)
            if opening != ready:
                raise AdapterFault(
                    f"{self._spec}: the adapter, or what it says of its framework, changed while it was recorded: "
                    "start again"
                )
        return None

    def _work(self, folder: Path, missing: list[int]) -> tuple[int, Death | None]:
        """Let the child work to its end; return how many evaluations it finished, and how it died."""
        stored = len(self.schedule) - len(missing)
        tidy(folder)
        child, order = self._running(), self._order(folder, missing)
        if self._ahead is None:
            order_ahead = {**order, "ahead": True}
            self._ahead = Ahead(self._launched, order_ahead, kept_at=self._kept_at, memory=self._limits.memory)
        child.order(order)
        death = watch(
            child,
            self._limits,
            done=lambda count: self.observer.progress(stored + count),
            each=self._ahead.look,
        )
        finished = child.whereabouts.done
        self._dismiss()
        return finished, death

    def _order(self, folder: Path, missing: list[int]) -> Message:
        return {
            "folder": str(folder),
            "plan": self.outline.digest,
            "missing": [(n, self.schedule[n].problem, self.schedule[n].quantity) for n in missing],
            "memory": self._limits.memory,
            "batch": self._batch,
            "rows_per_call": self._rows_per_call,
            "ahead": False,
        }

    def _missing(self, folder: Path) -> list[int]:
        there = recorded(folder)
        return [n for n, asked in enumerate(self.schedule) if (asked.problem, asked.quantity) not in there]

    def _mark(self, folder: Path, numbers: list[int], result: Died, ready: Ready) -> None:
        """File ``result`` for evaluations that no process lived to file."""
        tidy(folder)
        entries = []
        for asked in (self.schedule[number] for number in numbers):
            mode = ready.mode if asked.mode is Mode.DEFAULT else asked.mode
            what = Entry(problem=asked.problem, quantity=asked.quantity, result=result, mode=mode)
            entries.append(replace(what, question=asked.question))
        append(folder, entries)

    def _stop(self) -> None:
        """Let the evaluation in progress end, and what is done reach the disk; a second Ctrl-C does without."""
        if self._child is None or not self._ready:
            return
        grace = replace(self._limits, timeout=GRACE, pause=GRACE)
        try:
            self.observer.note("stopping after the evaluation in progress; press Ctrl-C again to leave it")
            self._child.order("stop")
            while True:
                with suppress(ValueError):  # of a message, a part of which was lost to the interruption
                    watch(self._child, grace, done=lambda _: None)
                    return
        except KeyboardInterrupt:
            return

    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("no recording process is running")
        return self._child

    def _launched(self) -> Child:
        return Child(self._spec, self.outline.folder, device=self._device, environ=self._environ)

    def _dismiss(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child, self._ready = None, False


def _how(death: Death) -> str:
    match death.result:
        case Crashed(how):
            return how
        case TimedOut(limit):
            return f"nothing came back within {limit:g} seconds"
        case OutOfMemory(limit):
            return f"it grew beyond {limit / 2**30:g} GiB"
