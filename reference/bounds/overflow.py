"""Where a correct kernel may leave the range of its formats on the way, although its result does not."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.block import Block
from reference.bounds.arithmetic import FOLDED_SCALE, RECOMPUTED, Arithmetic
from reference.bounds.shift import Temper
from reference.exact.doubledouble import Floats
from reference.formats import FORMATS
from reference.question import LIKE_SOFTMAX, Question

_ORDERS: Final = {"forward": 0, "vjp": 1, "jvp": 1, "jacobian": 1, "hvp": 2}
_INTEGER: Final = 2.0**31  # the size of the largest int32


def may_overflow(question: Question, quantity: str, block: Block, *, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Say in which rows what a kernel computes on its way may leave the range of its formats; (rows,).

    That is: logits converted to a narrower format or divided by a small temperature; an argument of exp that has lost
    its maximum; the sum S and, in derivatives, the powers of S that a quotient is divided by; the logarithms of a loss
    that weighs them; sums of the vectors, and products of two.
    """
    temper = Temper(temperature=question.temperature, entering=FORMATS.get(question.format))
    largest = min(arithmetic.working.largest, arithmetic.accumulation.largest)
    with np.errstate(all="ignore"):
        size = np.where(np.isfinite(block.x), np.abs(block.x), 0.0)
        found = (size >= _largest_logit(temper, arithmetic)).any(axis=-1)
        e = np.exp((block.x - block.x.max(axis=-1, keepdims=True, initial=-np.inf)) / temper.temperature)
        found |= 2.0 * e.sum(axis=-1) ** _power_of_sum(question, quantity) >= largest
        if question.op == "cross_entropy" and quantity == "forward":
            found |= _losses_overflow(block, size, arithmetic)
        return np.asarray(found | (_of_vectors(block, e, question, temper) >= largest))


def _power_of_sum(question: Question, quantity: str) -> int:
    """Return which power of S a kernel forms that differentiates e_i / S, or log S, step by step."""
    order = _ORDERS[quantity]
    return 1 + (order if question.op in LIKE_SOFTMAX else order // 2)


def _largest_logit(temper: Temper, arithmetic: Arithmetic) -> float:
    """Return the size from which on a logit, or what a kernel makes of it before any maximum is taken off, overflows.

    An argument of exp is at most 0, and a little more where it is the difference of two rounded numbers: that is no
    longer little once their rounding is of the size of the logarithm of the largest number.
    """
    working = arithmetic.working
    held = min(working.largest, arithmetic.output.largest)
    limit = math.inf if held >= (_INTEGER if temper.entering is None else temper.entering.largest) else held
    if temper.temperature > 1.0:
        limit = min(limit, held / 2.0)  # x - max x before it is divided
    if temper.temperature < 1.0:
        limit = min(limit, temper.coarsest(arithmetic).largest * temper.temperature)
    if FOLDED_SCALE in arithmetic.forms:
        limit = min(limit, working.largest / 2.0)
    if FOLDED_SCALE in arithmetic.forms or RECOMPUTED in arithmetic.forms:
        rounding = 2.0 * (arithmetic.u + arithmetic.stored_output.u)
        limit = min(limit, math.log(working.largest) / rounding * min(temper.temperature, 1.0))
    return limit


def _losses_overflow(block: Block, size: Floats, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Return where logarithms overflow that a loss multiplies by its targets, or adds up for its label smoothing.

    No -l_i exceeds twice the largest logit, but for the logarithm of n.
    """
    if block.targets is None or block.targets.exact_total or not size.size:
        return np.zeros(len(size), dtype=np.bool_)
    added = size.shape[-1] * (2.0 * size.max(axis=-1) + math.log(size.shape[-1]))
    return np.asarray(added >= min(arithmetic.working.largest, arithmetic.output.largest))


def _of_vectors(block: Block, e: Floats, question: Question, temper: Temper) -> Floats:
    """Return the size of the largest number that derivatives make of the vectors, one per row, never too small.

    Of one vector: v - <s, v> and its like, at most twice the sum of |v|. Of two: the terms of v w - t w - mu v before
    and after their mean is subtracted, or V w and V mu; and, from a quotient that is differentiated step by step,
    products of V or sum e_j v_j with sum e_j w_j, before they are divided by a power of S.
    """
    v = None if block.cotangent is None else np.abs(block.cotangent)
    w = None if block.tangent is None else np.abs(block.tangent) / min(temper.temperature, 1.0)
    sizes = [2.0 * vector.sum(axis=-1) for vector in (v, w) if vector is not None]
    if v is not None and w is not None and w.shape[-1]:
        v_sum = (e * v if question.op in LIKE_SOFTMAX else v).sum(axis=-1)
        sizes += [8.0 * np.maximum(v.max(axis=-1), v_sum) * w.max(axis=-1), 4.0 * v_sum * (e * w).sum(axis=-1)]
    return np.max(sizes, axis=0) if sizes else np.zeros(len(block.x))
