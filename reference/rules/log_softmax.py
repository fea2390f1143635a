"""log_softmax: l_i = d_i - log S, its Jacobian I - 1 s^T, and the derivative of that."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.bounds import found
from reference.bounds.bounded import Bounded
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.found import Found
from reference.bounds.reading import Reading
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.rowwise import row_counts, row_sums
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import Vector, idle, lifted, weighted

_ROUNDINGS_OF_SECOND: Final = 6.0  # of c s_i w_i and c s_i <s, w>, in the longest usual program


def forward(reading: Reading) -> Bounded:
    """Return l_i with (B2)."""
    log = reading.distribution.log_softmax
    bound = reading.perturbation.log_probability(
        log.hi, log_total=reading.log_total, log_sum_exp=reading.rounded_log_sum_exp
    )
    return Bounded(value=log, bound=bound)


def vjp(reading: Reading, vector: Vector) -> Bounded:
    """Return v_i - s_i V, V = sum_j v_j, with (B4)."""
    v, u = vector.v, reading.arithmetic.u
    omega = vector.scaled(reading.arithmetic.omega)
    p = found.of_logarithm(reading)
    value = reading.distribution.log_softmax_vjp(v)
    total = np.abs(row_sums(v))
    unsure = error_of_sum(reading, v, omega=omega, rounding=vector.rounding)
    product = weighted(p.s, total * (p.relative + (1.0 + p.relative) * u) + (1.0 + p.relative) * unsure)
    underflow = weighted(p.lost, total + unsure) + ROUNDINGS_THAT_UNDERFLOW * omega
    bound = SECOND_ORDER * (product + u * np.abs(value.hi) + vector.rounding * np.abs(v) + underflow)
    return Bounded(value=value, bound=np.where(idle(v), 0.0, bound)).scaled(vector.exponent)


def jvp(reading: Reading, vector: Vector) -> Bounded:
    """Return w_i - <s, w> with (B5)."""
    w, u = vector.v, reading.arithmetic.u
    omega = vector.scaled(reading.arithmetic.omega)
    centred = reading.distribution.centred(w)
    mean = found.of_logarithm(reading).mean(w, omega=omega, rounding=vector.rounding)
    each = u * np.abs(centred.hi) + vector.rounding * np.abs(w)
    bound = SECOND_ORDER * (mean.error + each + ROUNDINGS_THAT_UNDERFLOW * omega)
    return Bounded(value=centred, bound=np.where(idle(w), 0.0, bound)).scaled(vector.exponent)


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return -V s_i (w_i - <s, w>), V = sum_j v_j, with (B6); both vectors in pairs."""
    v = cotangent.v
    total = DoubleDouble.exactly(v).sum_rows()
    omega = cotangent.scaled(reading.arithmetic.omega)
    unsure = error_of_sum(reading, v, omega=omega, rounding=cotangent.rounding)
    result = curvature(found.of_logarithm(reading), total, unsure, tangent, exponent=cotangent.exponent)
    return Bounded(value=-result.value, bound=np.where(idle(v), 0.0, result.bound))


def curvature(
    p: Found, factor: DoubleDouble, unsure: Floats, tangent: Vector, *, exponent: NDArray[np.int32]
) -> Bounded:
    """Return c s_i (w_i - <s, w>) 2^exponent with (B6): the Hessian of c logsumexp, in the direction w.

    ``factor`` is c, one per row, which a kernel knows up to ``unsure``; ``p`` are the probabilities that it multiplies
    by.
    """
    w, arithmetic = tangent.v, p.arithmetic
    u, both = arithmetic.u, exponent + tangent.exponent
    centred = p.distribution.centred(w)
    value = p.distribution.softmax_vjp(centred * factor, both)
    omega_w, omega_c = tangent.scaled(arithmetic.omega), lifted(arithmetic.omega, exponent)
    mean = p.mean(w, omega=omega_w * p.total(1), rounding=tangent.rounding)
    size, w_size = np.abs(factor.hi) + unsure, np.abs(w) + np.abs(mean.value)
    roundings = p.relative + (1.0 + p.relative) * (
        _ROUNDINGS_OF_SECOND * u + tangent.rounding + arithmetic.stored_gradient.u + arithmetic.omega * p.total(2)
    )
    inner = roundings * w_size + (1.0 + p.relative) * mean.error
    product = weighted(p.s, weighted(size, inner) + weighted(unsure, (1.0 + p.relative) * np.abs(centred.hi)))
    lost = weighted(p.lost, weighted(size, w_size + mean.error))
    omega = lifted(arithmetic.omega, both)
    flushed = omega + size * omega_w + (w_size + mean.error) * omega_c
    of_sum = row_sums(np.abs(w) * omega_c + omega) * p.total(1)
    flushed = flushed + weighted(p.s, of_sum)
    bound = np.ldexp(SECOND_ORDER * (product + lost + ROUNDINGS_THAT_UNDERFLOW * flushed), both)
    bound = bound + 3.0 * u * SECOND_ORDER * np.abs(value.hi)
    return Bounded(value=value, bound=np.where(idle(w), 0.0, bound))


def error_of_sum(reading: Reading, v: Floats, *, omega: Floats, rounding: float) -> Floats:
    """Return the bound of sum_j v_j as a kernel adds it up, one per row; it knows each up to ``rounding`` of itself."""
    size = np.abs(v)
    summation = (reading.arithmetic.summation(size) + rounding) * row_sums(size)
    return np.asarray(summation + omega * row_counts(v))
