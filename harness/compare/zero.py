"""Why a gradient is zero although nothing is wrong: the causes that the mathematics alone can prove.

They are decided in a fixed order, since several can hold: an empty array, a zero cotangent, an axis of length one, a
cotangent that is constant along the axis, a stationary point of log-softmax, saturation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.plan.problem import Problem
from harness.vocabulary import FindingKind, Op
from reference.formats import format_named
from reference.truth import Truth
from reference.ulp import rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroGradient:
    """A true gradient that is zero, or so small that zero is a correct answer, with the cause and its proof."""

    kind: FindingKind
    sentence: str
    evidence: dict[str, Any]


def zero_gradient(problem: Problem, forward: Truth, vjp: Truth) -> ZeroGradient | None:
    """Return why the vjp of ``problem`` is zero everywhere, or None where it is not.

    ``forward`` and ``vjp`` are the oracle of ``problem``. A gradient counts as zero where every element of it, rounded
    to the dtype, is zero or where zero lies within its rounding bound.
    """
    call = problem.call
    if call.x.size == 0:
        return ZeroGradient(
            kind=FindingKind.EMPTY,
            sentence=f"There is nothing to differentiate: an input of shape {call.x.shape} has an empty gradient.",
            evidence={"shape": list(call.x.shape)},
        )
    if bool(vjp.undefined.any()) or not np.isfinite(vjp.value.hi).all():
        return None
    if not bool((np.abs(vjp.value.hi) <= vjp.bound).all()):
        return None
    rows = _rows(call.x, axis=call.axis)
    length = rows.shape[1]
    heads = None if call.cotangent is None else _rows(call.cotangent, axis=call.axis)
    if heads is not None and not heads.any():
        return ZeroGradient(
            kind=FindingKind.ZERO_COTANGENT,
            sentence=(
                "The gradient is zero because the cotangent (head gradient) is zero: nothing was asked of any output."
            ),
            evidence={},
        )
    if length == 1:
        return _length_one(problem)
    support = rows > -np.inf  # where there is a probability, and so a say in the sum over the row
    shared = bool((support.sum(axis=1) > 1).any())
    if call.op is Op.SOFTMAX and shared and (heads is None or _constant(heads, among=support)):
        return _constant_cotangent(heads, vjp)
    if call.op is Op.LOG_SOFTMAX and (heads is None or _constant(heads)) and _constant(rows):
        return _stationary(length)
    return _saturated(problem, forward, vjp)


def _length_one(problem: Problem) -> ZeroGradient:
    value, name = ("1", "softmax") if problem.call.op is Op.SOFTMAX else ("0", "log_softmax")
    return ZeroGradient(
        kind=FindingKind.LENGTH_ONE_AXIS,
        sentence=(
            f"The gradient is zero because axis {problem.call.axis} has length one: {name} of a single element is "
            f"{value} whatever the input, and a constant has no slope. Was another axis meant?"
        ),
        evidence={"shape": list(problem.call.x.shape), "axis": problem.call.axis},
    )


def _constant_cotangent(heads: NDArray[Any] | None, vjp: Truth) -> ZeroGradient:
    given = (
        "No cotangent was given; a framework that then adds up the outputs differentiates their sum."
        if heads is None
        else "The cotangent has one and the same value along the axis, as a sum or a mean of the outputs gives it."
    )
    return ZeroGradient(
        kind=FindingKind.SUMMED_OUTPUT,
        sentence=(
            f"{given} Softmax outputs sum to one along the axis whatever the input, so the gradient of that sum is "
            "exactly zero: the gradients of the single outputs cancel. It does not say that the input has no "
            "influence: pick one output (a one-hot cotangent), or a loss that weighs the outputs differently."
        ),
        evidence={"largest correct residue": float(vjp.bound.max())},
    )


def _stationary(length: int) -> ZeroGradient:
    return ZeroGradient(
        kind=FindingKind.STATIONARY,
        sentence=(
            f"The gradient is zero because the input is a stationary point: all {length} inputs of a row are equal, "
            "every "
            "softmax probability is 1/n, and under a constant cotangent v the gradient v - n v s of log_softmax "
            "vanishes "
            "there. At any other input it does not."
        ),
        evidence={"length": length},
    )


def _saturated(problem: Problem, forward: Truth, vjp: Truth) -> ZeroGradient | None:
    """Explain a row whose softmax is one-hot to working accuracy; None where some row is not."""
    call = problem.call
    output = forward.value.hi
    probability = output if call.op is Op.SOFTMAX else np.exp(output)
    largest = _rows(probability, axis=call.axis).max(axis=1)
    unit = float(np.finfo(call.x.dtype).eps)
    if not bool((1 - largest <= unit).all()):
        return None
    true = float(np.abs(vjp.value.hi).max())
    stored = float(np.abs(rounded(vjp.value, format_named(call.dtype))).max())
    return ZeroGradient(
        kind=FindingKind.SATURATED,
        sentence=(
            "The gradient is zero because softmax is saturated: one element has all the probability to the last "
            "place of "
            f"{call.dtype}, so small changes of the input change nothing. The true gradient is at most {true:.3g} in "
            "size"
            + (", too small for the dtype." if stored == 0 and true > 0 else ".")
            + (
                " Scale the inputs down, or use a loss on log_softmax, which does not saturate."
                if call.op is Op.SOFTMAX
                else " The loss is at its optimum here, or as near as the dtype can tell."
            )
        ),
        evidence={"smallest top probability": float(largest.min()), "largest true gradient": true},
    )


def _constant(rows: NDArray[Any], *, among: NDArray[np.bool_] | None = None) -> bool:
    """Whether each row has one and the same value, or has it among its elements that ``among`` marks."""
    marked = np.ones(rows.shape, np.bool_) if among is None else among
    first = np.take_along_axis(rows, marked.argmax(axis=1)[:, np.newaxis], axis=1)
    return bool(((rows == first) | ~marked).all())


def _rows(array: NDArray[Any], *, axis: int) -> NDArray[Any]:
    """Return ``array`` as rows along ``axis``; a scalar is one row of one element."""
    if array.ndim == 0:
        return array.reshape(1, 1)
    moved = np.moveaxis(array, axis, -1)
    return moved.reshape(-1, moved.shape[-1])
