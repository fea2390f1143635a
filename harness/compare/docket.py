"""All problems of a plan, judged in stacks for every adapter: verdicts, and the findings they call for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.judge import Entries, Judge
from harness.compare.oracle import stacks
from harness.compare.verdict import Finding, Verdict
from harness.compare.zero import zero_gradients
from harness.plan.problem import Problem
from harness.vocabulary import Outcome, Quantity

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Verdicts by problem as planned, then quantity, then adapter; findings in the same order, not yet excused."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]


def judge_all(
    problems: Sequence[Problem], *, runs: Sequence[AdapterRun], entries: Mapping[str, Entries], progress: Progress
) -> Judged:
    """Judge every quantity of every problem for every run, and say why a gradient is zero where it is.

    ``entries`` holds, by adapter, what those recorded that ran. ``progress`` is called with the number of problems
    done.
    """
    by_problem: dict[str, Judged] = {}
    for stack in stacks(problems):
        by_problem |= _judge_stack(stack, runs, entries)
        progress(len(by_problem))
    in_order = [by_problem[problem.id] for problem in problems]
    return Judged(
        verdicts=tuple(verdict for judged in in_order for verdict in judged.verdicts),
        findings=tuple(finding for judged in in_order for finding in judged.findings),
    )


def _judge_stack(
    stack: Sequence[Problem], runs: Sequence[AdapterRun], entries: Mapping[str, Entries]
) -> dict[str, Judged]:
    judge = Judge(stack)
    asked = {quantity for problem in stack for quantity in problem.check}
    ran = {
        (run.name, quantity): judge.verdicts(run.name, quantity, entries[run.name])
        for run in runs
        if run.ran
        for quantity in Quantity
        if quantity in asked
    }
    judged = {}
    for problem in stack:
        verdicts = [
            ran[run.name, quantity][problem.id] if run.ran else _not_run(judge, problem, quantity, run)
            for quantity in problem.check
            for run in runs
        ]
        found = [_finding(judge, problem, verdict, entries) for verdict in verdicts]
        findings = tuple(finding for finding in found if finding is not None) + tuple(_zeros(judge, problem))
        judged[problem.id] = Judged(verdicts=tuple(verdicts), findings=findings)
    return judged


def _not_run(judge: Judge, problem: Problem, quantity: Quantity, run: AdapterRun) -> Verdict:
    return judge.unjudged(run.name, problem, quantity, Outcome.NOT_RUN, detail=run.why_not or "")


def _finding(judge: Judge, problem: Problem, verdict: Verdict, entries: Mapping[str, Entries]) -> Finding | None:
    if verdict.outcome is Outcome.NOT_RUN:
        return None
    entry = entries[verdict.adapter].get((problem.id, verdict.quantity))
    oracle = None
    if entry is not None and verdict.outcome.judged:
        oracle = judge.truth(problem, verdict.quantity, entry.precision)
    return of_evaluation(problem, verdict, entry, oracle)


def _zeros(judge: Judge, problem: Problem) -> Iterator[Finding]:
    if Quantity.VJP in problem.check:
        forward, vjp = (judge.truth(problem, quantity) for quantity in (Quantity.FORWARD, Quantity.VJP))
        for zero in zero_gradients(problem, forward, vjp):
            yield of_zero(problem, zero)
