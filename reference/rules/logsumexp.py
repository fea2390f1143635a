"""logsumexp: m + log S, whose gradient is softmax; one output per row, and so one cotangent c."""

from __future__ import annotations

import numpy as np

from reference.bounds import found
from reference.bounds.bounded import Bounded
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.reading import Reading
from reference.exact.doubledouble import DoubleDouble
from reference.rules.log_softmax import curvature
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import Vector, idle, weighted


def forward(reading: Reading) -> Bounded:
    """Return m + log S, one per row, with the bound Lambda + u |lse|, and what is lost of m where it is converted."""
    value, arithmetic = reading.log_sum_exp, reading.arithmetic
    converted = np.abs(arithmetic.working.nearest(reading.largest.hi) - reading.largest.hi)
    bound = reading.perturbation.log_sum(reading.log_total) + SECOND_ORDER * arithmetic.u * np.abs(value.hi)
    return Bounded(value=value, bound=bound + converted + arithmetic.omega)


def vjp(reading: Reading, cotangent: Vector) -> Bounded:
    """Return c s_i: each is exp(x - lse), or a quotient, times c."""
    c, distribution = cotangent.v, reading.distribution
    u, omega = reading.arithmetic.u, cotangent.scaled(reading.arithmetic.omega)
    p = found.of_logarithm(reading)
    factor = DoubleDouble.exactly(np.broadcast_to(c, p.s.shape))
    value = (distribution.share * factor).scaled(distribution.exponent + cotangent.exponent)
    size = np.abs(c)
    roundings = 2.0 * u + cotangent.rounding
    product = weighted(p.s, size * (p.relative + (1.0 + p.relative) * roundings))
    bound = SECOND_ORDER * (product + p.lost * size) + ROUNDINGS_THAT_UNDERFLOW * omega
    return Bounded(value=value, bound=np.ldexp(np.where(idle(c), 0.0, bound), cotangent.exponent))


def jvp(reading: Reading, tangent: Vector) -> Bounded:
    """Return <s, w>, one per row."""
    w = tangent.v
    omega = tangent.scaled(reading.arithmetic.omega)
    mean = found.of_logarithm(reading).mean(w, omega=omega, rounding=tangent.rounding)
    value = reading.distribution.mean(w)
    bound = SECOND_ORDER * (mean.error + 2.0 * reading.arithmetic.u * np.abs(value.hi))
    bound = bound + ROUNDINGS_THAT_UNDERFLOW * omega
    return Bounded(value=value, bound=np.where(idle(w), 0.0, bound)).scaled(tangent.exponent)


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return c s_i (w_i - <s, w>)."""
    c = cotangent.v
    unsure = cotangent.rounding * np.abs(c)
    p = found.of_logarithm(reading)
    result = curvature(p, DoubleDouble.exactly(c), unsure, tangent, exponent=cotangent.exponent)
    return Bounded(value=result.value, bound=np.where(idle(c), 0.0, result.bound))
