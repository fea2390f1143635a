"""log_softmax: l_i = d_i - log S, its Jacobian I - 1 s^T, and the derivative of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import constants
from reference.bounded import Bounded
from reference.bounds import exponential
from reference.doubledouble import DoubleDouble, Floats
from reference.reading import Reading
from reference.rules.softmax import ROUNDINGS_THAT_UNDERFLOW
from reference.rules.vector import Vector, idle, lifted


def forward(reading: Reading) -> Bounded:
    """Return l_i with (B2)."""
    log = reading.distribution.log_softmax
    bound = reading.perturbation.log_probability(
        log.hi, log_total=reading.log_total, log_sum_exp=reading.rounded_log_sum_exp
    )
    return Bounded(value=log, bound=bound)


def vjp(reading: Reading, vector: Vector) -> Bounded:
    """Return v_i - s_i V, V = sum_j v_j, with (B4)."""
    moved, v = reading.perturbation, vector.v
    arithmetic, relative = moved.arithmetic, reading.exp_of_log
    u, omega = arithmetic.u, vector.scaled(arithmetic.omega)
    value = reading.distribution.log_softmax_vjp(v)
    total = np.abs(v.sum(axis=-1, keepdims=True))
    summation = error_of_sum(reading, v, omega=omega)
    product = moved.s * (total * (relative + (1.0 + relative) * u) + (1.0 + relative) * summation)
    underflow = moved.held_lost * (total + summation) + ROUNDINGS_THAT_UNDERFLOW * omega
    bound = constants.SECOND_ORDER * (product + u * np.abs(value.hi) + underflow)
    return Bounded(value=value, bound=np.where(idle(v), 0.0, bound)).scaled(vector.exponent)


def jvp(reading: Reading, vector: Vector) -> Bounded:
    """Return w_i - <s, w> with (B5)."""
    moved, w = reading.perturbation, vector.v
    omega = vector.scaled(moved.arithmetic.omega)
    centred = reading.distribution.centred(w)
    mean = mean_of(reading, w, omega=omega)
    underflow = ROUNDINGS_THAT_UNDERFLOW * omega
    bound = constants.SECOND_ORDER * (mean.error + moved.arithmetic.u * np.abs(centred.hi) + underflow)
    return Bounded(value=centred, bound=np.where(idle(w), 0.0, bound)).scaled(vector.exponent)


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return -V s_i (w_i - <s, w>), V = sum_j v_j, with (B6); both vectors in pairs."""
    v = cotangent.v
    total = DoubleDouble.exactly(v).sum_rows()
    omega = cotangent.scaled(reading.arithmetic.omega)
    unsure = error_of_sum(reading, v, omega=omega)
    result = curvature(reading, total, unsure, tangent, relative=reading.exp_of_log, exponent=cotangent.exponent)
    return Bounded(value=-result.value, bound=np.where(idle(v), 0.0, result.bound))


def curvature(
    reading: Reading,
    factor: DoubleDouble,
    unsure: Floats,
    tangent: Vector,
    *,
    relative: Floats,
    exponent: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> Bounded:
    """Return c s_i (w_i - <s, w>) 2^exponent with (B6): the Hessian of c logsumexp, in the direction w.

    ``factor`` is c, one per row, which a kernel knows up to ``unsure``; ``relative`` the relative error of the s_i that
    it multiplies by.
    """
    moved, w = reading.perturbation, tangent.v
    arithmetic = moved.arithmetic
    u = arithmetic.u
    both = exponent + tangent.exponent
    centred = reading.distribution.centred(w)
    value = reading.distribution.softmax_vjp(centred * factor, both)
    mean = mean_of(reading, w, omega=tangent.scaled(arithmetic.omega))
    size = np.abs(factor.hi)
    roundings = 4.0 * u + arithmetic.stored_gradient.u
    inner = (relative + roundings) * (np.abs(w) + np.abs(mean.value)) + (1.0 + relative) * mean.error
    product = moved.s * (size * inner + (1.0 + relative) * unsure * np.abs(centred.hi))
    omega = lifted(arithmetic.omega, both)
    underflow = moved.held_lost * (size + unsure) * (np.abs(centred.hi) + mean.error) + ROUNDINGS_THAT_UNDERFLOW * omega
    bound = np.ldexp(constants.SECOND_ORDER * (product + underflow), both)
    bound = bound + 3.0 * u * constants.SECOND_ORDER * np.abs(value.hi)
    return Bounded(value=value, bound=np.where(idle(w), 0.0, bound))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean:
    """<s, w> of each row, with s taken as exp of a log_softmax or computed anew, and the error of it."""

    value: Floats
    error: Floats


def mean_of(reading: Reading, w: Floats, *, omega: Floats, difference: bool = False) -> Mean:
    """Return <s, w>, one per row; ``omega`` is the underflow error in the scale of w.

    ``difference``: s may be exp(x - lse) with a rounded lse, as in derivatives of logsumexp.
    """
    moved = reading.perturbation
    arithmetic = moved.arithmetic
    u, stored = arithmetic.u, arithmetic.stored_output.u
    terms = moved.s * np.abs(w)
    mean: Floats = (moved.s * w).sum(axis=-1, keepdims=True)
    log = np.where(moved.s > 0, np.abs(reading.distribution.log_softmax.hi), 0.0)
    exp = (arithmetic.exp + arithmetic.exp_per_unit * log + 3.0) * u
    own = exponential(np.where(moved.size > 0, moved.rho, 0.0) + (u + stored) * log + exp)
    of_logarithm = np.abs(reading.log_sum_exp.hi) if difference else reading.rounded_log_sum_exp
    common = moved.log_sum(reading.log_total) + (u + stored) * of_logarithm + constants.RECIPROCAL * u
    spread = (terms * own).sum(axis=-1, keepdims=True) + common * np.abs(mean)
    summation = (stored + arithmetic.summation(terms)) * terms.sum(axis=-1, keepdims=True)
    return Mean(value=mean, error=spread + summation + moved.underflow_of_dot(w, omega))


def error_of_sum(reading: Reading, v: Floats, *, omega: Floats) -> Floats:
    """Return the bound of sum_j v_j as a kernel adds it up, one per row."""
    size = np.abs(v)
    summation = reading.arithmetic.summation(size) * size.sum(axis=-1, keepdims=True)
    return np.asarray(summation + omega * np.count_nonzero(v, axis=-1, keepdims=True))
