"""softmax: s_i = e_i / S, its Jacobian diag(s) - s s^T, and the derivative of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reference import constants
from reference.bounded import Bounded
from reference.bounds import exponential
from reference.doubledouble import Floats
from reference.reading import Reading
from reference.rules.vector import Vector, idle, lifted

ROUNDINGS_THAT_UNDERFLOW: Final = 4.0  # between s_i and a derivative of any form


def forward(reading: Reading) -> Bounded:
    """Return s_i with (B1)."""
    return Bounded(value=reading.distribution.softmax, bound=reading.perturbation.probability())


def derivative(reading: Reading, vector: Vector) -> Bounded:
    """Return s_i T_i with (B3): the vjp, and, since the Jacobian is symmetric, the jvp."""
    centred = reading.distribution.centred(vector.v)
    bound = _product_bound(
        reading, vector.v, centred=centred.hi, omega=vector.scaled(reading.perturbation.arithmetic.omega)
    )
    value = reading.distribution.softmax_vjp(centred, vector.exponent)
    return Bounded(value=value, bound=np.ldexp(bound, vector.exponent))


def hvp(reading: Reading, cotangent: Vector, tangent: Vector) -> Bounded:
    """Return s_i (T_i M_i - sum_j s_j T_j M_j), T = v - <s, v>, M = w - <s, w>, with (B6); both vectors in pairs.

    Kernels compute it as J h with h = v w - t w - mu v, which differs from T M by a constant that J does not see.
    """
    distribution, moved = reading.distribution, reading.perturbation
    v, w = cotangent.v, tangent.v
    exponent = cotangent.exponent + tangent.exponent
    t_centred, m_centred = distribution.centred(v), distribution.centred(w)
    value = distribution.softmax_hvp(t_centred, m_centred, exponent)
    omegas = (cotangent.scaled(moved.arithmetic.omega), tangent.scaled(moved.arithmetic.omega))
    v_mean = _Mean.of(reading, v, centred=t_centred.hi, omega=omegas[0])
    w_mean = _Mean.of(reading, w, centred=m_centred.hi, omega=omegas[1])
    t, mu, u = v_mean.value, w_mean.value, moved.arithmetic.u
    h = v * w - t * w - mu * v
    rounding = u * (2.0 * np.abs(v * w) + 3.0 * np.abs(t * w) + 3.0 * np.abs(mu * v) + 3.0 * np.abs(t * mu))
    of_means = (np.abs(w) + np.abs(mu)) * v_mean.error + (np.abs(v) + np.abs(t)) * w_mean.error
    omega = lifted(moved.arithmetic.omega, exponent)
    unsure = constants.SECOND_ORDER * (rounding + of_means + v_mean.error * w_mean.error) + 3.0 * omega
    stored = moved.arithmetic.stored_gradient.u  # the first derivative may be an array of its own
    unsure = unsure + stored * (np.abs(h) + unsure)
    centred_h = h - (moved.s * h).sum(axis=-1, keepdims=True)
    through = _product_bound(reading, h, centred=centred_h, omega=omega)
    spread = moved.s * (1.0 + moved.held) * (unsure + (moved.s * unsure).sum(axis=-1, keepdims=True))
    bound = through + constants.SECOND_ORDER * spread + moved.held_lost * unsure
    nothing = idle(v) | idle(w)
    return Bounded(value=value, bound=np.where(nothing, 0.0, np.ldexp(bound, exponent)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Mean:
    """<s, v> of each row, and the error of it that a kernel may make."""

    value: Floats
    error: Floats

    @classmethod
    def of(cls, reading: Reading, v: Floats, *, centred: Floats, omega: Floats) -> _Mean:
        moved = reading.perturbation
        own, common = reading.recomputed
        mean: Floats = (moved.s * v).sum(axis=-1, keepdims=True)
        error = moved.inner_product(v, mean=mean, centred=centred, omega=omega)
        uncentred = (moved.s * own * np.abs(v)).sum(axis=-1, keepdims=True) + common * np.abs(mean)
        return cls(value=mean, error=error + uncentred)


def _product_bound(reading: Reading, v: Floats, *, centred: Floats, omega: Floats) -> Floats:
    """Return (B3), the bound of s_i T_i, for T = ``centred``; ``omega`` is the underflow error in the scale of v."""
    moved = reading.perturbation
    u = moved.arithmetic.u
    own, common = reading.recomputed
    mean = _Mean.of(reading, v, centred=centred, omega=omega)
    rounding = u * (2.0 * np.abs(v) + 6.0 * np.abs(mean.value) + np.abs(centred))
    unsure = constants.SECOND_ORDER * (mean.error + rounding) + omega
    growing = moved.held if not common.any() else (1.0 + moved.held) * (1.0 + exponential(own + common)) - 1.0
    spread = moved.s * (growing * np.abs(centred) + (1.0 + growing) * unsure)
    lost = constants.SECOND_ORDER * moved.held_lost * (np.abs(centred) + unsure) + ROUNDINGS_THAT_UNDERFLOW * omega
    return np.where(idle(v), 0.0, spread + lost)
