"""Record one adapter over a plan, whatever it does: children come and go, the folder keeps what they finished."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path

from harness.plan.outline import Outline
from harness.record.compiled import compiled_here
from harness.record.crew import Crew, NotAsRemembered, Observer
from harness.record.lock import locked
from harness.record.opening import Opening, Ready, reason
from harness.record.ownsource import recorder_digest
from harness.record.recording import Header, Recording
from harness.record.remembered import remember, remembered, stamp_of
from harness.record.resume import kept
from harness.record.store import (
    finish_recording,
    read_recording,
    recorded,
    rename_recording,
    reopen_recording,
    start_recording,
    tidy,
)
from harness.record.surroundings import describe_platform, installed_packages, result_flags
from harness.record.takeover import take_over
from harness.record.watch import Limits


class Ending(Enum):
    """How a run of the recorder ended."""

    RECORDED = "recorded"
    ALREADY = "already recorded"
    NOT_RUN = "not run"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run of the recorder came to: a recording in ``folder``, of ``planned`` evaluations.

    So many of them were ``taken`` over from what lay there before; the others were evaluated. ``results``: how many
    there are of each kind.
    """

    ending: Ending
    folder: Path
    header: Header
    planned: int
    results: Counter[str]
    taken: int = 0

    def read(self) -> Recording:
        """Read what lies in the folder now."""
        return read_recording(self.folder, plan=None)


def record(
    spec: str,
    *,
    outline: Outline,
    recordings: Path,
    limits: Limits,
    observer: Observer,
    environ: Mapping[str, str],
    fresh: bool = False,
    device: str | None = None,
    compiled: Path | None = None,
    rows_per_call: int | None = None,
) -> Run:
    """Record the adapter ``spec`` over the plan of ``outline`` into a folder of ``recordings`` named after the adapter.

    ``device`` is the one that it is to run on; None stands for the adapter's own default. With ``rows_per_call`` it is
    called for so many rows at a time, where they do not influence each other. What a framework compiles is kept below
    ``compiled``, or not at all.
    A recording of the same adapter in the same surroundings is continued: of another plan, what this one asks too is
    taken over. A recording of other surroundings is begun anew, as any is where ``fresh``.

    Raise :class:`~harness.adapters.registry.AdapterFault`, :class:`~harness.record.lock.AlreadyLocked`,
    :class:`~harness.record.watch.CannotGoOn`, :class:`~harness.record.watch.HarnessBroken`, or OSError where the
    recording cannot be written.
    """
    began = _Beginning()
    crew = Crew(
        spec,
        outline=outline,
        limits=limits,
        observer=observer,
        device=device,
        environ=environ if compiled is None else compiled_here(compiled, environ),
        rows_per_call=rows_per_call,
    )
    stamp = stamp_of(spec, device=device, environ=environ)
    header_of = partial(_header, outline, environ=environ, rows_per_call=rows_per_call)
    with crew:
        known = None if fresh else remembered(recordings / spec, stamp)
        if known is not None:
            with suppress(NotAsRemembered):
                return _record(crew, known, header_of(known), recordings=recordings, began=began)
        opening = crew.open()
        header = header_of(opening)
        return _record(crew, opening, header, recordings=recordings, began=began, fresh=fresh, stamp=stamp)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """When a run began, and the time then of a clock that nobody sets."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)


def _record(
    crew: Crew,
    opening: Opening,
    header: Header,
    *,
    recordings: Path,
    began: _Beginning,
    fresh: bool = False,
    stamp: str | None = None,
) -> Run:
    """Record what ``header`` says, with an adapter that has said ``opening``, now or under the ``stamp`` of before."""
    folder = recordings / header.adapter
    run = partial(Run, folder=folder, header=header, planned=len(crew.schedule))
    with locked(folder):
        found = None if fresh or header.not_run else kept(folder, header, note=crew.observer.note)
        if found is not None and found.complete and found.header.plan == header.plan:
            return run(ending=Ending.ALREADY, results=Counter(recorded(folder).values()), taken=len(found.entries))
        taken = 0
        if found is None:
            start_recording(folder, header)
        else:
            crew.launch()  # while the entries are looked through
            taken = _continued(folder, header, crew.outline, deaths=found.header.plan == header.plan)
        if stamp is not None and isinstance(opening, Ready):
            remember(folder, opening, stamp)
        tidy(folder)
        if isinstance(opening, Ready) and not crew.fill(folder, opening):
            return run(ending=Ending.INTERRUPTED, results=Counter(recorded(folder).values()), taken=taken)
        about = {
            "started": began.moment.isoformat(timespec="seconds"),
            "host": platform.node(),
            "seconds": round(time.monotonic() - began.clock, 3),
            "opening": round(crew.opening, 3),
            "processes": crew.processes,
            "calls ahead": crew.calls_ahead,
            "taken over": taken,
        }
        results = finish_recording(folder, run=about, on=datetime.now(UTC).date())
    return run(ending=Ending.NOT_RUN if header.not_run else Ending.RECORDED, results=results, taken=taken)


def _continued(folder: Path, header: Header, outline: Outline, *, deaths: bool) -> int:
    """Make what lies in ``folder`` the beginning of a recording of a plan; return how many entries that has."""
    reopen_recording(folder)
    taken = take_over(folder, outline.asked, deaths=deaths)
    rename_recording(folder, header)
    return taken


def _header(outline: Outline, opening: Opening, *, environ: Mapping[str, str], rows_per_call: int | None) -> Header:
    header = Header(
        adapter=opening.name,
        plan=outline.digest,
        harness=recorder_digest(),
        python=platform.python_version(),
        platform=describe_platform(),
        flags=result_flags(environ),
        packages=installed_packages(),
        rows_per_call=rows_per_call,
    )
    if isinstance(opening, Ready):
        return replace(header, description=opening.description, source=opening.source)
    return replace(header, not_run=reason(opening))
