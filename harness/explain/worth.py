"""What a result that somebody got is worth: judged by the bounds and laws of every case, as far as its digits go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import result_format
from harness.compare.assessment import Assessment
from harness.compare.findings import of_evaluation
from harness.compare.judge import Judge
from harness.compare.laws import FINDINGS
from harness.compare.naming.name import wrong_of
from harness.compare.verdict import Finding, Verdict
from harness.compare.zeros.find import DERIVATIVES
from harness.compare.zeros.flush import flushed
from harness.explain.arrays import stored
from harness.explain.digits import fewest_digits, nearest_that_prints_so
from harness.explain.reading import Written
from harness.plan.number import WrittenFloat
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import DType, Mode, Quantity
from reference.faults import CATALOGUE
from reference.formats import format_named
from reference.truth import Truth
from reference.ulp import rounded

_TELLING: Final = 3  # digits: with fewer, one fault prints as another does
GOT: Final = "got"  # who returned a result that is judged here


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How a result stands to the oracle; ``as_printed``: it is what it is called only as far as its digits show.

    ``laws`` are those that it breaks, ``flushed`` says what of it is zero by underflow, both in words.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    laws: tuple[str, ...] = ()
    flushed: tuple[str, ...] = ()
    as_printed: bool = False

    @property
    def right(self) -> bool:
        """Whether a correct kernel may return this, and no law says otherwise."""
        return self.verdict.outcome.agreed and not self.findings

    @property
    def named(self) -> bool:
        """Whether a fault of the catalogue, or a factor, explains what is wrong."""
        return any(finding.evidence.get("faults") for finding in self.findings)

    @property
    def main(self) -> tuple[Finding, ...]:
        """The findings to be told: those of the numbers themselves, or else the laws that they break."""
        own = tuple(finding for finding in self.findings if finding.kind not in FINDINGS.values())
        return own or self.findings


def worth_of(judge: Judge, problem: Problem, quantity: Quantity, written: Written[WrittenFloat], truth: Truth) -> Worth:
    """Judge a result as it is written; where that fails, as the nearest number that prints like it.

    A result that is wrong either way, and that no fault explains digit by digit, is held against what each fault of
    the catalogue would print.
    """
    one = _Result(judge, problem, quantity, written)
    worth = one.worth(one.assess(stored(written, one.due, where="--got")))
    if worth.right:
        return worth
    printed = one.worth(one.assess(one.nearest(rounded(truth.value, one.format))))
    if printed.right:
        return replace(printed, as_printed=True)
    return worth if worth.named else one.like_a_fault() or worth


class _Result:
    """A result as it was written, and the question that it answers."""

    def __init__(self, judge: Judge, problem: Problem, quantity: Quantity, written: Written[WrittenFloat]) -> None:
        self._judge, self._problem, self._quantity, self._written = judge, problem, quantity, written
        of_output = quantity in (Quantity.FORWARD, Quantity.JVP)
        self.due = DType(result_format(problem.call)) if of_output else problem.call.dtype
        self.format = format_named(self.due)

    def nearest(self, wanted: NDArray[np.float64]) -> NDArray[Any]:
        """Return the numbers nearest to ``wanted`` that print as what was written."""
        values = nearest_that_prints_so(self._written, wanted.reshape(-1), self.format)
        return self.format.encode(values).reshape(self._written.shape)

    def assess(self, value: NDArray[Any]) -> Assessment:
        """Judge numbers in the dtype that is due."""
        problem, quantity = self._problem, self._quantity
        result = Returned(value=value, dtype=self.due.value)
        entry = Entry(problem=problem.id, quantity=quantity, result=result, mode=Mode.EAGER)
        return self._judge.assess(GOT, quantity, {(problem.id, quantity): entry})[problem.id]

    def worth(self, assessed: Assessment) -> Worth:
        """Return what a judged result is worth."""
        lost = flushed(self._problem, assessed)
        return Worth(
            verdict=assessed.verdict,
            findings=tuple(of_evaluation(self._problem, assessed)),
            laws=tuple(law.worst.sentence for law in assessed.broken),
            flushed=tuple(finding.sentence for finding in lost) if self._quantity in DERIVATIVES else (),
        )

    def like_a_fault(self) -> Worth | None:
        """Return the worth of the first fault of the catalogue that prints as what was written, if one does."""
        assessed = self.assess(stored(self._written, self.due, where="--got"))
        if assessed.numbers is None or fewest_digits(self._written) < _TELLING:
            return None
        evaluation = wrong_of(self._problem.call, self._quantity, assessed).evaluation
        for fault in CATALOGUE:
            answer = fault.answer(evaluation)
            if answer is None:
                continue
            near = self.nearest(rounded(answer.value, self.format))
            apart = np.abs(self.format.decode(near) - answer.value.hi)
            if (apart <= answer.bound).all():
                found = self.worth(self.assess(near))
                return replace(found, as_printed=True) if found.named else None
        return None
