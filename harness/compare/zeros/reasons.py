"""What each cause of a zero derivative is, as the second half of a sentence, and more sentences where it needs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.compare.zeros.cause import Cause
from harness.compare.zeros.proof import largest, left_over
from harness.compare.zeros.rows import Flags, Rows, constant
from harness.vocabulary import Op, Quantity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What a paragraph is about: the rows in which ``cause`` decides, and the causes that hold ``beside`` it."""

    rows: Rows
    cause: Cause
    holds: Flags
    beside: tuple[Cause, ...] = ()

    @property
    def of_hessian(self) -> bool:
        """Whether the zero is one of second order."""
        return self.rows.quantity is Quantity.HVP

    @property
    def op(self) -> Op:
        """The op that is differentiated."""
        return self.rows.call.op


def because(told: Told) -> str:
    """Return why the derivative of these rows is zero."""
    match told.cause:
        case Cause.NOTHING_KEPT:
            return (
                "everything is masked: a softmax of nothing is 0/0, which is NaN by the convention of this harness. A "
                f"zero {told.rows.derivative} there says that no element of the row has a say; it is a policy, not a "
                "number."
            )
        case Cause.IGNORED_ROW:
            return (
                f"the target is ignore_index ({told.rows.call.ignore_index}): the row does not count in the loss, so "
                "its input has no influence."
            )
        case Cause.ZERO_COTANGENT if told.rows.hidden[told.holds].all():
            return (
                "the cotangent (head gradient) is zero wherever the mask keeps an element: what the mask hides is a "
                "constant, so that its part of the cotangent has no say."
            )
        case Cause.ZERO_COTANGENT:
            return "the cotangent (head gradient) is zero: nothing was asked of any output."
        case Cause.ZERO_TANGENT:
            return "the tangent is zero: the input is moved in no direction, and nothing changes together with it."
        case Cause.SINGLE:
            return _single(told)
        case Cause.CONSTANT_COTANGENT:
            return _summed(told)
        case Cause.SATURATED:
            return _saturated(told)
        case Cause.UNDERFLOW | Cause.WITHIN_ROUNDING:
            return _too_small(told)
        case _:
            return _stationary(told)


def _single(told: Told) -> str:
    call = told.rows.call
    length = call.x.shape[call.axis] if call.x.ndim else 1
    single = "the mask keeps a single element of the row" if length > 1 else f"axis {call.axis} has length one"
    advice = "" if length > 1 else " Was another axis meant?"
    match call.op:
        case op if op.gives_logarithms:
            what = f"{call.op.value} of a single element is 0 whatever the input, and a constant has no slope."
        case Op.LOGSUMEXP:
            what = "logsumexp of a single element is that element, and a straight line has no curvature."
        case Op.CROSS_ENTROPY:
            what = "the loss over a single class is 0 whatever the input, and a constant has no slope."
        case Op.SOFTMAX_OUTPUT:
            what = "the probability of a single class is 1, and so is its target."
        case op:
            what = f"{op.value} of a single element is 1 whatever the input, and a constant has no slope."
    return f"{single}: {what}{advice}"


def _summed(told: Told) -> str:
    given = (
        "no cotangent was given, and a framework that answers all the same adds the outputs up"
        if told.rows.call.cotangent is None
        else "the cotangent has one and the same value along the axis, as a sum or a mean of the outputs gives it"
    )
    heads = told.rows.heads
    if heads is not None and not constant(heads[told.holds], among=told.rows.kept[told.holds]).all():
        given = (
            "the cotangent has one and the same value at all outputs that are not zero whatever the others do: a logit "
            "of minus infinity makes an output of 0, which has no slope"
        )
    name = "Softmin" if told.op.negated else "Softmax"
    if told.of_hessian:
        return (
            f"{given}. {name} outputs sum to one along the axis whatever the input, so every derivative of that sum "
            "is exactly zero, the second as well as the first."
        )
    return (
        f"{given}. {name} outputs sum to one along the axis whatever the input, so the gradient of that sum is exactly "
        "zero: the gradients of the single outputs cancel. It does not say that the input has no influence: pick one "
        "output (a one-hot cotangent), or a loss that weighs the outputs differently."
    )


