"""The sentences that say why a derivative is zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.vocabulary import FindingKind, Op, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a sentence about some rows speaks of.

    ``nothing_kept``: their mask keeps nothing. ``largest``: the size of the true derivative there, ``stored``: that of
    what its dtype has nearest to it.
    """

    call: Call
    quantity: Quantity
    nothing_kept: bool
    largest: float
    stored: float

    @property
    def derivative(self) -> str:
        """What is zero."""
        return "Hessian-vector product" if self.quantity is Quantity.HVP else "gradient"

    @property
    def of_hessian(self) -> bool:
        """Whether the zero is one of second order."""
        return self.quantity is Quantity.HVP


def subject(scene: Scene, kind: FindingKind, holds: NDArray[np.bool_]) -> str:
    """Return the beginning of the sentence: of how many rows it speaks."""
    if kind is FindingKind.ALL_MASKED and scene.nothing_kept:
        return "In every row " if holds.all() else f"{_some(holds)} "
    if holds.all():
        return f"The {scene.derivative} is zero because "
    return f"{_some(holds)} the {scene.derivative} is zero because "


def _some(holds: NDArray[np.bool_]) -> str:
    return f"In {int(holds.sum())} of {holds.size} rows (the first is row {int(holds.argmax())})"


def because(scene: Scene, kind: FindingKind) -> str:
    """Return the rest of the sentence, and what to do."""
    match kind:
        case FindingKind.ZERO_COTANGENT:
            return "the cotangent (head gradient) is zero: nothing was asked of any output."
        case FindingKind.ALL_MASKED:
            return _without_a_say(scene)
        case FindingKind.LENGTH_ONE_AXIS:
            return _single(scene)
        case FindingKind.SUMMED_OUTPUT:
            return _summed(scene)
        case FindingKind.STATIONARY:
            return _stationary(scene)
        case _:
            return _saturated(scene)


def _without_a_say(scene: Scene) -> str:
    if scene.nothing_kept:
        return (
            "everything is masked: a softmax of nothing is 0/0, which is NaN by the convention of this harness. A zero "
            "gradient there says that no element of the row has a say; it is a policy, not a number."
        )
    return (
        f"the target is ignore_index ({scene.call.ignore_index}): the row does not count in the loss, so its input has "
        "no influence."
    )


def _single(scene: Scene) -> str:
    call = scene.call
    length = call.x.shape[call.axis] if call.x.ndim else 1
    single = "the mask keeps a single element of the row" if length > 1 else f"axis {call.axis} has length one"
    advice = "" if length > 1 else " Was another axis meant?"
    match call.op:
        case Op.LOG_SOFTMAX | Op.MASKED_LOG_SOFTMAX:
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


def _summed(scene: Scene) -> str:
    implicit = scene.call.cotangent is None
    given = (
        "no cotangent was given, and a framework that answers all the same adds the outputs up"
        if implicit
        else "the cotangent has one and the same value along the axis, as a sum or a mean of the outputs gives it"
    )
    name = "Softmin" if scene.call.op is Op.SOFTMIN else "Softmax"
    if scene.of_hessian:
        return (
            f"{given}. {name} outputs sum to one along the axis whatever the input, so every derivative of that sum "
            "is exactly zero, the second as well as the first."
        )
    return (
        f"{given}. {name} outputs sum to one along the axis whatever the input, so the gradient of that sum is exactly "
        "zero: the gradients of the single outputs cancel. It does not say that the input has no influence: pick one "
        "output (a one-hot cotangent), or a loss that weighs the outputs differently."
    )


def _stationary(scene: Scene) -> str:
    call = scene.call
    if scene.of_hessian:
        return (
            "the tangent has one and the same value along the axis: moving all inputs of a row together changes no "
            "probability, so the gradient does not change in that direction."
        )
    if call.op is Op.CROSS_ENTROPY:
        return (
            "the loss is at its optimum: softmax of the input is the target distribution, to the last place, and the "
            "gradient of a cross entropy is their difference."
        )
    if call.op is Op.SOFTMAX_OUTPUT:
        return (
            "softmax of the input is the target distribution, to the last place, and the gradient that this op returns "
            "is their difference."
        )
    length = call.x.shape[call.axis] if call.x.ndim else 1
    equal = "all inputs of the row that are kept" if call.op.masked else f"all {length} inputs of the row"
    return (
        f"the input is a stationary point: {equal} are equal, every softmax probability is 1/n, and under a constant "
        "cotangent v the gradient v - n v s of log_softmax vanishes there. At any other input it does not."
    )


def _saturated(scene: Scene) -> str:
    call = scene.call
    tiny = ", too small for the dtype" if scene.stored == 0 else ""
    size = f"at most {scene.largest:.3g} in size{tiny}" if scene.largest else "zero as well"
    if scene.of_hessian:
        advice = "What is left of the op there is a straight line, which has no curvature."
    elif call.op in (Op.SOFTMAX, Op.SOFTMIN, Op.MASKED_SOFTMAX):
        advice = "Scale the inputs down, or use a loss on log_softmax, which does not saturate."
    else:
        advice = "The loss is at its optimum here, or as near as the dtype can tell."
    return (
        f"softmax is saturated: one element has all the probability to the last place of {call.dtype.value}, so small "
        f"changes of the input change nothing. The true {scene.derivative} is {size}. "
        f"{advice}"
    )
