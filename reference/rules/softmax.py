"""softmax: s_i = e_i / S, its Jacobian diag(s) - s s^T, and the derivative of that."""

from __future__ import annotations

from typing import Final

import numpy as np

from reference.bounds import found
from reference.bounds.arithmetic import LOG_SUM_EXP
from reference.bounds.bounded import Bounded
from reference.bounds.constants import SECOND_ORDER
from reference.bounds.found import Found
from reference.bounds.reading import Reading
from reference.exact.doubledouble import Floats
from reference.rowwise import row_sums
from reference.rules.vector import Vector, idle, lifted, weighted

ROUNDINGS_THAT_UNDERFLOW: Final = 4.0  # between s_i and a derivative of any form
_ROUNDINGS_OF_SECOND: Final = 7.0  # of a product of v or <s, v> with w or <s, w>, in the longest usual program


def forward(reading: Reading) -> Bounded:
    """Return s_i with (B1)."""
    bound = reading.perturbation.probability()
    if LOG_SUM_EXP in reading.arithmetic.forms:
        p = found.of_softmax(reading)
        bound = np.maximum(bound, weighted(p.s, p.relative) + SECOND_ORDER * p.lost)
    return Bounded(value=reading.distribution.softmax, bound=bound)


def derivative(reading: Reading, vector: Vector) -> Bounded:
    """Return s_i T_i with (B3): the vjp, and, since the Jacobian is symmetric, the jvp."""
    omega = vector.scaled(reading.arithmetic.omega)
    bound = _through_jacobian(found.of_softmax(reading), vector.v, omega=omega, rounding=vector.rounding)
    value = reading.distribution.softmax_vjp(reading.distribution.centred(vector.v), vector.exponent)
    return Bounded(value=value, bound=np.ldexp(bound, vector.exponent))


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return s_i (T_i M_i - sum_j s_j T_j M_j), T = v - <s, v>, M = w - <s, w>, with (B6); both vectors in pairs.

    Kernels compute it as J h with h = v w - t w - mu v, which differs from T M by a constant that J does not see.
    """
    distribution, arithmetic = reading.distribution, reading.arithmetic
    v, w = cotangent.v, tangent.v
    exponent = cotangent.exponent + tangent.exponent
    value = distribution.softmax_hvp(distribution.centred(v), distribution.centred(w), exponent)
    p = found.of_softmax(reading)
    of_v = p.mean(v, omega=cotangent.scaled(arithmetic.omega) * p.total(2), rounding=cotangent.rounding)
    of_w = p.mean(w, omega=tangent.scaled(arithmetic.omega) * p.total(2), rounding=tangent.rounding)
    v_size, w_size = np.abs(v) + np.abs(of_v.value), np.abs(w) + np.abs(of_w.value)
    of_powers = arithmetic.omega * p.total(3)  # of S^-3
    roundings = _ROUNDINGS_OF_SECOND * arithmetic.u + cotangent.rounding + tangent.rounding + of_powers
    omega = lifted(arithmetic.omega, exponent)
    underflow = ROUNDINGS_THAT_UNDERFLOW * omega
    underflow = underflow + v_size * tangent.scaled(arithmetic.omega) + w_size * cotangent.scaled(arithmetic.omega)
    step_by_step = _lost_step_by_step(p, cotangent, tangent, omega=omega)
    of_means = weighted(w_size, of_v.error) + weighted(v_size, of_w.error) + weighted(of_v.error, of_w.error)
    unsure = roundings * v_size * w_size + of_means
    h = v * w - of_v.value * w - of_w.value * v
    stored = arithmetic.stored_gradient.u  # the first derivative may be an array of its own
    unsure = SECOND_ORDER * (unsure + underflow + step_by_step)
    unsure = unsure + weighted(stored, np.abs(h) + unsure)
    through = _through_jacobian(p, h, omega=omega)
    spread = weighted(p.s, (1.0 + p.relative) * (unsure + row_sums(weighted(p.s, unsure))))
    bound = through + SECOND_ORDER * spread + weighted(p.lost, unsure) + underflow
    return Bounded(value=value, bound=np.where(idle(v) | idle(w), 0.0, np.ldexp(bound, exponent)))


def _lost_step_by_step(p: Found, cotangent: Vector, tangent: Vector, *, omega: Floats) -> Floats:
    """Return what underflow may take, over s_i, of a second derivative of e / S made step by step; one per row.

    What each i adds to the sums is multiplied by e_i = S s_i in the end. A product e_j sum_k e_k w_k, or w_j e_j / S^2,
    may underflow before it meets v_j, without s_j; a product of S^-3 and sum_k e_k w_k before it meets v_j e_j; the
    terms of two sums, and the additions, after that. And so with v and w the other way round.
    """
    arithmetic, total, square = p.arithmetic, p.total(1), p.total(2)
    lost: Floats = 4.0 * omega * cotangent.v.shape[-1] * total
    for one, other in ((cotangent, tangent), (tangent, cotangent)):
        size, of_other = np.abs(one.v), other.scaled(arithmetic.omega)
        alone = (total + 3.0) * row_sums(size)
        lost = lost + of_other * (alone + 2.0 * square * row_sums(p.s * size))
    return lost


def _through_jacobian(p: Found, v: Floats, *, omega: Floats, rounding: float = 0.0) -> Floats:
    """Return (B3), the bound of s_i (v_i - <s, v>); ``omega`` and ``rounding`` are as in :meth:`Found.mean`."""
    u = p.arithmetic.u
    mean = p.mean(v, omega=omega * p.total(1), rounding=rounding)
    centred = np.abs(v - mean.value)
    quotient = p.arithmetic.omega * p.total(2)  # of 1 / S^2
    each = (2.0 * u + rounding) * np.abs(v) + (6.0 * u + quotient) * np.abs(mean.value) + u * centred
    unsure = SECOND_ORDER * (mean.error + each) + omega
    spread = weighted(p.s, p.relative * centred + (1.0 + p.relative) * unsure)
    lost = SECOND_ORDER * weighted(p.lost, np.abs(v) + np.abs(mean.value) + unsure)
    return np.where(idle(v), 0.0, spread + lost + ROUNDINGS_THAT_UNDERFLOW * omega)
