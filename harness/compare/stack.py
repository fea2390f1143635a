"""One stack of problems, judged for every adapter: verdicts, and the findings they call for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.compare.added import OracleOfSum
from harness.compare.assessment import Assessment, unjudged
from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation, of_zero
from harness.compare.ignored import ignored_cotangent
from harness.compare.judge import Judge
from harness.compare.judgement import Judgement
from harness.compare.large import Found, Sees, halves, is_large, judged_in_parts, unnamed, zeros_in_parts
from harness.compare.measure import Measured
from harness.compare.pairing import Pairing
from harness.compare.pairs import Side
from harness.compare.relation import Pair
from harness.compare.results import Entries
from harness.compare.verdict import Finding
from harness.compare.zeros.find import DERIVATIVES, zero_gradients
from harness.compare.zeros.flush import flushed
from harness.plan.problem import Problem
from harness.vocabulary import Level, Outcome, Quantity

Why = Callable[[Judge, Problem, Sequence[Assessment]], Iterable[Finding]]  # why a gradient is zero, and the like


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
    why = _explanations if explained else None
    return _together(Judge(stack), stack, runs, entries, pairing, why=why, named=explained)


def _in_parts(
    problem: Problem,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    *,
    explained: bool,
    at_once: int,
) -> Judgement:
    """Judge a problem that is alone in its stack, and too large for one piece."""
    why = _explanations if explained else None

    def judging(part: Problem, cut: Mapping[str, Entries], /, *, pairing: Sees, named: bool) -> Found:
        judged = _together(Judge((part,)), (part,), runs, cut, pairing, why=why, named=named and explained)[part.id]
        return judged.verdicts, judged.findings

    of_rows, added_up = halves(problem)
    pairs: list[Pair] = []
    verdicts, findings = judged_in_parts(
        of_rows, runs=runs, entries=entries, judging=judging, note=pairs.append, elements=at_once
    )
    of_sum = _added_up(added_up, runs, entries, explained=explained, at_once=at_once)
    order = problem.check.index
    return Judgement(
        verdicts=tuple(sorted((*verdicts, *of_sum.verdicts), key=lambda verdict: order(verdict.quantity))),
        findings=(*of_sum.findings, *findings),
        pairs=tuple(sorted((*pairs, *of_sum.pairs), key=lambda pair: order(pair.quantity))),
    )


def _added_up(
    problem: Problem,
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    *,
    explained: bool,
    at_once: int,
) -> Judgement:
    """Judge what is one number for all rows of a problem that is too large for one piece."""

    def why(judge: Judge, of: Problem, assessed: Sequence[Assessment]) -> Iterator[Finding]:
        if Quantity.JVP in of.check:
            yield from zeros_in_parts(of, Quantity.JVP, judge.truth(of, Quantity.JVP), elements=at_once)
        yield from _flushed(of, assessed)

    if not problem.check:
        return Judgement(verdicts=(), findings=())
    judge = Judge((problem,), oracle=OracleOfSum(problem, elements=at_once))
    because = why if explained else None
    judged = _together(judge, (problem,), runs, entries, Pairing({}), why=because, named=False)[problem.id]
    return replace(judged, findings=tuple(unnamed(found) if explained else found for found in judged.findings))


def _together(
    judge: Judge,
    stack: Sequence[Problem],
    runs: Sequence[AdapterRun],
    entries: Mapping[str, Entries],
    pairing: Sees | None,
    *,
    why: Why | None,
    named: bool,
) -> dict[str, Judgement]:
    """Judge problems together; ``named``: say which wrong rule a result agrees with; ``why``: what else to say."""
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
        findings += () if why is None else why(judge, problem, assessed)
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
    yield from _flushed(problem, assessed)


def _flushed(problem: Problem, assessed: Sequence[Assessment]) -> Iterator[Finding]:
    for one in assessed:
        if one.verdict.quantity in DERIVATIVES:
            yield from flushed(problem, one)
