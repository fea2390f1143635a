"""Kernels before one quantity of the problems of a bench: what has to be caught, and what has to be named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.adapters.contract import Adapter, Precision
from harness.adapters.reference import ReferenceAdapter
from harness.plan.problem import Problem
from harness.selftest.bench import Arrays, Bench, Fate, answer
from harness.selftest.change import told_apart
from harness.selftest.counts import Counts, Where
from harness.selftest.kernels import Wrong, evaluation_of, stored
from harness.selftest.problems import asks
from harness.selftest.slips import ROW_SCALAR, Slip
from harness.selftest.written import Slipped, StepByStep
from harness.vocabulary import Quantity
from reference.faults import CATALOGUE, Answer, Evaluation, Fault

_FAULTS: Final = {fault.name: fault for fault in CATALOGUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One quantity of a bench. ``forwards``: what right kernels answer forwards, by name; ``place``: where to count."""

    bench: Bench
    quantity: Quantity
    forwards: Mapping[str, Arrays]
    place: Callable[..., Where]
    _evaluations: dict[tuple[str, Precision], Evaluation] = field(default_factory=dict)

    def of_faults(self, faults: Sequence[Fault], counts: Counts) -> None:
        """Count what becomes of the catalogue's formulas, each rounded once; where it is told apart it has a name."""
        for fault in faults:
            kernel = Wrong(fault)
            asked = {one: self._evaluation(one, kernel) for one in self.asked}
            answers = {one: found for one, of in asked.items() if (found := fault.answer(of)) is not None}
            results = {one.id: stored(found, one.call, self.quantity) for one, found in answers.items()}
            fates = self.bench.fates(kernel, self.quantity, results, forwards=self.forwards[ReferenceAdapter.name])
            for one, found in answers.items():
                tellable = _told_apart(found, asked[one])
                counts[self.place(kernel=fault.name)].add(one.id, fates[one.id], fault=fault.name, tellable=tellable)

    def of_slips(self, slips: Sequence[Slip], counts: Counts) -> None:
        """Count what becomes of kernels with a slip, beside a right output.

        One has to be named where its fault has an answer that is told apart from the truth; a sum that is off, wherever
        an element is beyond its bound.
        """
        for slip in slips:
            kernel = Slipped(slip)
            fates = self._fates(kernel, forwards=self.forwards[StepByStep.name])
            for one in self.asked:
                if (fate := fates.get(one.id)) is not None:
                    tellable = self._nameable(slip, fate, self._evaluation(one, kernel))
                    counts[self.place(kernel=slip.name)].add(one.id, fate, fault=slip.fault, tellable=tellable)

    def of_right(self, kernels: Sequence[Adapter], counts: Counts) -> None:
        """Count what becomes of right kernels."""
        for kernel in kernels:
            for problem, fate in self._fates(kernel, forwards=self.forwards[kernel.name]).items():
                counts[self.place(kernel=kernel.name)].add(problem, fate)

    @property
    def asked(self) -> list[Problem]:
        """The problems that ask for the quantity."""
        return [problem for problem in self.bench.problems if asks(problem, self.quantity)]

    def _fates(self, kernel: Adapter, *, forwards: Arrays) -> dict[str, Fate]:
        results = {one.id: got for one in self.asked if (got := answer(kernel, one, self.quantity)) is not None}
        return self.bench.fates(kernel, self.quantity, results, forwards=forwards)

    def _nameable(self, slip: Slip, fate: Fate, evaluation: Evaluation) -> bool:
        if slip.fault == ROW_SCALAR:
            return fate.beyond
        found = _FAULTS[slip.fault].answer(evaluation)
        return found is not None and _told_apart(found, evaluation)

    def _evaluation(self, problem: Problem, kernel: Adapter) -> Evaluation:
        """Return what a problem asks of a kernel of that precision, whose truth is computed once."""
        precision = kernel.precision(problem.call, self.quantity)
        if (problem.id, precision) not in self._evaluations:
            self._evaluations[problem.id, precision] = evaluation_of(problem.call, self.quantity, precision)
        return self._evaluations[problem.id, precision]


def _told_apart(found: Answer, evaluation: Evaluation) -> bool:
    return told_apart(found, evaluation.truth, of=evaluation.result_format)
