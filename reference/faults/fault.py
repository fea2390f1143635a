"""A wrong rule: what it is called, what it is in words, where it comes from, and its formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from reference.exact.doubledouble import Floats
from reference.faults.evaluation import Answer, Evaluation
from reference.formats import format_named
from reference.question import Question

Rule = Callable[[Evaluation], Answer | None]
Alteration = Callable[[Evaluation], Evaluation | None]
Factor = Callable[[Evaluation], Fraction | None]

_KEPT: Final = 1 << 12  # elements of x up to which an evaluation keeps the answers of all faults
_NOTHING: Final = 2.0**-30  # of a bound: what the oracle's own error, some 2^-47 of one in float64, stays far below


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """One wrong rule of the softmax family.

    ``name`` is stable and in kebab-case; ``what`` are words of a sentence: the formula, a colon, what is wrong with it.
    Where kinds of rules have formulas of their own, it is that of the first: of softmax's vjp, if that is among them.
    ``why``: how it happens in practice. ``rule`` gives the wrong answer, or None where the fault has no place.
    ``alteration``: the evaluation that the right rule would have to be asked for the same answer, where there is one.
    ``factor``: what the right answer is multiplied by, of a fault that is nothing else. ``rows_alone``: whether the
    answer of each row depends on that row alone (a factor may count the rows).
    """

    name: str
    what: str
    why: str
    ops: tuple[str, ...]
    quantities: tuple[str, ...]
    rule: Rule
    alteration: Alteration | None = None
    factor: Factor | None = None
    rows_alone: bool = True

    @property
    def formula(self) -> str:
        """The formula, as a reader is told it."""
        return self.what.partition(": ")[0]

    @property
    def words(self) -> str:
        """What is wrong with it."""
        return self.what.partition(": ")[2]

    def concerns(self, op: str, quantity: str) -> bool:
        """Say whether the fault has a formula for this quantity of this op."""
        return op in self.ops and quantity in self.quantities

    def answer(self, evaluation: Evaluation) -> Answer | None:
        """Return the wrong answer and its rounding bound, None where the fault has no place or changes nothing."""
        found = self.stated(evaluation)
        return found if found is not None and differs(found, evaluation) else None

    def stated(self, evaluation: Evaluation) -> Answer | None:
        """Return the same, though it may be the right answer; computed once for an evaluation of few elements."""
        if evaluation.question.x.size > _KEPT:
            return self._computed(evaluation)
        if self not in evaluation.answers:
            evaluation.answers[self] = self._computed(evaluation)
        return evaluation.answers[self]

    def _computed(self, evaluation: Evaluation) -> Answer | None:
        if not self.concerns(evaluation.question.op, evaluation.quantity) or not evaluation.question.x.size:
            return None
        with np.errstate(all="ignore"):
            found = self.rule(evaluation)
        return None if found is None else replace(found, bound=np.where(np.isnan(found.bound), np.inf, found.bound))

    def wrong(
        self,
        question: Question,
        quantity: str,
        *,
        cotangent: Floats | None = None,
        tangent: Floats | None = None,
        dtype: str | None = None,
    ) -> Floats | None:
        """Return what the wrong rule gives, in float64 and the shape that the truth has.

        ``dtype`` names the format that the faulty kernel works in, that of the question's result where it is None; only
        faults that are roundings depend on it. None where the fault has no place, or cannot change anything.
        """
        used = format_named(dtype or question.result).name
        evaluation = Evaluation.of(question, quantity, cotangent=cotangent, tangent=tangent, working=used)
        found = self.answer(evaluation)
        return None if found is None else found.value.hi


def differs(answer: Answer, evaluation: Evaluation) -> bool:
    """Say whether an answer is another one than the truth, where there is one; dust of the oracle does not count."""
    truth = evaluation.truth
    one, other = answer.value, truth.value
    defined = ~truth.undefined
    elsewhere = np.isfinite(one.hi) != np.isfinite(other.hi)
    with np.errstate(all="ignore"):
        apart = np.abs((one.hi - other.hi) + (one.lo - other.lo))
    apart = np.where(np.isfinite(one.hi) & np.isfinite(other.hi), apart, 0.0)
    signs = np.isinf(one.hi) & np.isinf(other.hi) & (one.hi != other.hi)
    return bool((defined & (elsewhere | signs | (apart > _NOTHING * truth.bound))).any())
