"""What a plan asks, without the arrays that it asks it of: enough to see to it that everything is answered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.plan.callcodec import Json
from harness.plan.store import check_seal, decoded, problem_values, read_header
from harness.vocabulary import Mode, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One quantity of one problem, the mode that it is asked for in, and the digest of what the call asks."""

    problem: str
    question: str  # :func:`harness.plan.digest.question_of`, as the plan has it
    quantity: Quantity
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The evaluations of the plan in ``folder``, in its order, and the digest that it says it has.

    Its problems are those that the plan was made with. The arrays were not held against them: who evaluates does so
    with those of its own problems (:mod:`harness.plan.part`), and who compares with all.
    """

    folder: Path
    digest: str
    selection: str | None
    asked: tuple[Asked, ...]


def read_outline(folder: Path) -> Outline:
    """Read of the plan in ``folder`` what it asks; raise :class:`~harness.plan.store.PlanError` as reading it would."""
    header = read_header(folder)
    values = problem_values(folder, header)
    asked = tuple(each for where, value in values for each in decoded(_asked, value, where))
    check_seal(folder, header)
    return Outline(folder=folder, digest=str(header.get("digest")), selection=header.get("selection"), asked=asked)


def _asked(value: Json) -> list[Asked]:
    problem, question, mode = str(value["id"]), str(value["question"]), Mode(value["call"]["mode"])
    return [Asked(problem=problem, question=question, quantity=Quantity(name), mode=mode) for name in value["check"]]
