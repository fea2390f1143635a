"""The right answer times a factor that no data decide."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np

from reference.exact.doubledouble import DoubleDouble, product
from reference.faults.estimate import pair_of
from reference.faults.evaluation import Answer, Evaluation
from reference.faults.fault import Factor, Fault
from reference.ops import TEMPERED
from reference.question import OPS

_DERIVATIVES: Final = ("vjp", "jvp", "jacobian", "hvp")
_ORDERS: Final = {"vjp": 1, "jvp": 1, "jacobian": 1, "hvp": 2}


def times(answer: Answer, factor: Fraction, evaluation: Evaluation) -> Answer:
    """Return an answer times a factor, by which a kernel multiplies with a rounding or two, and what it stores."""
    value = product(answer.value, pair_of(factor))
    unanswered = np.isnan(answer.value.hi)
    value = DoubleDouble(hi=np.where(unanswered, np.nan, value.hi), lo=np.where(unanswered, 0.0, value.lo))
    bound = answer.bound * abs(float(factor))
    fraction, _ = np.frexp(float(factor))
    if abs(fraction) != 0.5:  # a power of two rounds nothing, but where the result underflows
        stored = max(evaluation.arithmetic.u, evaluation.result_format.unit_roundoff)
        bound = bound + 3.0 * stored * (np.abs(value.hi) + bound)
    bound = bound + np.where(value.hi == 0, 0.0, evaluation.result_format.smallest_subnormal)
    return Answer(value=value, bound=bound)


def _scaled(
    name: str,
    factor: Factor,
    *,
    what: str,
    why: str,
    ops: tuple[str, ...] = OPS,
    quantities: tuple[str, ...] = _DERIVATIVES,
) -> Fault:
    def rule(evaluation: Evaluation) -> Answer | None:
        by = factor(evaluation)
        return None if by is None else times(evaluation.right, by, evaluation)

    return Fault(
        name=name, what=what, why=why, ops=ops, quantities=quantities, rule=rule, factor=factor, rows_alone=False
    )


def _count(evaluation: Evaluation) -> Fraction | None:
    """Return the number of rows that count, None where it is none or one."""
    count = evaluation.question.counting
    return Fraction(count) if count > 1 else None


def _batch_mean(evaluation: Evaluation) -> Fraction | None:
    count = _count(evaluation)
    averaged = evaluation.question.reduction == "mean" or evaluation.question.normalization != "null"
    return None if count is None or averaged else 1 / count


def _batch_sum(evaluation: Evaluation) -> Fraction | None:
    question = evaluation.question
    if question.op == "softmax_output" and question.normalization == "batch":
        return Fraction(question.whole.first_axis) if question.x.ndim else None
    averaged = question.reduction == "mean" or question.normalization == "valid"
    return _count(evaluation) if averaged else None


def _ignored_in_mean(evaluation: Evaluation) -> Fraction | None:
    question = evaluation.question
    averaged = question.reduction == "mean" or question.normalization == "valid"
    return Fraction(question.counting, question.whole.rows) if averaged and question.counting else None


def _backward_temperature(power: int) -> Factor:
    return lambda evaluation: Fraction(evaluation.question.temperature) ** (power * _ORDERS[evaluation.quantity])


SCALED: Final[tuple[Fault, ...]] = (
    _scaled(
        "sign",
        lambda _: Fraction(-1),
        what="-1 times the right answer: it has the other sign",
        why="a minus lost, or put in twice",
    ),
    _scaled(
        "accumulated-twice",
        lambda _: Fraction(2),
        what="twice the right answer: it is accumulated twice",
        why="a gradient is added to a buffer that holds it already, or a hook runs twice",
    ),
    _scaled(
        "zeros-returned",
        lambda _: Fraction(0),
        what="zeros: no derivative is computed",
        why="a detached tensor, a buffer that is never written, a backward rule that is a stub",
    ),
    _scaled(
        "batch-mean",
        _batch_mean,
        what="1/N times the right answer, N the number of rows: the mean over the batch where the sum is due",
        why="reduction defaults differ between libraries",
        quantities=("vjp", "jacobian", "hvp"),
    ),
    _scaled(
        "batch-sum",
        _batch_sum,
        what="N times the right answer, N the number of rows: the sum over the batch where the mean is due",
        why="reduction defaults differ between libraries",
        ops=("cross_entropy", "softmax_output"),
        quantities=("forward", *_DERIVATIVES),
    ),
    _scaled(
        "ignored-rows-in-mean",
        _ignored_in_mean,
        what="M/N times the right answer, where M of N rows count: the mean is over those that are to be ignored, too",
        why="the sum of the losses is divided by the size of the batch",
        ops=("cross_entropy", "softmax_output"),
        quantities=("forward", *_DERIVATIVES),
    ),
    _scaled(
        "loss-sign",
        lambda _: Fraction(-1),
        what="the log-likelihood: the loss with the other sign",
        why="a minus lost",
        ops=("cross_entropy",),
        quantities=("forward",),
    ),
    _scaled(
        "temperature-missing-in-backward",
        _backward_temperature(1),
        what="T times the right answer: the derivative is not divided by the temperature",
        why="the chain rule stops at the scaled logits",
        ops=TEMPERED,
    ),
    _scaled(
        "temperature-twice-in-backward",
        _backward_temperature(-1),
        what="1/T times the right answer: the derivative is divided by the temperature twice",
        why="both the kernel and the automatic differentiation around it divide",
        ops=TEMPERED,
    ),
    _scaled(
        "temperature-multiplied-in-backward",
        _backward_temperature(2),
        what="T*T times the right answer: the derivative is multiplied by the temperature instead of divided",
        why="the factor of the forward is used as it is where its reciprocal is due",
        ops=TEMPERED,
    ),
)
