"""One row of one problem, laid out for a person: softmax, Jacobian, cotangent, and the product that is the gradient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.printed import summed_rows
from harness.plan.problem import Problem
from harness.record.recording import Raised, Result, Returned, Unsupported
from harness.vocabulary import Quantity
from reference.formats import format_named
from reference.truth import truth
from reference.ulp import rounded

LARGEST_ROW = 8  # elements: a Jacobian beyond this is a wall of numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one adapter gave for the exhibited row: numbers of the problem's dtype, or the words it refused with.

    ``summed`` is given with a Jacobian: its rows added up one after the other, in the problem's dtype, as a person
    does who adds the gradients of the single outputs.
    """

    adapter: str
    problem: str
    quantity: Quantity
    values: tuple[float, ...] | None = None  # the row of a forward output or a vjp
    rows: tuple[tuple[float, ...], ...] | None = None  # the row's block of a Jacobian
    summed: tuple[float, ...] | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """The exact numbers of one row, rounded once to the problem's dtype, and what every adapter answered.

    ``jacobian[k][i]`` is the derivative of output ``k`` by input ``i``: row ``k`` is the gradient that the one-hot
    cotangent for output ``k`` gives. ``column_sums`` are those of the exact Jacobian: all rows added up, which is what
    a backward pass from the summed output returns.
    """

    case: str
    problem: str
    op: str
    dtype: str
    axis: int
    row: tuple[int, ...]  # index of the row over the remaining axes
    x: tuple[float, ...]
    output: tuple[float, ...]
    jacobian: tuple[tuple[float, ...], ...]
    column_sums: tuple[float, ...]
    cotangent_name: str
    cotangent: tuple[float, ...] | None  # None: no vjp was asked for
    gradient: tuple[float, ...] | None
    answers: tuple[Answer, ...] = field(default=())


def exhibit(
    problems: list[Problem], results: dict[tuple[str, str, Quantity], Result], *, row: int = 0
) -> Exhibit | None:
    """Lay out a row of the first problem of a case, or return None where its rows are not small enough.

    ``row`` counts in C order over the axes that are not the problem's. ``results`` maps (adapter, problem id, quantity)
    to what came back; answers are taken from every problem of the case that has the same primal as the first.
    """
    problem = problems[0]
    call = problem.call
    length = call.x.shape[call.axis] if call.x.ndim else 1
    if call.x.size == 0 or length > LARGEST_ROW:
        return None
    cut = _RowCut(call.x, axis=call.axis, row=row)
    x = cut.vector(call.x)
    target = format_named(call.dtype)

    def exact(quantity: Quantity, vector: NDArray[Any] | None = None) -> NDArray[Any]:
        value = truth(call.op, quantity, x, axis=0, vector=vector, working=call.dtype, accumulation=call.dtype).value
        return rounded(value, target)

    cotangent = None
    if Quantity.VJP in problem.check:
        cotangent = np.ones_like(x) if call.cotangent is None else cut.vector(call.cotangent)
    return Exhibit(
        case=problem.case,
        problem=problem.id,
        op=str(call.op),
        dtype=str(call.dtype),
        axis=call.axis,
        row=cut.row,
        x=_floats(x),
        output=_floats(exact(Quantity.FORWARD)),
        jacobian=tuple(_floats(row) for row in exact(Quantity.JACOBIAN)),
        column_sums=_floats(exact(Quantity.VJP, np.ones_like(x))),
        cotangent_name=problem.cotangent_name,
        cotangent=None if cotangent is None else _floats(cotangent),
        gradient=None if cotangent is None else _floats(exact(Quantity.VJP, cotangent)),
        answers=_answers(problems, results, cut),
    )


def _answers(
    problems: list[Problem], results: dict[tuple[str, str, Quantity], Result], cut: _RowCut
) -> tuple[Answer, ...]:
    first = problems[0]
    alike = {
        problem.id: problem
        for problem in problems
        if problem.call.x.tobytes() == first.call.x.tobytes() and problem.call.dtype == first.call.dtype
        if problem.call.op == first.call.op and problem.call.axis == first.call.axis
    }
    found = []
    for (adapter, name, quantity), result in results.items():
        # the forward output and the Jacobian are the same for every cotangent: one answer is enough
        repeated = quantity is not Quantity.VJP and name != first.id
        if name not in alike or repeated or quantity is Quantity.JVP:
            continue
        found.append(_answer(adapter, name, quantity, result, cut))
    return tuple(answer for answer in found if answer is not None)


def _answer(adapter: str, problem: str, quantity: Quantity, result: Result, cut: _RowCut) -> Answer | None:
    match result:
        case Returned(value=value) if value.shape == cut.shape(quantity) and value.dtype.kind == "f":
            if quantity is Quantity.JACOBIAN:
                block = cut.block(value)
                rows = tuple(_floats(row) for row in block)
                summed = _floats(summed_rows(block))
                return Answer(adapter=adapter, problem=problem, quantity=quantity, rows=rows, summed=summed)
            return Answer(adapter=adapter, problem=problem, quantity=quantity, values=_floats(cut.vector(value)))
        case Raised(type=kind, text=text):
            return Answer(adapter=adapter, problem=problem, quantity=quantity, words=f"{kind}: {text}")
        case Unsupported(reason=reason):
            return Answer(adapter=adapter, problem=problem, quantity=quantity, words=f"unsupported: {reason}")
        case _:
            return None


class _RowCut:
    """Cuts a row along an axis out of arrays shaped like the primal, and its block out of a Jacobian."""

    def __init__(self, x: NDArray[Any], *, axis: int, row: int) -> None:
        self._shape = x.shape
        along = axis % x.ndim if x.ndim else 0
        others = tuple(length for position, length in enumerate(x.shape) if position != along)
        self.row = tuple(int(index) for index in np.unravel_index(row, others)) if others else ()
        self._index: tuple[int | slice, ...] = (*self.row[:along], slice(None), *self.row[along:]) if x.ndim else ()

    def shape(self, quantity: Quantity) -> tuple[int, ...]:
        return self._shape * 2 if quantity is Quantity.JACOBIAN else self._shape

    def vector(self, array: NDArray[Any]) -> NDArray[Any]:
        return np.atleast_1d(array[self._index])

    def block(self, jacobian: NDArray[Any]) -> NDArray[Any]:
        return np.atleast_2d(jacobian[self._index + self._index])


def _floats(array: NDArray[Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in array.reshape(-1))