def _stationary(told: Told) -> str:
    call = told.rows.call
    match told.cause:
        case Cause.CONSTANT_TANGENT if told.of_hessian:
            return (
                "the tangent has one and the same value along the axis: moving all inputs of a row together changes no "
                "probability, so the gradient does not change in that direction."
            )
        case Cause.CONSTANT_TANGENT:
            return (
                "the tangent has one and the same value along the axis: moving all inputs of a row together changes no "
                "probability, and so no output."
            )
        case Cause.STRAIGHT:
            return (
                "the cotangent adds up to zero along the axis: log-probabilities weighed so are differences of inputs "
                "(their common logarithm of a sum drops out), and a straight line has no curvature."
            )
        case Cause.LEVEL:
            return (
                "what the tangent adds to the inputs of the row raises the output as much as it lowers it: the output "
                "changes with every single input, but not in this direction."
            )
        case Cause.EXTREMUM:
            return (
                "the gradient is at an extremum in the direction of the tangent: it grows towards this point and "
                "shrinks behind it, or the other way round, as that of two equal inputs does."
            )
        case Cause.OPTIMUM if call.op is Op.SOFTMAX_OUTPUT:
            return (
                "softmax of the input is the target distribution, to the last place, and the gradient that this op "
                "returns is their difference."
            )
        case Cause.OPTIMUM:
            return (
                "the loss is at its optimum: softmax of the input is the target distribution, to the last place, and "
                "the gradient of a cross entropy is their difference."
            )
        case _:
            return _balanced(told)


def _balanced(told: Told) -> str:
    rows, call = told.rows, told.rows.call
    first = int(told.holds.argmax())
    logits = rows.question.logits[first][rows.kept[first]]
    if (logits != logits[0]).any():
        return (
            "the input is a stationary point: softmax of the input is the cotangent over its sum, to the last place, "
            "and the gradient v - s sum(v) of log_softmax is their difference. At any other input it is not zero."
        )
    length = call.x.shape[call.axis] if call.x.ndim else 1
    equal = "all inputs of the row that are kept" if call.op.masked else f"all {length} inputs of the row"
    return (
        f"the input is a stationary point: {equal} are equal, every softmax probability is 1/n, and under a constant "
        "cotangent v the gradient v - n v s of log_softmax vanishes there. At any other input it does not."
    )


def _saturated(told: Told) -> str:
    rows = told.rows
    size = largest(rows, told.holds)
    tiny = ", too small for the dtype" if not rows.stored[told.holds].any() else ""
    true = f"at most {size:.2g} in size{tiny}" if size else "zero as well"
    left = left_over(rows, told.holds)
    if told.of_hessian:
        advice = "What is left of the op there is a straight line, which has no curvature."
    elif not np.isfinite(rows.question.logits[told.holds]).sum(axis=1).max() > 1:
        advice = "An input of -inf has the probability zero whatever the others are."
    elif told.rows.adds_up_to_one:
        advice = "Scale the inputs down, or use a loss on log_softmax, which does not saturate."
    else:
        advice = "The loss is at its optimum here, or as near as the dtype can tell."
    return (
        f"softmax is saturated: one element has all the probability to the last place of {rows.call.dtype.value} (the "
        f"others have {left:.2g} together), so small changes of the input change nothing. The true {rows.derivative} "
        f"is {true}. {advice}"
    )


def _too_small(told: Told) -> str:
    rows, size = told.rows, largest(told.rows, told.holds)
    dtype = rows.format.name
    if told.cause is Cause.UNDERFLOW and not rows.stored[told.holds].any():
        return (
            f"it underflows: the true {rows.derivative} is at most {size:.2g} in size, and the smallest number above "
            f"zero that {dtype} has is {rows.format.smallest_subnormal:.2g}."
        )
    if told.cause is Cause.UNDERFLOW:
        return (
            f"it is subnormal: at most {size:.2g} in size, below the smallest normal number of {dtype}, "
            f"{rows.format.smallest_normal:.2g}. Kernels may flush such numbers to zero."
        )
    if not size:
        return "the terms that it is the sum of cancel exactly at this input."
    return (
        f"it is at most {size:.2g} in size, and where it is formed rounding in {dtype} explains an error of "
        f"{float(rows.bound[told.holds].max()):.2g}, so that a result of zero could not be told from a right one. It "
        "is a difference of larger numbers, or a sum of many."
    )
