"""Problems under their judge: what becomes of results that kernels return for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Adapter
from harness.compare.asked import Asked, result_format
from harness.compare.assessment import Assessment
from harness.compare.findings import of_evaluation
from harness.compare.judge import Judge
from harness.compare.stacking import stacks
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.selftest.change import beyond, changed, obvious
from harness.vocabulary import Level, Mode, Quantity
from reference.formats import Floats, format_named
from reference.scale import natural_scale

Arrays = Mapping[str, NDArray[Any]]  # by problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one result.

    ``changed``: it is not the correctly rounded truth. ``beyond`` and ``obvious``: see :mod:`harness.selftest.change`.
    ``caught``: there is a finding that is a fault. ``names``: of the faults which the findings say explain it.
    """

    changed: bool
    beyond: bool
    obvious: bool
    caught: bool
    names: frozenset[str]


class Bench:
    """Problems that differ in nothing but their arrays, judged together; truths are computed once for all kernels."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self._judges = [(Judge(stack), stack) for stack in stacks(problems)]
        self._scales: dict[tuple[str, Quantity], Floats] = {}

    def forwards(self, kernel: Adapter) -> dict[str, NDArray[Any]]:
        """Return what ``kernel`` answers forwards, by problem: its vjps are judged beside that."""
        found = {problem.id: answer(kernel, problem, Quantity.FORWARD) for problem in self.problems}
        return {problem: result for problem, result in found.items() if result is not None}

    def fates(
        self, kernel: Adapter, quantity: Quantity, results: Arrays, *, forwards: Arrays | None = None
    ) -> dict[str, Fate]:
        """Return what becomes of ``results`` of ``quantity``, where the same kernel returned ``forwards``."""
        returned = {Quantity.FORWARD: forwards or {}, quantity: results}
        entries = {
            (problem.id, asked): _entry(problem, asked, arrays[problem.id], by=kernel)
            for asked, arrays in returned.items()
            for problem in self.problems
            if problem.id in arrays
        }
        found: dict[str, Fate] = {}
        for judge, stack in self._judges:
            if any(problem.id in results for problem in stack):
                assessed = judge.assess(kernel.name, quantity, entries)
                found |= {p.id: self._fate(p, assessed[p.id]) for p in stack if p.id in results}
        return found

    def _fate(self, problem: Problem, assessed: Assessment) -> Fate:
        findings = [one for one in of_evaluation(problem, assessed) if one.level is Level.FAULT]
        names = frozenset(fault["name"] for one in findings for fault in one.evidence.get("faults", ()))
        fate = Fate(changed=True, beyond=True, obvious=True, caught=bool(findings), names=names)
        if assessed.numbers is None or assessed.oracle is None:
            return fate  # an array of another shape or dtype is held against nothing
        got, oracle, of = assessed.numbers.value, assessed.oracle, format_named(assessed.numbers.dtype)
        scale = self._scale(problem, assessed.verdict.quantity)
        return replace(
            fate,
            changed=changed(got, oracle, of=of),
            beyond=beyond(got, oracle),
            obvious=obvious(got, oracle, scale=scale, problem=problem, of=of),
        )

    def _scale(self, problem: Problem, quantity: Quantity) -> Floats:
        if (problem.id, quantity) not in self._scales:
            asked = Asked((problem.call,), result=result_format(problem.call))
            found = natural_scale(asked.question, quantity.value, **asked.vectors(quantity))
            self._scales[problem.id, quantity] = found
        return self._scales[problem.id, quantity]


def answer(kernel: Adapter, problem: Problem, quantity: Quantity) -> NDArray[Any] | None:
    """Return what ``kernel`` answers, None where it says that it has no answer."""
    if kernel.unsupported(problem.call, quantity):
        return None
    with np.errstate(all="ignore"):
        result: NDArray[Any] = getattr(kernel, quantity.value)(problem.call)
        return result


def _entry(problem: Problem, quantity: Quantity, result: NDArray[Any], *, by: Adapter) -> Entry:
    due = problem.call.dtype_of(quantity)
    return Entry(
        problem=problem.id,
        quantity=quantity,
        result=Returned(result, result.dtype.name if due is None else due.value),
        mode=Mode.EAGER,
        precision=by.precision(problem.call, quantity),
    )
