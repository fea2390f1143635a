"""One chunk: a plan, recordings of it, verdicts, and what is kept of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.campaign.cell import tally
from harness.campaign.kept import Kept, find, keep, key_of
from harness.campaign.recorder import Recorder, RecorderFailed
from harness.campaign.sample import identified, sample
from harness.compare.compare import run_of
from harness.compare.docket import judge_all
from harness.compare.excuse import excused
from harness.compare.verdict import Finding, Verdict
from harness.layout import Layout
from harness.plan.plan import LedgerEntry, Plan
from harness.plan.store import write_plan
from harness.record.recording import Header, Recording
from harness.record.resume import differences

Step = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]  # label and total of long work


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """An adapter that takes part: how it is recorded, and who it is today."""

    recorder: Recorder
    header: Header

    @property
    def name(self) -> str:
        """The adapter's name."""
        return self.header.adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Problems ``first`` to ``last - 1`` of ``seed``."""

    seed: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """The name under which it is filed."""
        return f"{self.seed}-{self.first}-{self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedChunk:
    """Verdicts, findings with their excuses, and the seconds that each adapter took of recording and judging."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    seconds: dict[str, float]


def run_chunk(
    chunk: Chunk,
    contenders: Sequence[Contender],
    *,
    folder: Path,
    ledger: Iterable[LedgerEntry],
    judge: str,
    step: Step,
) -> list[Kept]:
    """Return the result of ``chunk`` for each of ``contenders``, from the disk where it is there.

    A chunk that was interrupted goes on where its recordings stopped. ``judge`` is the digest of the judging code.
    """
    plan = sample(chunk.seed, range(chunk.first, chunk.last), ledger=ledger)
    keys = {one.name: key_of(plan.digest, one.header, judge=judge, ledger=plan.ledger) for one in contenders}
    paths = {one.name: folder / "kept" / one.name / f"{chunk.name}.json" for one in contenders}
    done = {name: kept for name, path in paths.items() if (kept := find(path, keys[name])) is not None}
    missing = [one for one in contenders if one.name not in done]
    if missing:
        work = folder / "work" / chunk.name
        outcome = judge_chunk(plan, missing, work=work, step=step, label=chunk.name, explained=False)
        for name in (one.name for one in missing):
            done[name] = Kept(
                key=keys[name],
                problems=len(plan.problems),
                seconds=outcome.seconds[name],
                cells=tally(_of(name, outcome.verdicts), outcome.findings),
                findings=tuple(one for one in outcome.findings if one.unexpected and name in one.adapters),
            )
            keep(done[name], paths[name])
        shutil.rmtree(work)
    return [done[one.name] for one in contenders]


def _of(adapter: str, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return an adapter's verdicts in the order in which problems are drawn, however they were cut into chunks."""
    return sorted((one for one in verdicts if one.adapter == adapter), key=lambda one: identified(one.problem))


def judge_chunk(
    plan: Plan, contenders: Sequence[Contender], *, work: Path, step: Step, label: str, explained: bool = True
) -> JudgedChunk:
    """Record ``plan`` in the folder ``work`` and judge it, as `harness record` and `harness compare` do.

    Where ``explained`` is false, findings do not name the wrong rule that a result agrees with.
    """
    write_plan(plan, Layout(work).plan)
    recordings: dict[str, Recording] = {}
    seconds: dict[str, float] = {}
    for one in contenders:
        started = time.monotonic()
        recording = one.recorder.record(plan, work, name=one.name)
        if changed := differences(replace(one.header, plan=plan.digest), recording.header):
            raise RecorderFailed(f"{one.name} was changed while the campaign ran: {'; '.join(changed)}; start it again")
        recordings[one.name] = recording
        seconds[one.name] = time.monotonic() - started
    started = time.monotonic()
    runs = [run_of(name, recording, required=True) for name, recording in recordings.items()]
    entries = {name: recording.entries for name, recording in recordings.items()}
    with step(f"judging {label}", len(plan.problems)) as progress:
        judged = judge_all(plan.problems, runs=runs, entries=entries, progress=progress, explained=explained)
    days = {name: recording.finished for name, recording in recordings.items()}
    findings = tuple(excused(plan, runs, judged.findings, recorded=days))
    judging = (time.monotonic() - started) / len(contenders)
    return JudgedChunk(
        verdicts=judged.verdicts,
        findings=findings,
        seconds={name: recording + judging for name, recording in seconds.items()},
    )
