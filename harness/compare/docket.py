"""All problems of a plan, judged in stacks for every adapter: verdicts, and the findings they call for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.ignored import ignored_cotangent
from harness.compare.judge import Assessment, Entries, Judge, unjudged
from harness.compare.measure import Measured
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
        (run.name, quantity): judge.assess(run.name, quantity, entries[run.name])
        for run in runs
        if run.ran
        for quantity in Quantity
        if quantity in asked
    }
    judged = {}
    for problem in stack:
        assessed = [
            ran[run.name, quantity][problem.id] if run.ran else _not_run(problem, quantity, run)
            for quantity in problem.check
            for run in runs
        ]
        findings = [finding for one in assessed for finding in of_evaluation(problem, one)]
        findings += [finding for one in assessed for finding in ignored_cotangent(problem, one)]
        findings += _zeros(judge, problem)
        verdicts = tuple(one.verdict for one in assessed)
        judged[problem.id] = Judged(verdicts=verdicts, findings=tuple(findings))
    return judged


def _not_run(problem: Problem, quantity: Quantity, run: AdapterRun) -> Assessment:
    return unjudged(run.name, problem, quantity, Measured(Outcome.NOT_RUN, run.why_not or ""))


def _zeros(judge: Judge, problem: Problem) -> Iterator[Finding]:
    for quantity in (Quantity.VJP, Quantity.HVP):
        if quantity in problem.check:
            for zero in zero_gradients(problem, quantity, judge.truth(problem, quantity)):
                yield of_zero(problem, quantity, zero)
