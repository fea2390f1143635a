"""How far rounding may move the softmax of given rows: what every bound of the family is made of.

Names follow README.md: s, l, T, V, P as there; u is the unit roundoff of the working format, N(p) the relative error
of a sum of the terms p in any order. Everything is float64, rows along the last axis; vectors are scaled by the
caller, and absolute underflow terms with them.

First-order terms stand inside G(r) = r / (1 - r), which bounds every product of factors (1 + theta)^(+-1) with
sum |theta| <= r. Of a row's sum nothing can be said once r reaches 1, and the bound is as good as infinite. The error of
an argument of exp is a factor exp(theta), however large it is; so is, nearly, a product of roundings, each of them small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference import constants
from reference.arithmetic import Arithmetic
from reference.doubledouble import Floats
from reference.oracle import Distribution

VACUOUS: Final = 1e300  # rather than infinity: times a probability of 0 it is 0
_LARGEST_ARGUMENT: Final = 600.0  # of exp, beyond which nothing is said either
_ROUNDINGS: Final = 1.01  # log(1 / (1 - u)) over u, for the coarsest format, and more


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbation:
    """How far rounding may move the probabilities of given rows, in the forward and as a backward finds them."""

    arithmetic: Arithmetic
    s: Floats  # probabilities
    size: Floats  # |d|, 0 where the probability is 0 for every purpose
    rho: Floats  # |d^ - d| where the bound covers it, else 0; not bounded where s is 0
    element: Floats  # a: relative error of e_i from its argument and from exp
    mean: Floats  # A: the same of S, the mean of a under s; one per row
    summation: Floats  # N(e), one per row
    common: Floats  # K: relative error that all s_i of a row share, one per row
    relative: Floats  # bound of the relative error of s_i
    lost: Floats  # absolute error of s_i by underflow
    held: Floats  # bound of the relative error of s_i once it is stored, as a backward finds it
    held_lost: Floats  # the absolute error of s_i by underflow once it is stored

    @classmethod
    def of(cls, distribution: Distribution, *, rho: Floats, arithmetic: Arithmetic) -> Perturbation:
        """Return the perturbation of a distribution; ``rho`` is the size of the error of its d."""
        u, omega = arithmetic.u, arithmetic.omega
        d, e, total = distribution.d.hi, distribution.weight.hi, distribution.total.hi
        present = distribution.mantissa.hi > 0
        size = np.where(present, np.abs(d), 0.0)
        s = e / total
        exp = np.where(size > 0, (arithmetic.exp + arithmetic.exp_per_unit * size) * u, 0.0)
        element = np.where(present, rho, 0.0) + exp
        flushed = np.where(size > 0, np.minimum(omega, e), 0.0)
        mean = (s * element + flushed / total).sum(axis=-1, keepdims=True)
        summation = arithmetic.summation(e)
        common = summation + constants.RECIPROCAL * u
        own = element * (1.0 - s) + constants.DIVISION * u
        shared = np.maximum(mean - s * element, 0.0) + common
        lost = np.minimum(omega / total + omega, s + arithmetic.working.smallest_subnormal)
        store = arithmetic.stored_output
        stored = np.minimum(store.omega, s + arithmetic.output.smallest_subnormal) if store.u else 0.0
        return cls(
            arithmetic=arithmetic,
            s=s,
            size=size,
            rho=rho,
            element=element,
            mean=mean,
            summation=summation,
            common=common,
            relative=grown(own, shared),
            lost=np.where(present, lost, 0.0),
            held=grown(own + store.u, shared),
            held_lost=np.where(present, lost + stored, 0.0),
        )

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Where the relative error of the sum S may reach 1: a bound made of it proves nothing."""
        return np.broadcast_to(self.mean + self.common >= 1.0, self.s.shape)

    def probability(self) -> Floats:
        """Return (B1), the bound of s_i before it is stored."""
        return self.s * self.relative + constants.SECOND_ORDER * self.lost

    def log_sum(self, log_total: Floats) -> Floats:
        """Return Lambda, the bound of log S, one per row; ``log_total`` is log S."""
        arithmetic = self.arithmetic
        return (
            growth(self.mean + self.summation)
            + constants.SECOND_ORDER * arithmetic.log * arithmetic.u * log_total
            + arithmetic.omega
        )

    def log_probability(self, log: Floats, *, log_total: Floats, log_sum_exp: Floats) -> Floats:
        """Return (B2), the bound of l_i = ``log`` before it is stored; -inf has the bound 0.

        ``log_sum_exp`` is |max x + log S|, one per row, for kernels that compute x - fl(max x + log S); 0 leaves
        them out.
        """
        u = self.arithmetic.u
        shift = np.maximum(self.rho, u * log_sum_exp)
        bound = constants.SECOND_ORDER * (shift + u * np.abs(log)) + self.log_sum(log_total) + self.arithmetic.omega
        return np.where(np.isinf(log), 0.0, bound)

    def exp_of_log(self, log: Floats, *, log_total: Floats, log_sum_exp: Floats) -> Floats:
        """Return b: the relative error of s_i where it is exp of a stored l_i, or recomputed from the e_i."""
        arithmetic = self.arithmetic
        u, stored_u = arithmetic.u, arithmetic.stored_output.u
        finite_log = np.where(self.s > 0, np.abs(log), 0.0)
        shift = np.maximum(self.rho, (u + stored_u) * log_sum_exp)
        exp = (arithmetic.exp + arithmetic.exp_per_unit * finite_log) * u
        of_stored = exponential(shift + (u + stored_u) * finite_log + self.log_sum(log_total) + exp)
        anew = grown(self.element + 2.0 * u, self.mean + self.common)
        return np.where(self.s > 0, np.maximum(of_stored, anew), 0.0)

    def inner_product(self, v: Floats, *, mean: Floats, centred: Floats, omega: Floats) -> Floats:
        """Return the bound of t = <s, v> as a kernel computes it from the s_i that it finds, one per row.

        ``mean`` is t, ``centred`` is v - t, ``omega`` the absolute underflow error in the scale of v, one per row.
        """
        u = self.arithmetic.u
        terms = self.s * np.abs(v)
        exponentials = (self.s * self.element * np.abs(centred)).sum(axis=-1, keepdims=True)
        each = 2.0 * u + self.arithmetic.stored_output.u
        summation = (each + self.arithmetic.summation(terms)) * terms.sum(axis=-1, keepdims=True)
        bound: Floats = exponentials + self.common * np.abs(mean) + summation + self.underflow_of_dot(v, omega)
        return bound

    def underflow_of_dot(self, v: Floats, omega: Floats) -> Floats:
        """Return what underflow may cost the inner product <s, v>, one per row."""
        lost: Floats = (self.held_lost * np.abs(v)).sum(axis=-1, keepdims=True)
        operations = 2.0 * np.count_nonzero(v, axis=-1, keepdims=True)  # products and additions
        return np.add(lost, operations * omega)


