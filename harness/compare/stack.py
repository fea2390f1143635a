"""One stack of problems, judged for every adapter: verdicts, and the findings they call for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.compare.assessment import Assessment, Entries, unjudged
from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.ignored import ignored_cotangent
from harness.compare.judge import Judge
from harness.compare.judgement import Judgement
from harness.compare.large import Found, Sees, is_large, judged_in_parts
from harness.compare.measure import Measured
from harness.compare.pairs import Side
from harness.compare.relation import Pair
from harness.compare.verdict import Finding
from harness.compare.zeros.find import DERIVATIVES, zero_gradients
from harness.compare.zeros.flush import flushed
from harness.plan.problem import Problem
from harness.vocabulary import Level, Outcome, Quantity


def judge_stack(
    stack: Sequence[Problem],
    *,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    pairing: Sees | None,
    explained: bool,
    at_once: int,
) -> dict[str, Judgement]:
    """Judge problems that differ in nothing but their arrays; return what is said of each.

    ``pairing`` sees all results of each; ``explained``: say why a gradient is zero, and which wrong rule a result
    agrees with. A problem that is alone, and has more than ``at_once`` elements, is judged in parts.
    """
    if len(stack) == 1 and is_large(stack[0], elements=at_once):
        return {stack[0].id: _in_parts(stack[0], runs, entries, explained=explained, at_once=at_once)}
    return _together(stack, runs, entries, pairing, explained=explained, named=explained)


def _in_parts(
    problem: Problem,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    *,
    explained: bool,
    at_once: int,
) -> Judgement:
    def judging(part: Problem, cut: Mapping[str, Entries], /, *, pairing: Sees, named: bool) -> Found:
        judged = _together((part,), runs, cut, pairing, explained=explained, named=named and explained)[part.id]
        return judged.verdicts, judged.findings

    pairs: list[Pair] = []
    verdicts, findings = judged_in_parts(
        problem, runs=runs, entries=entries, judging=judging, note=pairs.append, elements=at_once
    )
    return Judgement(verdicts=tuple(verdicts), findings=tuple(findings), pairs=tuple(pairs))


def _together(
    stack: Sequence[Problem],
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    pairing: Sees | None,
    *,
    explained: bool,
    named: bool,
) -> dict[str, Judgement]:
    """Judge problems together; ``named``: say which wrong rule a result agrees with."""
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
        of_each = [tuple(of_evaluation(problem, one, explained=named)) for one in assessed]
        pairs: tuple[Pair, ...] = ()
        if pairing is not None:
            sides = [_side(problem, *one) for one in zip(assessed, of_each, strict=True)]
            pairs = tuple(pairing.see(problem, sides))
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
