"""What is to be said of one question: exact rows, why a derivative is zero, and what a result of it is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from harness.compare.exhibit import Exhibit, exhibit
from harness.compare.judge import Judge
from harness.compare.zeros.find import DERIVATIVES, ZeroGradient, zero_gradients
from harness.explain.dtypes import typed
from harness.explain.inputs import open_inputs
from harness.explain.question import got_numbers, problem_of
from harness.explain.row import as_row
from harness.explain.vanished import vanished
from harness.explain.words import Words
from harness.explain.worth import Worth, worth_of
from harness.plan.problem import Problem
from harness.vocabulary import Quantity

ROWS: Final = 4  # that are printed
LONGEST: Final = 64  # elements of a row that is printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One question with its answer; ``rows`` are at most :data:`ROWS`, those first that the causes speak of."""

    problem: Problem
    as_row: bool  # x was written as a plain list, and is read as the row along an axis that such a list has not
    quantity: Quantity
    rows: tuple[Exhibit, ...]
    causes: tuple[ZeroGradient, ...]
    largest: float  # size of what was asked, NaN left out
    undefined: int  # elements that only a convention answers
    worth: Worth | None
    vanished: tuple[str, ...] = ()  # numbers of the question that its dtype has not, in sentences


def explained(words: Words) -> Explained:
    """Answer what ``words`` ask; raise :class:`~harness.explain.reading.Misread` where they ask nothing."""
    said = typed(words)
    read = as_row(said)
    problem = problem_of(read)
    quantity = read.quantity
    judge = Judge([problem])
    found = judge.truth(problem, quantity)
    causes = tuple(zero_gradients(problem, quantity, found)) if quantity in DERIVATIVES else ()
    written = got_numbers(read, problem.call)
    worth = None
    if written is not None:
        inputs = open_inputs(read, problem, quantity, found)
        worth = worth_of(judge, problem, quantity, written, found, inputs=inputs)
    return Explained(
        problem=problem,
        as_row=read != said,
        quantity=quantity,
        rows=_rows(problem, quantity, causes),
        causes=causes,
        largest=float(np.abs(np.nan_to_num(found.value.hi, nan=0.0, posinf=np.inf)).max(initial=0.0)),
        undefined=int(found.undefined.sum()),
        worth=worth,
        vanished=tuple(vanished(read, problem.call)),
    )


def row_count(problem: Problem) -> int:
    """Return how many rows the input has along the axis."""
    x = problem.call.x
    return x.size // max(x.shape[problem.call.axis] if x.ndim else 1, 1)


def _rows(problem: Problem, quantity: Quantity, causes: tuple[ZeroGradient, ...]) -> tuple[Exhibit, ...]:
    """Lay out the rows that the causes speak of, then others, as many as a terminal shows."""
    # beside an hvp stands the gradient that it is the change of
    shown = Quantity.VJP if quantity is Quantity.HVP else quantity
    asking = replace(problem, check=tuple(dict.fromkeys((Quantity.FORWARD, shown, quantity))))
    order = dict.fromkeys([*(cause.row for cause in causes), *range(min(row_count(problem), ROWS))])
    numbers = sorted(list(order)[:ROWS])
    drawn = (exhibit([asking], {}, row=row, longest=LONGEST) for row in numbers)
    return tuple(one for one in drawn if one is not None)
