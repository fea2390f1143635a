"""Probabilities as a derivative finds them, and the inner products that it takes with them.

A backward multiplies by probabilities p that a forward has stored, or that it makes again: of the exponentials, of a
stored log_softmax, or as exp(x - lse) of a stored lse. All of these are here, by what their errors have in common,
because an inner product <p, v> feels them differently (README.md, B3 and B5)::

    centred    errors of e_i, which S has in the mean: they move <p, v> by sum s_j a_j |v_j - <s, v>|
    own        errors that each p_i has for itself: sum s_j own_j |v_j|
    common     errors that all p_i of a row have: common |<s, v>|
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from reference.bounds import constants
from reference.bounds.arithmetic import LOG_SUM_EXP, RECOMPUTED, Arithmetic
from reference.bounds.growth import NOTHING, compounded, exponential, grown
from reference.bounds.reading import Reading
from reference.exact.doubledouble import Floats
from reference.exact.oracle import Distribution
from reference.rowwise import row_counts, row_sums

_LARGEST_TOTAL: Final = 2.0**200  # of which powers are taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean:
    """<s, v> of each row, and how far off a kernel may be with it; (..., 1)."""

    value: Floats
    error: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The probabilities that a derivative multiplies by; errors are relative, but for ``lost``."""

    arithmetic: Arithmetic
    distribution: Distribution
    s: Floats  # the exact probabilities
    relative: Floats  # bound of the error of p_i, all in all
    centred: Floats
    own: Floats
    common: Floats  # one per row
    lost: Floats  # absolute error of p_i by underflow

    def total(self, power: int) -> Floats:
        """Return S^k, one per row: what underflow grows by where e_i is multiplied by sums over powers of S."""
        return np.asarray(np.minimum(self.distribution.total.hi, _LARGEST_TOTAL) ** power)

    def mean(self, v: Floats, *, omega: Floats, rounding: float = 0.0) -> Mean:
        """Return <p, v>; ``omega`` is the absolute error of an operation that underflows, in the scale of v.

        Each element of v may be off by ``rounding`` of itself.
        """
        terms = self.s * np.abs(v)
        value: Floats = row_sums(self.s * v)
        total: Floats = row_sums(terms)
        each = terms * (self.own + rounding) + self.s * self.centred * np.abs(v - value) + self.lost * np.abs(v)
        summation = self.arithmetic.summation(terms) * total
        operations = 2.0 * row_counts(v)  # products and additions
        error = row_sums(each) + self.common * np.abs(value) + summation + operations * omega
        return Mean(value=value, error=error)


def of_softmax(reading: Reading) -> Found:
    """Return the s_i of a forward, stored or not; with the form ``recomputed``, exp(x - lse) as well.

    With the form ``x-minus-lse`` the forward itself may be exp(x - lse), or exp(l_i).
    """
    return reading.once(_of_softmax)


def _of_softmax(reading: Reading) -> Found:
    moved, arithmetic = reading.perturbation, reading.arithmetic
    again, row = beyond_stored(reading)
    each = 2.0 * arithmetic.u + arithmetic.stored_output.u  # a quotient, a product, and storage
    quotient = Found(
        arithmetic=arithmetic,
        distribution=reading.distribution,
        s=moved.s,
        relative=compounded(moved.held, exponential(again + row)),
        centred=exponential(moved.element) / moved.least,
        own=each + exponential(again),
        common=moved.common + exponential(row),
        lost=moved.held_lost,
    )
    if LOG_SUM_EXP not in arithmetic.forms:
        return quotient
    of_log = of_logarithm(reading)
    return replace(
        quotient,
        relative=np.maximum(quotient.relative, compounded(of_log.relative, np.asarray(arithmetic.stored_output.u))),
        own=np.maximum(quotient.own, of_log.own),
        common=np.maximum(quotient.common, of_log.common),
    )


def beyond_stored(reading: Reading) -> tuple[Floats, Floats]:
    """Return by what argument exp(x - lse), with a stored lse, errs more than s_i: what is each element's, and all's.

    Both are zero unless the kernel declares that its backward recomputes probabilities so.
    """
    moved, arithmetic = reading.perturbation, reading.arithmetic
    if RECOMPUTED not in arithmetic.forms:
        return NOTHING, NOTHING
    log = _size_of_logarithm(reading)
    own = (log + arithmetic.exp + arithmetic.exp_per_unit * log) * arithmetic.u
    return own, moved.log_sum(reading.log_total) + rounding_of_log_sum_exp(reading)


def rounding_of_log_sum_exp(reading: Reading) -> Floats:
    """Return how far off lse = max x + log S is once it is rounded and stored, where a kernel subtracts it from x."""
    arithmetic = reading.arithmetic
    if LOG_SUM_EXP in arithmetic.forms or RECOMPUTED in arithmetic.forms:
        return np.asarray((arithmetic.u + arithmetic.stored_output.u) * np.abs(reading.log_sum_exp.hi))
    return np.zeros_like(reading.perturbation.common)


def of_logarithm(reading: Reading) -> Found:
    """Return exp(l_i) of a stored l_i, or e_i / S computed anew; with a form that declares it, exp(x - lse), too."""
    return reading.once(_of_logarithm)


def _of_logarithm(reading: Reading) -> Found:
    moved, arithmetic = reading.perturbation, reading.arithmetic
    u, stored = arithmetic.u, arithmetic.stored_output.u
    log = _size_of_logarithm(reading)
    rho = np.where(moved.s > 0, moved.rho, 0.0)
    each = rho + moved.rescaled + (u + stored) * log + (arithmetic.exp + arithmetic.exp_per_unit * log) * u
    row = moved.log_sum(reading.log_total) + rounding_of_log_sum_exp(reading)
    anew = grown(moved.element + 2.0 * u + stored, moved.mean + moved.common)
    return Found(
        arithmetic=arithmetic,
        distribution=reading.distribution,
        s=moved.s,
        relative=np.where(moved.s > 0, np.maximum(exponential(each + row), anew), 0.0),
        centred=np.zeros_like(moved.s),
        own=exponential(each + 3.0 * u + stored),
        common=exponential(row + constants.RECIPROCAL * u),
        lost=moved.held_lost,
    )


def _size_of_logarithm(reading: Reading) -> Floats:
    """Return |l_i|, 0 where the probability is 0 for every purpose."""
    return np.where(reading.perturbation.s > 0, np.abs(reading.distribution.log_softmax.hi), 0.0)
