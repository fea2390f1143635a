"""Cross entropy from logits: -sum_j q_j l_j, one loss per row; its derivatives are those of logsumexp, weighted.

The gradient of a row is c (Q s_i - q_i) with Q = sum_j q_j and c the row's weight times its cotangent.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from reference.bounds import found
from reference.bounds.bounded import Bounded
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.reading import Reading
from reference.exact.doubledouble import DoubleDouble, Floats, product, where
from reference.exact.oracle import scaled_to
from reference.exact.targets import Targets
from reference.rowwise import row_counts, row_sums
from reference.rules import log_softmax
from reference.rules.log_softmax import curvature
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import ALONE, Vector, idle, weighted

_ROUNDINGS_OF_TARGETS: Final = 4.0  # of a smoothed target, and of its product with a cotangent
_ROUNDINGS_OF_WEIGHT: Final = 3.0  # of one over the number of rows, of its product with a cotangent, and with a result


def forward(reading: Reading, targets: Targets) -> Bounded:
    """Return the loss of each row, (rows, 1), with the bound (B8)."""
    arithmetic = reading.arithmetic
    log = log_softmax.forward(reading)
    asked = targets.q.hi != 0
    zero = DoubleDouble.exactly(np.zeros_like(log.bound))
    endless = (asked & np.isinf(log.value.hi)).any(axis=-1, keepdims=True)
    value = product(targets.q, where(asked, _finite(log.value), zero)).sum_of_any_size()
    q, size = np.abs(targets.q.hi), np.where(asked & ~endless, np.abs(_finite(log.value).hi), 0.0)
    size, by = scaled_to(ALONE, size, up=0)  # sums of them may overflow though the loss does not
    terms = q * size
    u, stored = arithmetic.u, arithmetic.stored_output.u
    each = row_sums(q * np.where(asked, np.ldexp(log.bound, -by), 0.0))
    roundings = u + _roundings(reading, targets) + 2.0 * stored + arithmetic.summation(terms)
    spread = roundings * row_sums(terms)
    smoothing = 0.0 if targets.exact_total else arithmetic.summation(size) * spread_over_all(targets, size)
    underflow = 2.0 * (arithmetic.omega + arithmetic.stored_output.omega) * asked.sum(axis=-1, keepdims=True)
    of_value = 3.0 * u * np.abs(value.hi)
    bound = np.ldexp(SECOND_ORDER * (each + spread + smoothing), by) + SECOND_ORDER * of_value + underflow
    endless = endless | np.isinf(value.hi)  # the loss overflows though no logarithm does
    return Bounded(value=-value, bound=bound).where(~endless, np.inf)


def spread_over_all(targets: Targets, size: Floats) -> Floats:
    """Return (min_j q_j) sum_j |l_j|: what a kernel adds up on its own that spreads label smoothing at the end."""
    return np.asarray(np.abs(targets.q.hi).min(axis=-1, keepdims=True) * row_sums(size))


def vjp(reading: Reading, targets: Targets, cotangent: Vector) -> Bounded:
    """Return c (Q s_i - q_i) with (B9)."""
    arithmetic, c = reading.arithmetic, _factor(targets, cotangent)
    u = arithmetic.u
    value = reading.distribution.log_softmax_vjp(-(targets.q * c))
    q, total, unsure = _sizes(reading, targets)
    p = found.of_logarithm(reading)
    roundings = _roundings(reading, targets) + arithmetic.stored_gradient.u + cotangent.rounding
    of_softmax = weighted(p.s, total * (p.relative + (1.0 + p.relative) * roundings) + (1.0 + p.relative) * unsure)
    each = of_softmax + roundings * q + weighted(p.lost, total + unsure)
    bound = SECOND_ORDER * (weighted(each, np.abs(c.hi)) + (1.0 + _ROUNDINGS_OF_WEIGHT) * u * np.abs(value.hi))
    bound = bound * (1.0 + _ROUNDINGS_OF_WEIGHT * u)
    omega = arithmetic.omega * np.abs(cotangent.v) + cotangent.scaled(arithmetic.omega)
    flushed = omega * (ROUNDINGS_THAT_UNDERFLOW + weighted(p.s, (1.0 + p.relative) * _count(targets)))
    return Bounded(value=value, bound=np.where(idle(c.hi), 0.0, bound + flushed)).scaled(cotangent.exponent)


def jvp(reading: Reading, targets: Targets, tangent: Vector) -> Bounded:
    """Return -sum_j q_j (w_j - <s, w>) of each row, (rows, 1), with (B10)."""
    arithmetic, w = reading.arithmetic, tangent.v
    u = arithmetic.u
    omega = tangent.scaled(arithmetic.omega)
    centred = reading.distribution.centred(w)
    value = -(targets.q * centred).sum_rows()
    q, total, unsure = _sizes(reading, targets)
    mean = found.of_logarithm(reading).mean(w, omega=omega, rounding=tangent.rounding)
    terms = q * (np.abs(w) + np.abs(mean.value))
    known = 2.0 * u + _roundings(reading, targets) + tangent.rounding + arithmetic.stored_output.u
    roundings = known + arithmetic.summation(terms)
    spread = roundings * row_sums(terms)
    bound = (total + unsure) * mean.error + unsure * np.abs(mean.value) + spread + 3.0 * u * np.abs(value.hi)
    underflow = 2.0 * omega * (q > 0).sum(axis=-1, keepdims=True) + ROUNDINGS_THAT_UNDERFLOW * omega
    bound = SECOND_ORDER * bound + underflow
    return Bounded(value=value, bound=np.where(idle(w), 0.0, bound)).scaled(tangent.exponent)


def hvp(reading: Reading, targets: Targets, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return c Q s_i (w_i - <s, w>) with (B6): targets only scale the curvature of logsumexp."""
    arithmetic, c = reading.arithmetic, _factor(targets, cotangent)
    _, total, unsure = _sizes(reading, targets)
    roundings = _ROUNDINGS_OF_WEIGHT * arithmetic.u + _roundings(reading, targets) + cotangent.rounding
    doubt = np.abs(c.hi) * (unsure + roundings * total)
    underflow = arithmetic.omega * np.abs(cotangent.v) + cotangent.scaled(arithmetic.omega) * (_count(targets) + 1.0)
    result = curvature(
        found.of_logarithm(reading),
        targets.q.sum_rows() * c,
        doubt + 2.0 * underflow,
        tangent,
        exponent=cotangent.exponent,
    )
    return Bounded(value=result.value, bound=np.where(idle(c.hi), 0.0, result.bound))


