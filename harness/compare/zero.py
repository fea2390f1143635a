"""Why a gradient is zero although nothing is wrong: the causes that the mathematics alone can prove, row by row.

Several can hold in one row; the first of this order decides: a zero cotangent, an axis of length one, a cotangent that
is constant along the axis, a stationary point of log-softmax, saturation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op
from reference.formats import format_named
from reference.truth import Truth
from reference.ulp import rounded

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroGradient:
    """Rows whose true gradient is zero, or so small that zero is a correct answer, with one cause and its proof."""

    kind: FindingKind
    sentence: str
    evidence: dict[str, Any]
    row: int = 0  # the first of them, in C order over the axes that are not the problem's


def zero_gradients(problem: Problem, forward: Truth, vjp: Truth) -> Iterator[ZeroGradient]:
    """Yield why rows of the vjp of ``problem`` are zero, one cause after the other; nothing where none is.

    ``forward`` and ``vjp`` are the oracle of ``problem``. The gradient of a row counts as zero where zero lies within
    the rounding bound of its every element, and that bound proves something.
    """
    if problem.call.x.size == 0:
        shape = problem.call.x.shape
        yield ZeroGradient(
            kind=FindingKind.EMPTY,
            sentence=f"There is nothing to differentiate: an input of shape {shape} has an empty gradient.",
            evidence={"shape": list(shape)},
        )
        return
    rows = _Rows(problem, forward, vjp)
    for kind, holds in rows.causes():
        if holds.any():
            yield ZeroGradient(
                kind=kind,
                sentence=rows.subject(holds) + rows.because(kind, holds),
                evidence={"rows": int(holds.sum()), "of rows": int(holds.size)} | rows.proof(kind, holds),
                row=int(holds.argmax()),
            )


class _Rows:
    """The rows of one problem: its logits x, cotangents, probabilities and true gradient."""

    def __init__(self, problem: Problem, forward: Truth, vjp: Truth) -> None:
        call = problem.call
        self._call = call
        self._x = _rows(call.x, axis=call.axis)
        self._heads = None if call.cotangent is None else _rows(call.cotangent, axis=call.axis)
        self._gradient = np.abs(_rows(vjp.value.hi, axis=call.axis))
        self._stored = np.abs(_rows(rounded(vjp.value, format_named(call.dtype)), axis=call.axis))
        self._bound = _rows(vjp.bound, axis=call.axis)
        self._proving = ~_rows(vjp.vacuous | vjp.undefined, axis=call.axis)
        with np.errstate(invalid="ignore"):
            output = _rows(forward.value.hi, axis=call.axis)
            self._top = (output if call.op is Op.SOFTMAX else np.exp(output)).max(axis=1)

    def causes(self) -> Iterator[tuple[FindingKind, Flags]]:
        """Yield each cause with the rows in which it is the one that decides."""
        open_rows = ((self._gradient <= self._bound) & self._proving).all(axis=1)
        for kind, holds in self._possible():
            yield kind, open_rows & holds
            open_rows = open_rows & ~holds

    def _possible(self) -> Iterator[tuple[FindingKind, Flags]]:
        x, heads = self._x, self._heads
        count, length = x.shape
        none, every = np.zeros(count, dtype=np.bool_), np.ones(count, dtype=np.bool_)
        yield FindingKind.ZERO_COTANGENT, none if heads is None else np.asarray(~heads.any(axis=1))
        yield FindingKind.LENGTH_ONE_AXIS, every if length == 1 else none
        support = x > -np.inf  # where there is a probability, and so a say in the sum over the row
        if self._call.op is Op.SOFTMAX:
            constant = every if heads is None else _constant(heads, among=support)
            yield FindingKind.SUMMED_OUTPUT, constant & np.asarray(support.sum(axis=1) > 1)
        else:
            constant = every if heads is None else _constant(heads)
            yield FindingKind.STATIONARY, constant & _constant(x)
        yield FindingKind.SATURATED, 1 - self._top <= float(np.finfo(self._call.x.dtype).eps)

    def subject(self, holds: Flags) -> str:
        """Return the beginning of the sentence: of how many rows it speaks."""
        if holds.all():
            return "The gradient is zero because "
        first = int(holds.argmax())
        number = f"In {int(holds.sum())} of {holds.size} rows (the first is row {first})"
        return f"{number} the gradient is zero because "

    def because(self, kind: FindingKind, holds: Flags) -> str:
        """Return the rest of the sentence."""
        match kind:
            case FindingKind.ZERO_COTANGENT:
                return "the cotangent (head gradient) is zero: nothing was asked of any output."
            case FindingKind.LENGTH_ONE_AXIS:
                value, name = ("1", "softmax") if self._call.op is Op.SOFTMAX else ("0", "log_softmax")
                return (
                    f"axis {self._call.axis} has length one: {name} of a single element is {value} whatever the input, "
                    "and a constant has no slope. Was another axis meant?"
                )
            case FindingKind.SUMMED_OUTPUT:
                given = (
                    "no cotangent was given, and a framework that answers all the same adds the outputs up"
                    if self._heads is None
                    else "the cotangent has one and the same value along the axis, as a sum or a mean of the outputs "
                    "gives it"
                )
                return (
                    f"{given}. Softmax outputs sum to one along the axis whatever the input, so the gradient of that "
                    "sum is exactly zero: the gradients of the single outputs cancel. It does not say that the input "
                    "has no influence: pick one output (a one-hot cotangent), or a loss that weighs the outputs "
                    "differently."
                )
            case FindingKind.STATIONARY:
                return (
                    f"the input is a stationary point: all {self._x.shape[1]} inputs of the row are equal, every "
                    "softmax probability is 1/n, and under a constant cotangent v the gradient v - n v s of "
                    "log_softmax vanishes there. At any other input it does not."
                )
            case _:
                return self._saturation(holds)

    def _saturation(self, holds: Flags) -> str:
        true, stored = float(self._gradient[holds].max()), float(self._stored[holds].max())
        advice = (
            "Scale the inputs down, or use a loss on log_softmax, which does not saturate."
            if self._call.op is Op.SOFTMAX
            else "The loss is at its optimum here, or as near as the dtype can tell."
        )
        return (
            f"softmax is saturated: one element has all the probability to the last place of {self._call.dtype}, so "
            f"small changes of the input change nothing. The true gradient is at most {true:.3g} in size"
            f"{', too small for the dtype' if stored == 0 and true > 0 else ''}. {advice}"
        )

    def proof(self, kind: FindingKind, holds: Flags) -> dict[str, Any]:
        """Return the numbers that prove the cause."""
        match kind:
            case FindingKind.LENGTH_ONE_AXIS:
                return {"shape": list(self._call.x.shape), "axis": self._call.axis}
            case FindingKind.SUMMED_OUTPUT:
                return {"largest correct residue": float(self._bound[holds].max())}
            case FindingKind.STATIONARY:
                return {"length": self._x.shape[1]}
            case FindingKind.SATURATED:
                return {
                    "smallest top probability": float(self._top[holds].min()),
                    "largest true gradient": float(self._gradient[holds].max()),
                }
            case _:
                return {}


def _constant(rows: NDArray[Any], *, among: Flags | None = None) -> Flags:
    """Return which rows have one and the same value, or have it among the elements that ``among`` marks."""
    marked = np.ones(rows.shape, np.bool_) if among is None else among
    first = np.take_along_axis(rows, marked.argmax(axis=1)[:, np.newaxis], axis=1)
    return np.asarray(((rows == first) | ~marked).all(axis=1))


def _rows(array: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return ``array`` as rows along ``axis``; a scalar is one row of one element."""
    if array.ndim == 0:
        return array.reshape(1, 1)
    moved = np.moveaxis(array, axis, -1)
    return moved.reshape(-1, moved.shape[-1])
