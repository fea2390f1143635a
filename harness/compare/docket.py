"""All problems of a plan, judged in stacks for every adapter, by one process or by several."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.compare.comparison import AdapterRun
from harness.compare.findings import of_evaluation
from harness.compare.judgement import Judgement
from harness.compare.pairing import Pairing
from harness.compare.results import Entries
from harness.compare.stack import judge_stack
from harness.compare.stacking import stacks
from harness.compare.toolarge import MEMORY, left_alone, needs
from harness.compare.verdict import Finding, Verdict
from harness.copies import ALONE, Jobs, shared
from harness.parts import AT_ONCE
from harness.plan.problem import Problem

if TYPE_CHECKING:
    from harness.compare.kept.memory import Memory

Progress = Callable[[int], None]
Stack = tuple[Problem, ...]

FEWEST: Final = 8  # problems to judge: two copies take some 15 ms to make, and a problem 10 to 35 ms to judge


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
    known: Memory | None = None,
    at_once: int = AT_ONCE,
    memory: int = MEMORY,
    jobs: Jobs = ALONE,
) -> Judged:
    """Judge every quantity of every problem for every run, and say why a gradient is zero where it is.

    ``entries`` holds, by adapter, what those recorded that ran. ``progress`` is called with the number of problems
    done; ``pairing`` sees all results of each. Why a gradient is zero, and which wrong rule a result agrees with, costs
    more than the verdicts: where ``explained`` is false, nobody wants to know. What is ``known`` of earlier runs, all
    explained, is not judged again. A problem of more than ``at_once`` elements is judged in parts; one that takes more
    than ``memory`` bytes all the same is left alone. Several ``jobs`` come to the same as one.
    """
    assert known is None or (explained and pairing is not None)  # noqa: S101 - what is kept has explanations and pairs
    listed = list(stacks(problems))
    too_large = {n for n, stack in enumerate(listed) if needs(stack[0], at_once=at_once) > memory}
    by_problem: dict[str, Judgement] = {} if known is None else dict(known.judged)
    for problem in (problem for number in too_large for problem in listed[number]):
        # what comes of that depends on this run, and is not kept
        by_problem[problem.id] = _left_alone(problem, runs, entries, memory=memory, at_once=at_once)
    due = {
        number: of_stack
        for number, stack in enumerate(listed)
        if number not in too_large and (of_stack := stack if known is None else known.due(stack))
    }

    def judge(number: int) -> dict[str, Judgement]:
        return judge_stack(
            due[number], runs=runs, entries=entries, pairing=pairing, explained=explained, at_once=at_once
        )

    with closing(_judged(due, judge, pairing=pairing, jobs=jobs, at_once=at_once, memory=memory)) as judging:
        progress(len(by_problem))
        for number, judged in judging:
            for problem in due[number]:
                if problem.id not in by_problem:  # else it was judged for another one's sake
                    judgement = judged[problem.id]
                    by_problem[problem.id] = judgement if known is None else known.keep(problem, judgement)
            progress(len(by_problem))
    if pairing is not None:
        for problem in (problem for stack in listed for problem in stack):
            for pair in by_problem[problem.id].pairs:
                pairing.note(pair)
    in_order = [by_problem[problem.id] for problem in problems]
    return Judged(
        verdicts=tuple(verdict for judged in in_order for verdict in judged.verdicts),
        findings=tuple(finding for judged in in_order for finding in judged.findings),
    )


def _judged(
    due: Mapping[int, Stack],
    judge: Callable[[int], dict[str, Judgement]],
    *,
    pairing: Pairing | None,
    jobs: Jobs,
    at_once: int,
    memory: int,
) -> Generator[tuple[int, dict[str, Judgement]], None, None]:
    """Yield what :func:`judge` says of each stack that is due, in whichever order.

    Copies of this process judge what leaves nothing behind, and takes so little that all of them and this process,
    which judges the rest meanwhile, stay within ``memory`` together.
    """
    if sum(map(len, due.values())) < FEWEST:
        jobs = ALONE
    small = [n for n, stack in due.items() if (jobs.copies + 1) * needs(stack[0], at_once=at_once) <= memory]
    own = [n for n in small if pairing is not None and pairing.holds(due[n])]
    yield from shared(judge, sorted(set(small) - set(own)), jobs=jobs, own=own)
    for number in sorted(due.keys() - set(small)):
        yield number, judge(number)


def _left_alone(
    problem: Problem, runs: Sequence[AdapterRun], entries: Mapping[str, Entries], *, memory: int, at_once: int
) -> Judgement:
    assessed = list(left_alone(problem, runs, entries, memory=memory, at_once=at_once))
    findings = tuple(found for one in assessed for found in of_evaluation(problem, one))
    return Judgement(verdicts=tuple(one.verdict for one in assessed), findings=findings)
