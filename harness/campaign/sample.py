"""A campaign's problems: number k of seed s is the same problem for ever, whatever else is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.campaign.drawing import Drawing
from harness.campaign.frames import checked
from harness.plan.digest import digest_of
from harness.plan.plan import CaseRecord, LedgerEntry, Plan
from harness.plan.problem import Problem
from harness.plan.signatures import signature
from harness.vocabulary import Mode

_ID = re.compile(r"campaign-(\d+)-(\d+)")


class UnknownProblem(ValueError):
    """A text is not the id of a campaign's problem."""


def identifier(seed: int, number: int) -> str:
    """Return the id of a problem, from which alone it can be drawn again."""
    return f"campaign-{seed}-{number}"


def identified(text: str) -> tuple[int, int]:
    """Return seed and number of the problem with this id; raise :class:`UnknownProblem` where it is none."""
    match = _ID.fullmatch(text)
    if match is None:
        raise UnknownProblem(f"{text!r} is not the id of a campaign's problem; one looks like {identifier(0, 1234)}")
    return int(match[1]), int(match[2])


def draw(seed: int, number: int) -> tuple[Problem, CaseRecord]:
    """Return problem ``number`` of ``seed``, and the case that stands for it: a line that says what it is made of."""
    drawing = Drawing.begun(seed, number)
    name = identifier(seed, number)
    call, head = drawing.call()
    description = "; ".join(drawing.words)
    case = CaseRecord(
        id=name,
        why=description,
        source=f"problem {number} of the campaign with seed {seed}",
        file="",
        line=0,
        text=description,
        problems=1,
    )
    check = checked(call.op, drawing.frame, call.dtype)
    return Problem(id=name, case=name, call=call, cotangent_name=head, check=check), case


def sample(seed: int, numbers: Iterable[int], *, ledger: Iterable[LedgerEntry] = ()) -> Plan:
    """Return a plan of the problems ``numbers`` of ``seed``.

    Eager problems come last, those of one signature side by side: JAX forgets what it compiled between two of them.
    """
    drawn = [draw(seed, number) for number in numbers]
    problems = tuple(sorted((problem for problem, _ in drawn), key=_place))
    return Plan(
        digest=digest_of(problems),
        problems=problems,
        cases={case.id: case for _, case in drawn},
        ledger=tuple(entry for entry in ledger if entry.case is None),
        selection=f"{len(problems)} problems of the campaign with seed {seed}",
    )


def _place(problem: Problem) -> str:
    return str(signature(problem.call)) if problem.call.mode is Mode.EAGER else ""


__all__ = ["UnknownProblem", "draw", "identified", "identifier", "sample"]
