"""Record one adapter over a plan, whatever it does: children come and go, the folder keeps what they finished."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from harness.plan.plan import Plan
from harness.record.crew import Crew, Observer
from harness.record.lock import locked
from harness.record.opening import Opening, Ready, reason
from harness.record.ownsource import recorder_digest
from harness.record.recording import Header, Recording
from harness.record.resume import kept
from harness.record.store import finish_recording, read_recording, start_recording, tidy
from harness.record.surroundings import describe_platform, installed_packages, result_flags
from harness.record.watch import Limits


class Ending(Enum):
    """How a run of the recorder ended."""

    RECORDED = "recorded"
    ALREADY = "already recorded"
    NOT_RUN = "not run"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run of the recorder came to: the recording in ``folder``, of ``planned`` evaluations."""

    ending: Ending
    folder: Path
    recording: Recording
    planned: int


def record(
    spec: str,
    *,
    plan: Plan,
    plan_folder: Path,
    recordings: Path,
    limits: Limits,
    observer: Observer,
    environ: Mapping[str, str],
    fresh: bool = False,
    device: str | None = None,
    rows_per_call: int | None = None,
) -> Run:
    """Record the adapter ``spec`` over ``plan`` into a folder of ``recordings`` named after the adapter.

    ``device`` is the one that it is to run on; None stands for the adapter's own default. With ``rows_per_call`` it is
    called for so many rows at a time, where they do not influence each other.
    A recording of the same adapter in the same surroundings is resumed; of other ones it is begun anew, as it is where
    ``fresh``. Raise :class:`~harness.adapters.registry.AdapterFault`, :class:`~harness.record.lock.AlreadyLocked`,
    :class:`~harness.record.watch.CannotGoOn`, :class:`~harness.record.watch.HarnessBroken`, or OSError where the
    recording cannot be written.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    crew = Crew(
        spec,
        plan=plan,
        plan_folder=plan_folder,
        limits=limits,
        observer=observer,
        device=device,
        rows_per_call=rows_per_call,
    )
    with crew:
        opening = crew.open()
        header = replace(_header(plan, opening, environ), rows_per_call=rows_per_call)
        folder = recordings / header.adapter
        with locked(folder):
            found = None if fresh or header.not_run else kept(folder, header, note=observer.note)
            if found is not None and found.complete:
                return Run(ending=Ending.ALREADY, folder=folder, recording=found, planned=len(crew.schedule))
            if found is None:
                start_recording(folder, header)
            tidy(folder)
            if isinstance(opening, Ready) and not crew.fill(folder, opening):
                recording = read_recording(folder, plan=plan.digest)
                return Run(ending=Ending.INTERRUPTED, folder=folder, recording=recording, planned=len(crew.schedule))
            run = {
                "started": started.isoformat(timespec="seconds"),
                "host": platform.node(),
                "seconds": round(time.monotonic() - clock, 3),
                "processes": crew.processes,
            }
            recording = read_recording(folder, plan=plan.digest)
            day = datetime.now(UTC).date()
            finish_recording(folder, recording, run=run, on=day)
            ending = Ending.NOT_RUN if header.not_run else Ending.RECORDED
    complete = replace(recording, complete=True, finished=day)
    return Run(ending=ending, folder=folder, recording=complete, planned=len(crew.schedule))


def _header(plan: Plan, opening: Opening, environ: Mapping[str, str]) -> Header:
    header = Header(
        adapter=opening.name,
        plan=plan.digest,
        harness=recorder_digest(),
        python=platform.python_version(),
        platform=describe_platform(),
        flags=result_flags(environ),
        packages=installed_packages(),
    )
    if isinstance(opening, Ready):
        return replace(header, description=opening.description, source=opening.source)
    return replace(header, not_run=reason(opening))
