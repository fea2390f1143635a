"""Where a correct kernel may leave the range of its formats on the way, although its result does not.

::

    result      the value and its bound reach beyond the format that it is computed or stored in
    logits      x, x / T or x - max x overflows before a maximum is taken off
    arguments   rounding of large logits makes an argument of exp positive, and its exponential large
    sums        the powers of S that a quotient is divided by; logarithms of a loss; sums and products of the vectors

Neither S itself is among the sums, nor any of more numbers of a like size than a format can count: it is too narrow to
add them up in, and what comes of that is judged (README.md, section 7).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds.arithmetic import FOLDED_SCALE, RECOMPUTED, Arithmetic
from reference.bounds.bounded import Bounded
from reference.bounds.shift import Temper
from reference.exact.doubledouble import Floats
from reference.formats import FORMATS
from reference.question import LIKE_SOFTMAX, Question
from reference.rowwise import row_sums

_ORDERS: Final = {"forward": 0, "vjp": 1, "jvp": 1, "jacobian": 1, "hvp": 2}
_INTEGER: Final = 2.0**31  # the size of the largest int32
_LARGEST_ARGUMENT: Final = math.log(2.0) * 1024  # of an exponential that float64 has a number for


def may_overflow(question: Question, quantity: str, block: Block, *, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows what a kernel computes on its way may leave the range of its formats; (rows,)."""
    temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
    largest = min(arithmetic.working.largest, arithmetic.accumulation.largest)
    with np.errstate(all="ignore"):
        size = np.where(np.isfinite(block.x), np.abs(block.x), 0.0)
        found = (size >= _largest_logit(temper, arithmetic)).any(axis=-1)
        d = (block.x - block.x.max(axis=-1, keepdims=True, initial=-np.inf)) / temper.temperature
        above = _above_zero(size / temper.temperature, temper, arithmetic)
        e = np.exp(np.minimum(np.where(np.isnan(d), 0.0, d) + above, _LARGEST_ARGUMENT))  # NaN: a row without an answer
        found |= (above[:, 0] >= math.log(2.0)) & (2.0 * row_sums(e)[:, 0] >= largest)
        stored = arithmetic.output if quantity in ("forward", "jvp") else arithmetic.entering or arithmetic.output
        limit = np.where(above[:, 0] >= math.log(2.0), min(largest, stored.largest), largest)
        power = _power_of_sum(question, quantity)
        found |= (power > 1) & (2.0 * row_sums(e)[:, 0] ** power >= largest)
        if question.op == "cross_entropy" and quantity == "forward":
            found |= _losses_overflow(block, size, arithmetic)
        return np.asarray(found | (_of_vectors(block, e, question, temper, largest=largest) >= limit))


