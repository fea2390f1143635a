"""Smaller inputs on disk, each under everything that decided it.

::

    REPORTS/shrunk/<key>/
      plan/          the smallest problem that was found to show the finding
      finding.json   the finding, as it was judged of that problem
      unfinished     where the time was up before nothing smaller was left to try

The key is made of the problem's bits, what was found of it, who was recorded in which surroundings, and the code that
judges: another harness, or another version of the framework, looks again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from harness.compare.comparison import Comparison
from harness.compare.kept.judge import judge_digest
from harness.compare.verdict import Finding
from harness.plan.digest import digest_of, question_of
from harness.plan.plan import CaseRecord, Plan
from harness.plan.problem import Problem
from harness.plan.store import PlanError, read_plan, write_plan
from harness.record.recording import Header
from harness.repeat.repeats import Key, Smaller, key_of, showable
from harness.repeat.symptom import symptom
from harness.wholefile import write_whole

_UNFINISHED: Final = "unfinished"
_HEADER: Final = TypeAdapter(Header)
_FINDING: Final = TypeAdapter(Finding)


class Shrunk:
    """The smaller inputs in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._judge = judge_digest()

    def find(self, finding: Finding, problem: Problem, header: Header) -> Smaller | None:
        """Return what is kept of ``finding`` on ``problem``, recorded as ``header`` says; None where nothing is."""
        place = self._place(finding, problem, header)
        try:
            (smallest,) = read_plan(place / "plan").problems
            return Smaller(problem=smallest, finding=_FINDING.validate_json((place / "finding.json").read_bytes()))
        except (OSError, PlanError, ValidationError):
            return None

    def is_final(self, finding: Finding, problem: Problem, header: Header) -> bool:
        """Tell whether what is kept is the smallest that there was to find, as far as was tried."""
        return not (self._place(finding, problem, header) / _UNFINISHED).exists()

    def keep(self, smaller: Smaller, finding: Finding, problem: Problem, header: Header, *, final: bool = True) -> None:
        """Keep ``smaller``, found for ``finding`` on ``problem``; one that is not ``final`` may be taken up again.

        Raise PlanError or OSError where it cannot be kept.
        """
        place = self._place(finding, problem, header)
        place.mkdir(parents=True, exist_ok=True)
        if final:
            (place / _UNFINISHED).unlink(missing_ok=True)
        else:
            write_whole(place / _UNFINISHED, "")
        case = CaseRecord(id=problem.case, why="", source="", file="", line=0, text="", problems=1)
        plan = Plan(
            digest=digest_of([smaller.problem]),
            problems=(smaller.problem,),
            cases={case.id: case},
            selection="the smallest that was found",
        )
        write_plan(plan, place / "plan")
        write_whole(place / "finding.json", _FINDING.dump_json(smaller.finding).decode() + "\n")

    def known(self, comparison: Comparison, problems: Iterable[Problem]) -> dict[Key, Smaller]:
        """Return all that is kept of the findings of ``comparison``, by :func:`~harness.repeat.repeats.key_of`."""
        by_id = {problem.id: problem for problem in problems}
        headers = {run.name: run.header for run in comparison.adapters}
        found = {}
        for finding, adapter in showable(comparison.findings):
            problem, header = by_id.get(finding.problems[0]), headers.get(adapter)
            if problem is not None and header is not None:
                smaller = self.find(finding, problem, header)
                if smaller is not None:
                    found[key_of(finding)] = smaller
        return found

    def _place(self, finding: Finding, problem: Problem, header: Header) -> Path:
        words = {
            "question": question_of(problem.call),
            "quantity": finding.quantity,
            "kind": finding.kind.value,
            "law": finding.evidence.get("law"),
            "symptom": symptom(finding),
            "excuse": finding.excuse,
            "judge": self._judge,
            "header": _HEADER.dump_python(replace(header, plan=""), mode="json"),
        }
        digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()
        return self._folder / digest[:32]
