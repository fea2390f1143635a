"""Where a bound proves nothing, and where a correct kernel may leave the range of its formats on the way."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.arithmetic import FOLDED_SCALE, RECOMPUTED, Arithmetic
from reference.block import Block
from reference.bounded import Bounded
from reference.doubledouble import Floats
from reference.formats import FORMATS
from reference.growth import VACUOUS
from reference.question import LIKE_LOG_SOFTMAX, LIKE_SOFTMAX, Question
from reference.reading import Reading
from reference.rules.table import Given
from reference.shift import Temper

_INTEGER: Final = 2.0**31  # the size of the largest int32
_BEYOND: Final = 1e-20 * VACUOUS  # no number of any format is as large, so that this bound is met by all


def vacuous(
    reading: Reading, question: Question, quantity: str, given: Given, *, bounded: Bounded
) -> NDArray[np.bool_]:
    """Return where the bound proves nothing: the relative error of a sum that the row needs may reach 1."""
    moved = reading.perturbation
    nothing = np.asarray(moved.vacuous.any(axis=-1, keepdims=True))
    if question.op not in LIKE_SOFTMAX:
        nothing = np.asarray(nothing | (moved.log_sum(reading.log_total) >= 1.0))
    for terms in _sums(reading, question, quantity, given):
        nothing = np.asarray(nothing | (reading.arithmetic.summation(terms) >= 1.0))
    shape = bounded.bound.shape
    of_row = nothing if nothing.ndim == len(shape) else nothing[..., np.newaxis]
    return np.broadcast_to(of_row, shape) | ~(bounded.bound < _BEYOND)


def _sums(reading: Reading, question: Question, quantity: str, given: Given) -> list[Floats]:
    """Return the terms of the sums that a row's quantity needs beside S."""
    s, terms = reading.perturbation.s, []
    if given.tangent is not None:
        terms.append(s * np.abs(given.w.v))
    if given.cotangent is not None and question.outputs_per_row is None:
        size = np.abs(given.v.v)
        terms.append(size if question.op in LIKE_LOG_SOFTMAX else s * size)
    if given.targets is not None and question.op == "cross_entropy" and not given.q.exact_total:
        log = np.where(s > 0, np.abs(reading.distribution.log_softmax.hi), 0.0)
        terms.append(np.abs(given.q.q.hi) * (log if quantity == "forward" else 1.0))
    return terms


def may_overflow(question: Question, quantity: str, block: Block, *, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows what a kernel computes on its way may leave the range of its formats; (rows,).

    That is: logits converted to a narrower format or divided by a small temperature; the sum S and, in derivatives,
    its square; an argument of exp that has lost its maximum; the logarithms of a loss that weighs them; sums of the
    vectors, and products of two.
    """
    temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
    with np.errstate(all="ignore"):
        size = np.where(np.isfinite(block.x), np.abs(block.x), 0.0)
        found = (size >= _largest_logit(temper, arithmetic)).any(axis=-1)
        largest = min(arithmetic.working.largest, arithmetic.accumulation.largest)
        if block.x.shape[-1] ** 2 * 2.0 >= largest:
            found |= _sum_overflows(block.x / temper.temperature, quantity, largest=largest)
        if question.op == "cross_entropy" and quantity == "forward":
            found |= _losses_overflow(block, size, arithmetic)
        return np.asarray(found | (_of_vectors(block, question, temper) >= largest))


def _largest_logit(temper: Temper, arithmetic: Arithmetic) -> float:
    """Return the size from which on a logit, or what a kernel makes of it before any maximum is taken off, overflows.

    An argument of exp is at most 0, and a little more where it is the difference of two rounded numbers: that is no
    longer little once their rounding is of the size of the logarithm of the largest number.
    """
    working = arithmetic.working
    held = min(working.largest, arithmetic.output.largest)
    limit = math.inf if held >= (_INTEGER if temper.entering is None else temper.entering.largest) else held
    if temper.temperature < 1.0:
        limit = min(limit, temper.coarsest(arithmetic).largest * temper.temperature)
    if FOLDED_SCALE in arithmetic.forms:
        limit = min(limit, working.largest / 2.0)
    if FOLDED_SCALE in arithmetic.forms or RECOMPUTED in arithmetic.forms:
        rounding = 2.0 * (arithmetic.u + arithmetic.stored_output.u)
        limit = min(limit, math.log(working.largest) / rounding * min(temper.temperature, 1.0))
    return limit


def _sum_overflows(x: Floats, quantity: str, *, largest: float) -> NDArray[np.bool_]:
    """Return where S, or in derivatives S times S, is half of the largest number or more."""
    total = np.exp(x - x.max(axis=-1, keepdims=True)).sum(axis=-1)
    return np.asarray(2.0 * (total if quantity == "forward" else total * total) >= largest)


def _losses_overflow(block: Block, size: Floats, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Return where logarithms overflow that a loss multiplies by its targets, or adds up for its label smoothing.

    No -l_i exceeds twice the largest logit, but for the logarithm of n.
    """
    if block.targets is None or block.targets.exact_total or not size.size:
        return np.zeros(len(size), dtype=np.bool_)
    added = size.shape[-1] * (2.0 * size.max(axis=-1) + math.log(size.shape[-1]))
    return np.asarray(added >= min(arithmetic.working.largest, arithmetic.output.largest))


def _of_vectors(block: Block, question: Question, temper: Temper) -> Floats:
    """Return the size of the largest number that derivatives make of the vectors, one per row, never too small.

    Of one vector: v - <s, v> and its like, at most twice the sum of |v|. Of two, softmax's: the terms of
    v w - t w - mu v before and after their mean is subtracted, and the sum of |v w|; log_softmax's: V w - V mu.
    """
    v = None if block.cotangent is None else np.abs(block.cotangent)
    w = None if block.tangent is None else np.abs(block.tangent) / min(temper.temperature, 1.0)
    sizes = [2.0 * vector.sum(axis=-1) for vector in (v, w) if vector is not None]
    if v is not None and w is not None and w.shape[-1]:
        if question.op in LIKE_SOFTMAX:
            sizes += [8.0 * v.max(axis=-1) * w.max(axis=-1), 2.0 * (v * w).sum(axis=-1)]
        else:
            sizes.append(4.0 * v.sum(axis=-1) * w.max(axis=-1))
    return np.max(sizes, axis=0) if sizes else np.zeros(len(block.x))
