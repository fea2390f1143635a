"""Laws of a logsumexp and of a mean under its probabilities: neither leaves what the extremes of its row allow.

::

    max x / T <= lse <= max x / T + log n          and so a loss of class y, which is lse - x_y / T
    min w / T <= <s, w> / T <= max w / T           and so the jvps of log_softmax and of such a loss, w_i - <s, w>

A kernel's S^ is S up to G(A + N(e)), and log, and the roundings of m + log S follow, of which each is of the size of
max x, log n or x_y: 4 (u + u_s) of it is more than any form has. A kernel's mean is one under p^ = p (1 + delta) with a
sum that misses one by ``off``: off max |w| and (N(s |w|) + 8 u) sum s+ |w|, and what is lost to underflow.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds import constants
from reference.exact.doubledouble import Floats
from reference.laws.accumulator import judged
from reference.laws.finding import Finding
from reference.laws.rounding import Rounding
from reference.question import Question
from reference.rowwise import row_sums

_ROUNDINGS: Final = 4.0  # of m + log S, m / T and their difference with x_y
_FACTORS: Final = 8.0  # roundings of a term of a mean, and of what is subtracted from it
_OPERATIONS: Final = 4.0  # of those that may underflow, in each term


def has_class(question: Question) -> bool:
    """Say whether the question is of one loss for each row, of one class each."""
    indices = question.op == "cross_entropy" and question.has_indices and not question.label_smoothing
    return indices and question.outputs_per_row == 1


def log_sum_exp(question: Question, got: Floats, *, block: Block, rounding: Rounding) -> Finding:
    """A logsumexp, ``got`` of one per row, lies between max x / T and log n above it; a loss of a class likewise."""
    z = block.x / question.temperature
    present = block.x > -np.inf
    top = np.where(rounding.sizes.undefined, 0.0, z.max(axis=-1))
    reach = np.log(np.maximum(present.sum(axis=-1), 1.0))
    at_class = np.zeros(len(z)) if block.targets is None else np.where(block.targets.q.hi == 1, z, 0.0).sum(axis=-1)
    known = ~rounding.sizes.undefined & ~block.ignored & np.isfinite(at_class)
    found = got.reshape(-1) + np.where(known, at_class, 0.0)
    size = (np.abs(top) + reach + np.abs(np.where(known, at_class, 0.0)))[:, np.newaxis]

    def allowance(one: Rounding) -> Floats:
        arithmetic = one.arithmetic
        each = _ROUNDINGS * (one.u + arithmetic.stored_output.u) + one.temper.rounding(arithmetic)
        flushed = arithmetic.stored_output.omega + 2.0 * arithmetic.omega
        return np.asarray(constants.SECOND_ORDER * (one.of_log_total + each * size + flushed))

    allowed, widened = judged(rounding, allowance, relative=lambda one: one.of_log_total)
    what = "row {row}" if block.targets is None else "row {row} that its loss and the logit of its class make up"
    return Finding(
        kind="log-sum-exp-limits",
        says=f"the logsumexp of {what} is {{value}}, not between its largest logit and log n above it",
        value=found,
        measured=_outside(found, top, top + reach),
        allowed=allowed,
        applies=known,
        widened=widened,
    )


def mean(question: Question, got: Floats, *, block: Block, rounding: Rounding, applies: NDArray[np.bool_]) -> Finding:
    """The mean of a tangent that a jvp holds lies among its elements; ``got``: (rows, n), or (rows, 1).

    It is the jvp of logsumexp itself, and what is missing from w_i in that of log_softmax, from -w_y in that of a loss.
    """
    given = np.zeros_like(block.x) if block.tangent is None else block.tangent
    # of an op that is taken at -x the rules are asked in the direction -w
    signed = -given if question.negated else given
    w = np.where(np.isfinite(signed), signed, 0.0) / question.temperature
    present = block.x > -np.inf
    present = present | ~present.any(axis=-1, keepdims=True)
    least = np.where(present, w, np.inf).min(axis=-1, keepdims=True)
    most = np.where(present, w, -np.inf).max(axis=-1, keepdims=True)
    if question.op == "logsumexp":
        found, taken = got, np.zeros_like(got)
    elif block.targets is not None:
        taken = row_sums(block.targets.q.hi * w)
        found = got + taken
    else:
        found, taken = w - got, w
        if block.kept is not None:
            found = np.where(block.kept, found, least)
    outside = _outside(found, least, most)
    worst = np.argmax(np.where(np.isnan(outside), np.inf, outside), axis=-1)[:, np.newaxis]

    def at_worst(values: Floats) -> Floats:
        return np.take_along_axis(values, worst, axis=-1)

    own = np.abs(at_worst(np.where(np.isfinite(got), got, 0.0))) + np.abs(at_worst(taken))

    def relative(one: Rounding) -> Floats:
        return np.maximum(_off(question, one), one.arithmetic.summation(one.held * np.abs(w)))

    def allowance(one: Rounding) -> Floats:
        arithmetic, terms = one.arithmetic, one.held * np.abs(w)
        products = row_sums(terms)
        largest = np.abs(np.where(present, w, 0.0)).max(axis=-1, keepdims=True)
        stored = arithmetic.stored_output
        of_tangent = one.temper.given(arithmetic, "jvp")[1].u + one.temper.rounding(arithmetic)
        error = (_off(question, one) + of_tangent) * largest
        error = error + (arithmetic.summation(terms) + _FACTORS * one.u) * products
        error = error + 2.0 * row_sums(one.lost * np.abs(w))
        flushed = _OPERATIONS * arithmetic.omega * w.shape[-1] * max(1.0, 1.0 / question.temperature) + stored.omega
        total = constants.SECOND_ORDER * (error + (2.0 * one.u + stored.u + of_tangent) * own + flushed)
        return np.where(w.any(axis=-1, keepdims=True), total, 0.0)

    allowed, widened = judged(rounding, allowance, relative=relative)
    return Finding(
        kind="mean-limits",
        says="the mean of the tangent in the jvp of row {row} is {value}, not among the elements of the tangent",
        value=at_worst(found)[:, 0],
        measured=at_worst(outside)[:, 0],
        allowed=allowed,
        applies=applies,
        widened=widened,
    )


def _off(question: Question, rounding: Rounding) -> Floats:
    """Return how far the probabilities behind a mean are from adding up to one."""
    return rounding.sum_of_differences if question.op == "logsumexp" else rounding.sum_behind_logarithm


def _outside(found: Floats, least: Floats, most: Floats) -> Floats:
    """Return how far ``found`` is outside of an interval; NaN for NaN."""
    return np.maximum(np.maximum(least - found, found - most), 0.0)