def _count(targets: Targets) -> Floats:
    """Return how many targets of each row are not zero: of the products in their sum each may underflow."""
    return row_counts(targets.q.hi)


def _factor(targets: Targets, cotangent: Vector) -> DoubleDouble:
    """Return the weight of each row times its scaled cotangent, (rows, 1)."""
    return targets.weight * DoubleDouble.exactly(cotangent.v)


def _sizes(reading: Reading, targets: Targets) -> tuple[Floats, Floats, Floats]:
    """Return |q|, |Q|, and how far off a kernel's Q may be."""
    q = np.abs(targets.q.hi)
    total = np.abs(targets.q.sum_rows().hi)
    if targets.exact_total:
        return q, total, np.zeros_like(total)
    adding = reading.arithmetic.summation(q) + _roundings(reading, targets)
    return q, total, np.asarray(adding * row_sums(q))


def _roundings(reading: Reading, targets: Targets) -> float:
    """Return how far off a kernel may be with a target times a cotangent, relatively."""
    converted = 0.0 if targets.exact_total else reading.arithmetic.taken(reading.arithmetic.entering).u
    return _ROUNDINGS_OF_TARGETS * reading.arithmetic.u + converted


def _finite(log: DoubleDouble) -> DoubleDouble:
    gone = np.isinf(log.hi)
    return DoubleDouble(hi=np.where(gone, 0.0, log.hi), lo=np.where(gone, 0.0, log.lo))
