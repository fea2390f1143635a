"""What is missing in the sum of a vjp, before its elements are stored: one formula per rule.

v is a cotangent (rows, n) or one per row, scaled; t = <s, v>, V = sum v; p are the probabilities of a backward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble, Floats
from reference.laws.rounding import Rounding
from reference.rowwise import row_counts, row_maxima, row_sums

_OF_TARGET = 3.0  # roundings of a smoothed target, and of its product with a weight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Missing:
    """Arrays (rows, 1): how far a kernel's sums may be from what they should be, and of what they are made.

    ``relative``: the largest relative error of a sum in it; ``idle``: rows that every form maps to exact zeros.
    """

    sums: Floats
    relative: Floats
    idle: NDArray[np.bool_]


def of_softmax(rounding: Rounding, v: Floats, *, omega: Floats) -> Missing:
    """Of s (v - t), s v - s t, or the derivative of a quotient: t (1 - sum s), and the error of t.

    ``omega``: what an operation that underflows may lose, in the scale of v. A quotient's t / S is made of products
    v_j / S^2 and v_j e_j / S^2, and of their sum, and is multiplied by every e_i; 1 / S^2 may underflow itself. Where
    S^2 overflows there is no such kernel.
    """
    s, u, arithmetic = rounding.sizes.s, rounding.u, rounding.arithmetic
    size = np.abs(v)
    terms = rounding.held * size
    summation = arithmetic.summation(terms)
    products = row_sums(terms)
    of_dot = 2.0 * u + arithmetic.stored_output.u + summation
    apart = row_sums((rounding.held - s) * size)
    mean = np.abs(row_sums(s * v)) + apart
    mean = np.minimum(mean, products) + of_dot * products
    total = np.where(rounding.sizes.total**2 <= arithmetic.working.largest, rounding.sizes.total, 0.0)
    own = u * (3.0 * products + 7.0 * mean) + arithmetic.omega * total**2 * mean
    step_by_step = total * (total + 2.0 * row_counts(v)) * omega
    lost = row_sums(rounding.lost * size) + step_by_step
    largest = row_maxima(size)
    return Missing(
        sums=mean * rounding.sum_behind_softmax + of_dot * products + own + lost,
        relative=np.maximum(rounding.sum_behind_softmax, summation),
        idle=largest == 0,
    )


def of_logarithm(rounding: Rounding, v: Floats, *, omega: Floats, each: float = 0.0) -> Missing:
    """Of v - p V: V (1 - sum p), and the error of V; ``each`` is the relative error of an element of v."""
    size = np.abs(v)
    summation = rounding.arithmetic.summation(size)
    whole = row_sums(size)
    unsure = (summation + each) * whole + omega * row_counts(v)
    total = np.abs(DoubleDouble.exactly(v).sum_rows().hi) + unsure
    off = rounding.sum_behind_logarithm
    return Missing(
        sums=total * (off + _lost(rounding) + (1.0 + off) * (3.0 * rounding.u + each)) + (1.0 + off) * unsure,
        relative=np.maximum(off, summation),
        idle=whole == 0,
    )


def of_difference(rounding: Rounding, c: Floats) -> Missing:
    """Of c exp(x - lse), or a quotient times c, for one c per row."""
    size, off = np.abs(c), rounding.sum_of_differences
    own = 2.0 * (1.0 + off) * rounding.u + _lost(rounding)
    return Missing(sums=size * (off + own), relative=off, idle=size == 0)


def of_output(rounding: Rounding, c: Floats, *, q: Floats) -> Missing:
    """Of (s - q) c for one c per row."""
    size, off = np.abs(c), rounding.sum_behind_softmax
    targets = row_sums(np.abs(q))
    own = _OF_TARGET * rounding.u * targets + _lost(rounding)
    return Missing(sums=size * (off + own), relative=off, idle=size == 0)


def _lost(rounding: Rounding) -> Floats:
    """Return what underflow takes from the probabilities of a backward, and from their difference with a target."""
    return 2.0 * row_sums(rounding.lost)
