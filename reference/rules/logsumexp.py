"""logsumexp: m + log S, whose gradient is softmax; one output per row, and so one cotangent c."""

from __future__ import annotations

import numpy as np

from reference import constants
from reference.bounded import Bounded
from reference.doubledouble import DoubleDouble, Floats
from reference.reading import Reading
from reference.rules.log_softmax import curvature, mean_of
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import Vector, idle


def forward(reading: Reading) -> Bounded:
    """Return m + log S, one per row, with the bound Lambda + u |lse|."""
    value, arithmetic = reading.log_sum_exp, reading.arithmetic
    bound = reading.perturbation.log_sum(reading.log_total) + constants.SECOND_ORDER * arithmetic.u * np.abs(value.hi)
    return Bounded(value=value, bound=bound + arithmetic.omega)


def vjp(reading: Reading, cotangent: Vector) -> Bounded:
    """Return c s_i: each is exp(x - lse), or a quotient, times c."""
    moved, c = reading.perturbation, cotangent.v
    factor = DoubleDouble.exactly(np.broadcast_to(c, moved.s.shape))
    value = (reading.distribution.share * factor).scaled(reading.distribution.exponent + cotangent.exponent)
    relative, omega = reading.exp_of_difference, cotangent.scaled(moved.arithmetic.omega)
    size = np.abs(c)
    product = moved.s * size * (relative + (1.0 + relative) * 2.0 * moved.arithmetic.u)
    bound = constants.SECOND_ORDER * (product + moved.held_lost * size) + ROUNDINGS_THAT_UNDERFLOW * omega
    return Bounded(value=value, bound=np.ldexp(np.where(idle(c), 0.0, bound), cotangent.exponent))


def jvp(reading: Reading, tangent: Vector) -> Bounded:
    """Return <s, w>, one per row."""
    w = tangent.v
    mean = mean_of(reading, w, omega=tangent.scaled(reading.arithmetic.omega), difference=True)
    value = reading.distribution.mean(w)
    bound = constants.SECOND_ORDER * (mean.error + 2.0 * reading.arithmetic.u * np.abs(value.hi))
    bound = bound + ROUNDINGS_THAT_UNDERFLOW * tangent.scaled(reading.arithmetic.omega)
    return Bounded(value=value, bound=np.where(idle(w), 0.0, bound)).scaled(tangent.exponent)


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return c s_i (w_i - <s, w>)."""
    c = cotangent.v
    exact: Floats = np.zeros_like(c)
    result = curvature(
        reading,
        DoubleDouble.exactly(c),
        exact,
        tangent,
        relative=reading.exp_of_difference,
        exponent=cotangent.exponent,
    )
    return Bounded(value=result.value, bound=np.where(idle(c), 0.0, result.bound))
