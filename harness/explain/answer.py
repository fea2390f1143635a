"""What is to be said of one question: exact rows, why a derivative is zero, and what a result of it is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.compare.asked import result_format
from harness.compare.exhibit import Exhibit, exhibit
from harness.compare.findings import of_evaluation
from harness.compare.judge import Judge
from harness.compare.verdict import Finding, Verdict
from harness.compare.zeros.find import DERIVATIVES, ZeroGradient, zero_gradients
from harness.explain.arrays import stored
from harness.explain.question import got_numbers, problem_of
from harness.explain.reading import Written
from harness.explain.words import Words
from harness.plan.number import WrittenFloat
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import DType, Mode, Quantity
from reference.formats import FloatFormat, format_named
from reference.truth import Truth
from reference.ulp import rounded

GOT: Final = "got"  # who returned a result that is judged here
ROWS: Final = 4  # that are printed
LONGEST: Final = 64  # elements of a row that is printed
_DIGITS: Final = {"float16": 5, "bfloat16": 4, "float32": 9, "float64": 17}  # that tell any two numbers apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How a result stands to the oracle; ``as_printed``: it agrees only as far as its digits were given."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    as_printed: bool

    @property
    def right(self) -> bool:
        """Whether a correct kernel may return this, and no law says otherwise."""
        return self.verdict.outcome.agreed and not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One question with its answer; ``rows`` are at most :data:`ROWS`, those first that the causes speak of."""

    problem: Problem
    quantity: Quantity
    rows: tuple[Exhibit, ...]
    causes: tuple[ZeroGradient, ...]
    largest: float  # size of what was asked, NaN left out
    undefined: int  # elements that only a convention answers
    worth: Worth | None


def explained(words: Words) -> Explained:
    """Answer what ``words`` ask; raise :class:`~harness.explain.reading.Misread` where they ask nothing."""
    problem = problem_of(words)
    quantity = words.quantity
    judge = Judge([problem])
    found = judge.truth(problem, quantity)
    causes = tuple(zero_gradients(problem, quantity, found)) if quantity in DERIVATIVES else ()
    written = got_numbers(words, problem.call)
    return Explained(
        problem=problem,
        quantity=quantity,
        rows=_rows(problem, quantity, causes),
        causes=causes,
        largest=float(np.abs(np.nan_to_num(found.value.hi, nan=0.0, posinf=np.inf)).max(initial=0.0)),
        undefined=int(found.undefined.sum()),
        worth=None if written is None else _worth(judge, problem, quantity, written, found),
    )


def _rows(problem: Problem, quantity: Quantity, causes: tuple[ZeroGradient, ...]) -> tuple[Exhibit, ...]:
    """Lay out the rows that the causes speak of, then others, as many as a terminal shows."""
    shown = (
        Quantity.VJP if quantity is Quantity.HVP else quantity
    )  # of a Hessian, the gradient that it is the change of
    asking = replace(problem, check=tuple(dict.fromkeys((Quantity.FORWARD, shown, quantity))))
    count = problem.call.x.size // max(problem.call.x.shape[problem.call.axis] if problem.call.x.ndim else 1, 1)
    order = dict.fromkeys([*(cause.row for cause in causes), *range(min(count, ROWS))])
    numbers = sorted(list(order)[:ROWS])
    drawn = (exhibit([asking], {}, row=row, longest=LONGEST) for row in numbers)
    return tuple(one for one in drawn if one is not None)


def _worth(judge: Judge, problem: Problem, quantity: Quantity, written: Written[WrittenFloat], truth: Truth) -> Worth:
    """Judge a result as it is written; where that fails, as the nearest that prints like it."""
    due = _due(problem, quantity)
    exact = _judged(judge, problem, quantity, stored(written, due, where="--got"), due)
    if exact.right:
        return exact
    wanted = format_named(due)
    values = _nearest_that_prints_so(written, rounded(truth.value, wanted).reshape(-1), wanted)
    printed = _judged(judge, problem, quantity, wanted.encode(values).reshape(written.shape), due)
    return replace(printed, as_printed=True) if printed.right else exact


def _due(problem: Problem, quantity: Quantity) -> DType:
    of_output = quantity in (Quantity.FORWARD, Quantity.JVP)
    return DType(result_format(problem.call)) if of_output else problem.call.dtype


def _judged(judge: Judge, problem: Problem, quantity: Quantity, value: NDArray[np.generic], due: DType) -> Worth:
    entry = Entry(problem=problem.id, quantity=quantity, result=Returned(value=value, dtype=due.value), mode=Mode.EAGER)
    assessed = judge.assess(GOT, quantity, {(problem.id, quantity): entry})[problem.id]
    return Worth(verdict=assessed.verdict, findings=tuple(of_evaluation(problem, assessed)), as_printed=False)


def _nearest_that_prints_so(
    written: Written[WrittenFloat], wanted: NDArray[np.float64], target: FloatFormat
) -> NDArray[np.float64]:
    """Return the numbers nearest to what is ``wanted`` among those that round to what was written.

    A number with fewer digits than tell two numbers of the format apart stands for all that lie within half a unit of
    its last digit. Zero stands for itself, and so do whole numbers, which is how exact ones are printed.
    """
    values = np.array([float(value) for value in written.items])
    for index, (text, want) in enumerate(zip(written.texts, wanted, strict=True)):
        half = _half_a_unit(text, digits=_DIGITS[target.name])
        if half and np.isfinite(want):
            values[index] = min(max(float(want), values[index] - half), values[index] + half)
    return values


def _half_a_unit(text: str, *, digits: int) -> float:
    if not text.lstrip("+-")[:1].isdigit() and not text.lstrip("+-").startswith("."):
        return 0.0
    if text.lower().lstrip("+-").startswith("0x"):
        return 0.0
    number = Decimal(text)
    significant, exponent = len(number.normalize().as_tuple().digits), int(number.as_tuple().exponent)
    whole = exponent >= 0 or (exponent == -1 and number == number.to_integral_value())
    if not number or whole or significant >= digits:
        return 0.0
    return float(Decimal(5).scaleb(exponent - 1))
