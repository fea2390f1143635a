"""Recordings and plan in, comparison out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.compare.asked import decoded
from harness.compare.comparison import AdapterRun, Comparison
from harness.compare.docket import Progress, judge_all
from harness.compare.excuse import excused
from harness.compare.exhibits import exhibits
from harness.compare.findings import of_degenerate
from harness.compare.grouping import grouped, ranked
from harness.compare.pairing import Pairing, equivalents_of
from harness.compare.printed import disagreements, summed_rows
from harness.compare.toolarge import MEMORY
from harness.compare.verdict import Finding, Verdict
from harness.copies import ALONE, Jobs
from harness.plan.plan import Plan, PrintedValue
from harness.plan.probe import proves_nothing
from harness.plan.problem import Problem
from harness.record.recording import Entry, Recording, Returned
from harness.vocabulary import FindingKind, Level, Outcome, Quantity
from reference.formats import FORMATS

if TYPE_CHECKING:
    from harness.compare.kept.cabinet import Cabinet
    from harness.compare.kept.memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """Stands in for a recording that is not there, or that cannot be compared."""

    reason: str


def compare(
    plan: Plan,
    recordings: Mapping[str, Recording | NotRun],
    *,
    required: Iterable[str] = (),
    progress: Progress = lambda _done: None,
    kept: Cabinet | None = None,
    memory: int = MEMORY,
    jobs: Jobs = ALONE,
) -> Comparison:
    """Judge every recording of ``plan``.

    ``recordings`` maps adapter names to what was recorded; an adapter of ``required`` that is not among them did not
    run. ``progress`` is called with the number of problems done. A problem that takes more than ``memory`` bytes to
    judge is not judged, and says so. The result depends on nothing but these arguments: what ``kept`` holds of earlier
    runs is taken over where it would come out the same, and saves the time alone; so do several ``jobs``.
    """
    wanted = tuple(required)
    names = tuple(dict.fromkeys([*_ordered(recordings), *wanted]))
    runs = tuple(run_of(name, recordings.get(name), required=name in wanted) for name in names)
    ran = {run.name: recordings[run.name] for run in runs if run.ran}
    there = {name: recording for name, recording in ran.items() if isinstance(recording, Recording)}
    entries = {name: recording.entries for name, recording in there.items()}
    days = {name: recording.finished for name, recording in there.items()}
    pairing = Pairing({name: equivalents_of(case.tags) for name, case in plan.cases.items()})
    known: Memory | None = None
    if kept is not None:
        from harness.compare.kept.memory import Memory  # noqa: PLC0415 - judging alone needs no more than NumPy

        groups = pairing.groups(plan.problems)
        known = Memory(kept, plan.problems, question=plan.question, runs=runs, entries=entries, groups=groups)
    judged = judge_all(
        plan.problems,
        runs=runs,
        entries=entries,
        progress=progress,
        pairing=pairing,
        known=known,
        memory=memory,
        jobs=jobs,
    )
    found = [*judged.findings, *_degenerate(plan), *_printed(plan, entries)]
    answered = list(_of_what_was_asked(excused(plan, runs, found, recorded=days), judged.verdicts))
    findings = ranked(grouped(answered))
    met = {finding.ledger for finding in findings}
    return Comparison(
        plan=plan.digest,
        selection=plan.selection,
        adapters=runs,
        verdicts=judged.verdicts,
        findings=findings,
        ledger={entry.id: entry for entry in plan.ledger if entry.id in met},
        cases=plan.cases,
        themes=plan.themes,
        exhibits=exhibits(_by_case(plan), entries, answered, known),
        pairs=pairing.collected(plan.problems, known),
    )


def _ordered(recordings: Mapping[str, object]) -> list[str]:
    """Return the adapters' names with the reference first, the others by name."""
    return sorted(recordings, key=lambda name: (name != "reference", name))


def run_of(name: str, recording: Recording | NotRun | None, *, required: bool) -> AdapterRun:
    """Return the column of an adapter: that it ran, or why not."""
    if recording is None:
        missing = "there is no recording of it: its environment was not built, or `record` was not run"
        return AdapterRun(name=name, required=required, why_not=missing)
    if isinstance(recording, NotRun):
        return AdapterRun(name=name, required=required, why_not=recording.reason)
    reason: str | None = recording.header.not_run
    if reason is None and not recording.complete:
        reason = f"its recording is incomplete: run `harness record {name}` again, it goes on where it stopped"
    return AdapterRun(name=name, required=required, why_not=reason, header=recording.header)


def _degenerate(plan: Plan) -> Iterable[Finding]:
    """Find the cases whose own cotangents prove nothing of the backward rule."""
    for case, problems in _by_case(plan).items():
        own = tuple(problem for problem in problems if not problem.probe)
        if proves_nothing(own):
            yield of_degenerate(case, own, [problem for problem in problems if problem.probe])


def _of_what_was_asked(findings: Iterable[Finding], verdicts: Sequence[Verdict]) -> Iterable[Finding]:
    """Yield ``findings`` but for the explanations of derivatives that no adapter has; all of them where none ran.

    They are left out behind the excuses: a case that expects one is right about the mathematics, whoever was asked.
    """
    ran = [verdict for verdict in verdicts if verdict.outcome is not Outcome.NOT_RUN]
    asked = {(verdict.problem, verdict.quantity) for verdict in ran if verdict.outcome is not Outcome.UNSUPPORTED}
    for finding in findings:
        mathematics = finding.level is Level.EXPLANATION and not finding.adapters and finding.quantity is not None
        if not (ran and mathematics) or any((problem, finding.quantity) in asked for problem in finding.problems):
            yield finding


def _printed(plan: Plan, entries: Mapping[str, Mapping[tuple[str, Quantity], Entry]]) -> Iterable[Finding]:
    """Hold the numbers that a case quotes against what the adapter that they came from returns today."""
    for case, problems in _by_case(plan).items():
        for printed in plan.cases[case].printed:
            for problem in (problem for problem in problems if not problem.probe):
                entry = entries.get(printed.adapter, {}).get((problem.id, printed.quantity))
                if problem.call.dtype is not printed.dtype or entry is None:
                    continue
                differ = _differences(printed, problem, entry)
                if differ:
                    yield Finding(
                        kind=FindingKind.PRINTED_VALUE,
                        case=case,
                        sentence=(
                            f"{printed.adapter}: the {printed.quantity} does not read as printed at the source: "
                            f"{'; '.join(differ)}."
                        ),
                        problems=(problem.id,),
                        adapters=(printed.adapter,),
                        quantity=printed.quantity,
                        evidence={"printed": list(printed.values)},
                    )


def _differences(printed: PrintedValue, problem: Problem, entry: Entry) -> list[str]:
    result = entry.result
    if not isinstance(result, Returned):
        return [f"nothing was returned ({type(result).__name__.lower()})"]
    if result.dtype not in FORMATS:
        return [f"numbers of {result.dtype} were returned"]
    values = decoded(result.value, result.dtype)
    if printed.summed and values.shape == problem.call.shape_of(Quantity.JACOBIAN):
        values = summed_rows(values, problem.call.x.shape, dtype=result.dtype)
    return disagreements(printed.values, values, dtype=result.dtype)


def _by_case(plan: Plan) -> dict[str, list[Problem]]:
    cases: dict[str, list[Problem]] = {}
    for problem in plan.problems:
        cases.setdefault(problem.case, []).append(problem)
    return cases
