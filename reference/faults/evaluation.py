"""What a fault is asked: a question, a quantity, its vectors, and the arithmetic of the kernel that has the fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from reference.bounds.arithmetic import Arithmetic
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.formats import FloatFormat
from reference.question import Question
from reference.truth import Truth, arithmetic_of, truth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a rule gives, in the shape of the quantity, and how far rounding may move it: ``bound``, never NaN.

    The bound is that of a kernel which follows the rule in the evaluation's arithmetic.
    """

    value: DoubleDouble
    bound: Floats


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: the truth is computed once and kept
class Evaluation:
    """One quantity of a question, as :func:`reference.truth.truth` takes it."""

    question: Question
    quantity: str
    cotangent: Floats | None = None
    tangent: Floats | None = None
    arithmetic: Arithmetic

    @classmethod
    def of(
        cls,
        question: Question,
        quantity: str,
        *,
        cotangent: Floats | None = None,
        tangent: Floats | None = None,
        working: str | None = None,
        accumulation: str | None = None,
        forms: tuple[str, ...] = (),
    ) -> Evaluation:
        """Ask ``quantity`` of a kernel that works in the named formats, or in that of the question's result.

        Vectors that the quantity does not need are left out. Raise ValueError for a word that names nothing.
        """
        used = working or question.result
        return cls(
            question=question,
            quantity=quantity,
            cotangent=cotangent if quantity in ("vjp", "hvp") else None,
            tangent=tangent if quantity in ("jvp", "hvp") else None,
            arithmetic=arithmetic_of(question, working=used, accumulation=accumulation or used, forms=forms),
        )

    @cached_property
    def truth(self) -> Truth:
        """What is true, with the bounds of a correct kernel."""
        return truth(
            self.question,
            self.quantity,
            cotangent=self.cotangent,
            tangent=self.tangent,
            working=self.arithmetic.working.name,
            accumulation=self.arithmetic.accumulation.name,
            forms=self.arithmetic.forms,
        )

    @cached_property
    def answers(self) -> dict[object, Answer | None]:
        """What faults have answered: a result is held against each, and the next wrong result to the same question."""
        return {}

    @property
    def right(self) -> Answer:
        """The right rule, read at the exact x."""
        return Answer(value=self.truth.value, bound=self.truth.bound)

    @property
    def result_format(self) -> FloatFormat:
        """The format of what comes back."""
        arithmetic = self.arithmetic
        if self.quantity in ("forward", "jvp"):
            return arithmetic.output
        return arithmetic.entering or arithmetic.output

    def about(self, question: Question) -> Evaluation:
        """Return the same about another question, whose x and output have the same shapes."""
        return replace(self, question=question)
