"""Laws of a forward result: probabilities, logarithms of them, and losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reference.block import blocks_of
from reference.bounds import constants
from reference.bounds.arithmetic import FOLDED_SCALE
from reference.exact import elementary
from reference.exact.doubledouble import DoubleDouble
from reference.formats import Floats
from reference.laws.accumulator import judged
from reference.laws.finding import Finding
from reference.laws.rounding import Rounding
from reference.question import Question
from reference.undefined import mean_of_none


def sum_to_one(got: Floats, rounding: Rounding) -> Finding:
    """Probabilities add up to one; ``got``: (rows, n)."""
    total = DoubleDouble.exactly(got).sum_rows()
    rounding = rounding.beside(got)
    allowed, widened = judged(rounding, lambda one: one.sum_of_softmax)
    return Finding(
        kind="sum-to-one",
        says="the probabilities of row {row} add up to {value}",
        value=total.hi[:, 0],
        measured=_from_one(total),
        allowed=allowed,
        applies=~rounding.sizes.undefined,
        widened=widened,
    )


def exponentials(got: Floats, rounding: Rounding) -> Finding:
    """Exponentials of logarithms of probabilities add up to one; ``got``: (rows, n)."""
    each = [_exp(got[part]) for part in blocks_of(*got.shape)]
    sums = [one.sum_rows() for one in each]
    total = DoubleDouble(hi=np.concatenate([one.hi for one in sums]), lo=np.concatenate([one.lo for one in sums]))
    rounding = rounding.beside(np.concatenate([one.hi for one in each]))
    allowed, widened = judged(rounding, lambda one: one.sum_of_exponentials)
    return Finding(
        kind="exponentials",
        says="the exponentials of the log-probabilities of row {row} add up to {value}",
        value=total.hi[:, 0],
        measured=_from_one(total),
        allowed=allowed,
        applies=~rounding.sizes.undefined,
        widened=widened,
    )


def positive_log(got: Floats, rounding: Rounding) -> Finding:
    """Logarithms of probabilities are not positive; ``got``: (rows, n)."""
    largest = got.max(axis=-1)
    return Finding(
        kind="positive-log",
        says="the largest log-probability of row {row} is {value}",
        value=largest,
        measured=np.maximum(largest, 0.0),
        allowed=_above_zero(rounding)[:, 0],
        applies=~rounding.sizes.undefined,
    )


def never_negative(question: Question) -> bool:
    """Say whether a loss is the logarithm of one probability, whatever the logits are."""
    return question.op == "cross_entropy" and question.has_indices and not question.label_smoothing


def negative_loss(question: Question, got: Floats, rounding: Rounding) -> Finding:
    """Cross entropies of class indices are not negative; ``got``: any shape, one loss per row or one for all."""
    if question.outputs_per_row == 0:
        return negative_sum(question, got, [Losses.of(question, rounding)])
    loss = got.reshape(-1)
    return Finding(
        kind="negative-loss",
        says="the loss of row {row} is {value}",
        value=loss,
        measured=np.maximum(-loss, 0.0),
        allowed=_above_zero(rounding)[:, 0],
        applies=~rounding.sizes.undefined | ~question.counted[:, 0],
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """How far below 0 the loss of each row that counts may be, (rows,), and whether all of them have an answer."""

    allowed: Floats
    answered: bool

    @classmethod
    def of(cls, question: Question, rounding: Rounding) -> Losses:
        """Return those of some rows."""
        counted = question.counted[:, 0]
        answered = bool((~rounding.sizes.undefined | ~counted).all())
        return cls(allowed=_above_zero(rounding)[:, 0][counted], answered=answered)


def negative_sum(question: Question, got: Floats, parts: Sequence[Losses]) -> Finding:
    """Losses that are added up are not negative; ``got``: one number; ``parts``: all rows of ``question``, in order."""
    loss = got.reshape(-1)
    return Finding(
        kind="negative-loss",
        says="the loss is {value}",
        value=loss,
        measured=np.maximum(-loss, 0.0),
        allowed=np.asarray([np.concatenate([part.allowed for part in parts]).sum()]),
        applies=np.asarray([all(part.answered for part in parts) and not mean_of_none(question)]),
    )


def _above_zero(rounding: Rounding) -> Floats:
    """Return how far above 0 a logarithm may be: not at all where d <= 0, since S >= exp(0) in every format.

    Where d is the rounding of m at the maximum, it is in S as well, up to the errors of exp and log. A folded scale may
    have it in one of the two alone.
    """
    arithmetic, apart = rounding.arithmetic, rounding.apart_at_top
    shared = (arithmetic.exp + (arithmetic.exp_per_unit + arithmetic.log + 2.0) * apart) * rounding.u
    alone = 4.0 * apart if FOLDED_SCALE in arithmetic.forms else 0.0
    return np.where(apart > 0, constants.SECOND_ORDER * (shared + alone), 0.0)


def _from_one(total: DoubleDouble) -> Floats:
    return np.abs(total.plus(-np.ones_like(total.hi)).hi[:, 0])


def _exp(log: Floats) -> DoubleDouble:
    """Return the exponentials, those of NaN as NaN."""
    limit = -elementary.SMALLEST_EXPONENT
    mantissa, exponent = elementary.exp(DoubleDouble.exactly(np.clip(log, -limit, limit)))
    return mantissa.scaled(exponent)
