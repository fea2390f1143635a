"""Some problems of a plan, as who evaluates needs them, without the time that all others take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.plan.codec import problem_from_json
from harness.plan.digest import digest_and_questions
from harness.plan.problem import Problem
from harness.plan.store import PlanError, check_seal, decoded, inputs, problem_values, read_header


@dataclass(frozen=True, slots=True)
class Part:
    """Problems by their ids, and the digest of what the call of each asks."""

    problems: Mapping[str, Problem]
    questions: Mapping[str, str]


def read_part(folder: Path, wanted: Collection[str], *, digest: str) -> Part:
    """Read the problems ``wanted``, by their ids, of the plan in ``folder``, which is the one of that digest.

    Raise :class:`~harness.plan.store.PlanError` where it is another, and as reading all of it would; input bits are
    held against the digests of the calls that are read.
    """
    header = read_header(folder)
    if header.get("digest") != digest:
        raise PlanError(f"{folder}: the plan was made anew while it was being recorded: start again")
    fetch = inputs(folder)
    planned: dict[str, object] = {}
    problems = []
    for where, value in problem_values(folder, header):
        if value.get("id") in wanted:
            problem = decoded(lambda value: problem_from_json(value, fetch), value, where)
            problems.append(problem)
            planned[problem.id] = value.get("question")
    check_seal(folder, header)
    questions = {problem.id: question for problem, question in digest_and_questions(problems)[1].items()}
    changed = sorted(name for name, question in questions.items() if question != planned[name])
    if changed:
        raise PlanError(
            f"{folder}: the input bits of {changed[0]} were changed after the plan was made; make the plan again with: "
            "harness plan"
        )
    return Part({problem.id: problem for problem in problems}, questions)