def growth(relative: Floats) -> Floats:
    """Return G(r) = r / (1 - r); for r >= 1, where nothing can be said, a number beyond every format's range."""
    with np.errstate(divide="ignore"):
        return np.where(relative < 1.0, relative / (1.0 - relative), VACUOUS)


def exponential(error: Floats) -> Floats:
    """Return the bound of |exp(theta) - 1| for |theta| <= error: of an argument of exp, or of many small roundings."""
    with np.errstate(over="ignore"):
        return np.where(error < _LARGEST_ARGUMENT, np.expm1(_ROUNDINGS * np.minimum(error, _LARGEST_ARGUMENT)), VACUOUS)


def grown(own: Floats, shared: Floats) -> Floats:
    """Return the bound of the relative error of a number that errs by ``own`` itself, and by ``shared`` with its row.

    ``own`` is of arguments of exp and of single roundings, ``shared`` of the row's sum, by which it is divided.
    """
    together = own + shared
    near = growth(np.minimum(together, 0.5))
    of_sum = growth(np.asarray(shared))
    own_factor = exponential(own)
    far = np.minimum(own_factor + (1.0 + own_factor) * np.minimum(of_sum, VACUOUS / 1e280), VACUOUS)
    return np.where(together < 0.5, near, np.where(of_sum >= VACUOUS, VACUOUS, far))
