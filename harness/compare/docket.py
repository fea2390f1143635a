"""All problems of a plan, judged in stacks for every adapter: verdicts, and the findings they call for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.ignored import ignored_cotangent
from harness.compare.judge import Assessment, Entries, Judge, unjudged
from harness.compare.kept.judgement import Judgement
from harness.compare.kept.memory import Memory
from harness.compare.measure import Measured
from harness.compare.oracle import stacks
from harness.compare.pairing import Pairing, pairs_of
from harness.compare.pairs import Side
from harness.compare.relation import Pair
from harness.compare.verdict import Finding, Verdict
from harness.compare.zeros.find import DERIVATIVES, zero_gradients
from harness.compare.zeros.flush import flushed
from harness.plan.problem import Problem
from harness.vocabulary import Level, Outcome, Quantity

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Verdicts by problem as planned, then quantity, then adapter; findings in the same order, not yet excused."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]


def judge_all(
    problems: Sequence[Problem],
    *,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    progress: Progress,
    pairing: Pairing | None = None,
    explained: bool = True,
    memory: Memory | None = None,
) -> Judged:
    """Judge every quantity of every problem for every run, and say why a gradient is zero where it is.

    ``entries`` holds, by adapter, what those recorded that ran. ``progress`` is called with the number of problems
    done; ``pairing`` sees all results of each. Why a gradient is zero, and which wrong rule a result agrees with, costs
    more than the verdicts: where ``explained`` is false, nobody wants to know. What ``memory`` holds of earlier runs,
    all explained, is not judged again.
    """
    assert memory is None or (explained and pairing is not None)  # noqa: S101 - what is kept has explanations and pairs
    by_problem: dict[str, Judgement] = {}
    for stack in stacks(problems):
        due = tuple(stack) if memory is None else memory.due(stack)
        judged = _judge_stack(due, runs, entries, pairing, explained=explained) if due else {}
        for problem in stack:
            by_problem[problem.id] = _known(problem, judged, memory)
            if pairing is not None:
                pairing.see(by_problem[problem.id].pairs)
        progress(len(by_problem))
    in_order = [by_problem[problem.id] for problem in problems]
    return Judged(
        verdicts=tuple(verdict for judged in in_order for verdict in judged.verdicts),
        findings=tuple(finding for judged in in_order for finding in judged.findings),
    )


def _known(problem: Problem, judged: Mapping[str, Judgement], memory: Memory | None) -> Judgement:
    """Return what is known of a problem from an earlier run, or else what was judged of it now, which is kept."""
    if memory is None:
        return judged[problem.id]
    known = memory.judged.get(problem.id)
    return memory.keep(problem, judged[problem.id]) if known is None else known


def _judge_stack(
    stack: Sequence[Problem],
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    pairing: Pairing | None,
    *,
    explained: bool,
) -> dict[str, Judgement]:
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
        of_each = [tuple(of_evaluation(problem, one, explained=explained)) for one in assessed]
        pairs: tuple[Pair, ...] = ()
        if pairing is not None:
            sides = [_side(problem, *one) for one in zip(assessed, of_each, strict=True)]
            pairs = tuple(pairs_of(problem, sides))
            pairing.join(problem, sides)
        findings = [finding for found in of_each for finding in found]
        findings += _explanations(judge, problem, assessed) if explained else ()
        verdicts = tuple(one.verdict for one in assessed)
        judged[problem.id] = Judgement(verdicts=verdicts, findings=tuple(findings), pairs=pairs)
    return judged


def _side(problem: Problem, assessed: Assessment, findings: Iterable[Finding]) -> Side:
    policy = any(finding.level is Level.POLICY for finding in findings)
    return Side.of(problem, assessed, policy=policy)


def _not_run(problem: Problem, quantity: Quantity, run: AdapterRun) -> Assessment:
    return unjudged(run.name, problem, quantity, Measured(Outcome.NOT_RUN, run.why_not or ""))


def _explanations(judge: Judge, problem: Problem, assessed: Sequence[Assessment]) -> Iterator[Finding]:
    if Quantity.VJP in problem.check:
        of_vjp = (one.verdict for one in assessed if one.verdict.quantity is Quantity.VJP)
        agreed = [verdict.adapter for verdict in of_vjp if verdict.outcome.agreed]
        yield from ignored_cotangent(problem, judge.truth(problem, Quantity.VJP), agreed)
    for quantity in DERIVATIVES:
        if quantity in problem.check:
            for zero in zero_gradients(problem, quantity, judge.truth(problem, quantity)):
                yield of_zero(problem, quantity, zero)
    for one in assessed:
        if one.verdict.quantity in DERIVATIVES:
            yield from flushed(problem, one)