def may_be_infinite(result: Bounded, quantity: str, *, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say which results, before they are stored, may be too large for a format they pass through: (...), as result.

    Where a bound is infinite it says nothing of overflow; an exact infinity is no overflow.
    """
    stored = arithmetic.output if quantity in ("forward", "jvp") else arithmetic.entering or arithmetic.output
    largest = min(arithmetic.working.largest, stored.largest)
    reach = np.abs(result.value.hi) + np.where(np.isfinite(result.bound), result.bound, 0.0)
    unit = max(arithmetic.u, stored.unit_roundoff)
    return np.asarray((reach >= largest * (1.0 - 2.0 * unit)) & np.isfinite(result.value.hi))


def _power_of_sum(question: Question, quantity: str) -> int:
    """Return which power of S a kernel forms that differentiates e_i / S, or log S, step by step."""
    order = _ORDERS[quantity]
    return 1 + (order if question.op in LIKE_SOFTMAX else order // 2)


def _largest_logit(temper: Temper, arithmetic: Arithmetic) -> float:
    """Return the size from which on a logit overflows, or what a kernel makes of it before it takes a maximum off."""
    working = arithmetic.working
    held = min(working.largest, arithmetic.output.largest)
    limit = math.inf if held >= (_INTEGER if temper.entering is None else temper.entering.largest) else held
    if temper.temperature > 1.0:
        limit = min(limit, held / 2.0)  # x - max x before it is divided
    if temper.temperature < 1.0:
        limit = min(limit, temper.coarsest(arithmetic).largest * temper.temperature)
    if FOLDED_SCALE in arithmetic.forms:
        limit = min(limit, working.largest / 2.0)
    return limit


def _above_zero(z: Floats, temper: Temper, arithmetic: Arithmetic) -> Floats:
    """Return how far above x - max x an argument of exp may lie, one per row: z are the sizes of x / T, (rows, n).

    It is the difference of two numbers of which each has been rounded: both products of a folded scale; x and a stored
    lse; x / T and its maximum, of which a compiler that fuses quotient and difference rounds only one.
    """
    largest = z.max(axis=-1, keepdims=True, initial=0.0)
    each = 0.0 if temper.exact else temper.coarsest(arithmetic).unit_roundoff
    if FOLDED_SCALE in arithmetic.forms or RECOMPUTED in arithmetic.forms:
        each += arithmetic.u + arithmetic.stored_output.u
    return np.asarray(np.minimum(2.0 * each * largest, _LARGEST_ARGUMENT))


def _losses_overflow(block: Block, size: Floats, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Return where logarithms overflow that a loss multiplies by its targets, or adds up for its label smoothing.

    No -l_i exceeds twice the largest logit, but for the logarithm of n.
    """
    if block.targets is None or block.targets.exact_total or not size.size:
        return np.zeros(len(size), dtype=np.bool_)
    count = size.shape[-1]
    added = (count + _total(block)) * (2.0 * size.max(axis=-1) + math.log(count))
    return np.asarray(added >= min(arithmetic.working.largest, arithmetic.output.largest))


def _of_vectors(block: Block, e: Floats, question: Question, temper: Temper, *, largest: float) -> Floats:
    """Return the size of the largest number that derivatives make of the vectors, one per row, never too small.

    Of one vector: v - <s, v> and its like, at most twice the sum of |v|; and the sum of all w_i - <s, w>, which label
    smoothing adds up. Of two: the terms of v w - t w - mu v before and after their mean is subtracted, or V w and V mu;
    and, from a quotient that is differentiated step by step, products of V or sum e_j v_j with sum e_j w_j, before they
    are divided by a power of S. A head under a mask is multiplied by the same means before it meets its s_i = 0.
    """
    v = None if block.cotangent is None else np.abs(block.cotangent)
    w = None if block.tangent is None else np.abs(block.tangent) / min(temper.temperature, 1.0)
    if v is not None and question.op == "cross_entropy":
        v = v * np.maximum(_total(block), 1.0)[:, np.newaxis]

    def added(terms: Floats, *, axis: int) -> Floats:
        """Add sizes up; where it takes more of their largest than the format can count, return that one."""
        most = terms.max(axis=axis, initial=0.0)
        count = (terms / np.expand_dims(most, axis)).sum(axis=axis)
        return np.asarray(np.where(2.0 * count < largest, terms.sum(axis=axis), most))

    sizes = [2.0 * added(np.maximum(e, 1.0) * one, axis=-1) for one in (v, w) if one is not None]
    if w is not None and block.targets is not None and not block.targets.exact_total and w.shape[-1]:
        sizes.append((1.0 + _total(block)) * (added(w, axis=-1) + w.shape[-1] * w.max(axis=-1)))
    if v is not None and w is not None and w.shape[-1]:
        v_sum = added(e * v if question.op in LIKE_SOFTMAX else v, axis=-1)
        highest = v.max(axis=-1) if block.hidden is None else np.maximum(v.max(axis=-1), block.hidden)
        sizes += [8.0 * np.maximum(highest, v_sum) * w.max(axis=-1), 4.0 * v_sum * added(e * w, axis=-1)]
    return np.fmax.reduce(sizes) if sizes else np.zeros(len(block.x))  # NaN: an infinite size times none


def _total(block: Block) -> Floats:
    """Return the sum of each row's targets, or 0 where there are none; (rows,)."""
    return np.zeros(len(block.x)) if block.targets is None else row_sums(np.abs(block.targets.q.hi))[:, 0]
