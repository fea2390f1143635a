"""The largest error of a correct kernel, element by element: a derived bound, not a tolerance.

Names follow README.md: s, l, T, V, P as there; u is the unit roundoff of the working format, N(p) the relative error
of a sum of the terms p in any order. Everything is float64, rows along the last axis; vectors are scaled by the
caller, and absolute underflow terms with them.

First-order terms stand inside G(r) = r / (1 - r), which bounds every product of factors (1 + theta)^(+-1) with
sum |theta| <= r; where r reaches 1 nothing can be said and the bound is as good as infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference import constants
from reference.doubledouble import Floats
from reference.formats import FloatFormat
from reference.oracle import Distribution

_VACUOUS: Final = 1e300  # rather than infinity: times a probability of 0 it is 0
_OUTPUT_UNDERFLOWS: Final = 4.0  # roundings that may underflow between s_i and a derivative of any form


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """The formats a kernel works in: of its elementwise steps, and of its sums."""

    working: FloatFormat
    accumulation: FloatFormat

    @property
    def u(self) -> float:
        """Unit roundoff of the elementwise steps."""
        return self.working.unit_roundoff

    @property
    def omega(self) -> float:
        """Absolute error of one elementwise operation that underflows or is flushed to zero."""
        return constants.UNDERFLOW * self.working.smallest_normal

    @property
    def stored_sum(self) -> float:
        """Relative error of rounding a finished sum from the accumulation format to the working format."""
        return 0.0 if self.accumulation == self.working else self.u

    def summation(self, terms: Floats) -> Floats:
        """Return N(p) of non-negative terms: the error of their sum in any order, relative to it, one per row.

        One addition a + b errs by at most min(u |a + b|, |a|, |b|); charging each to a leaf of the summation tree other
        than the largest gives the sum of min(u, p_j / P) over all but the largest term.
        """
        total = terms.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(total > 0, terms / total, 0.0)
        each = np.minimum(self.accumulation.unit_roundoff, relative)
        np.put_along_axis(each, np.argmax(terms, axis=-1)[..., np.newaxis], 0.0, axis=-1)
        result: Floats = constants.ADDITION * each.sum(axis=-1, keepdims=True)
        return np.asarray(result + self.stored_sum)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbation:
    """How far rounding may move the softmax of given rows; every quantity's bound is made of these."""

    arithmetic: Arithmetic
    s: Floats  # probabilities
    size: Floats  # |d|, 0 where the probability is 0 for every purpose
    rho: Floats  # |fl(d) - d| where the bound covers it, else 0; not bounded where s is 0
    element: Floats  # a: relative error of e_i from its argument and from exp
    mean: Floats  # A: the same of S, the mean of a under s; one per row
    summation: Floats  # N(e), one per row
    common: Floats  # K: relative error that all s_i of a row share, one per row
    relative: Floats  # r: relative error of s_i
    lost: Floats  # absolute error of s_i by underflow

    @classmethod
    def of(cls, distribution: Distribution, *, rho: Floats, arithmetic: Arithmetic) -> Perturbation:
        """Return the perturbation of a distribution; ``rho`` is the signed or absolute error of its d."""
        u, omega = arithmetic.u, arithmetic.omega
        d, e, total = distribution.d.hi, distribution.weight.hi, distribution.total.hi
        present = distribution.mantissa.hi > 0
        size = np.where(present, np.abs(d), 0.0)
        rho = np.abs(rho)
        s = e / total
        element = np.where(size > 0, rho + (constants.EXP + constants.EXP_PER_UNIT * size) * u, 0.0)
        flushed = np.where(size > 0, np.minimum(omega, e), 0.0)
        mean = (s * element + flushed / total).sum(axis=-1, keepdims=True)
        summation = arithmetic.summation(e)
        common = summation + constants.RECIPROCAL * u
        relative = element * (1.0 - s) + np.maximum(mean - s * element, 0.0) + common + constants.DIVISION * u
        lost = np.minimum(omega / total + omega, s + arithmetic.working.smallest_subnormal)
        return cls(
            arithmetic=arithmetic,
            s=s,
            size=size,
            rho=rho,
            element=element,
            mean=mean,
            summation=summation,
            common=common,
            relative=relative,
            lost=np.where(present, lost, 0.0),
        )

    @property
    def vacuous(self) -> NDArray[np.bool_]:
        """Where the relative error of s_i, or of the sum behind it, may reach 1: a bound made of it proves nothing."""
        return self.relative >= 1.0

    def softmax(self) -> Floats:
        """Return (B1), the bound of s_i."""
        return self.s * growth(self.relative) + constants.SECOND_ORDER * self.lost

    def log_sum(self, log_total: Floats) -> Floats:
        """Return Lambda, the bound of log S, one per row; ``log_total`` is log S."""
        omega = self.arithmetic.omega
        return (
            growth(self.mean + self.summation)
            + constants.SECOND_ORDER * constants.LOG * self.arithmetic.u * log_total
            + omega
        )

    def log_softmax(self, log: Floats, *, log_total: Floats, log_sum_exp: Floats) -> Floats:
        """Return (B2), the bound of l_i = ``log``; -inf has the bound 0.

        ``log_sum_exp`` is |max x + log S|, one per row, for kernels that compute x - fl(max x + log S); 0 leaves
        them out.
        """
        u = self.arithmetic.u
        shift = np.maximum(self.rho, u * log_sum_exp)
        bound = constants.SECOND_ORDER * (shift + u * np.abs(log)) + self.log_sum(log_total) + self.arithmetic.omega
        return np.where(np.isinf(log), 0.0, bound)

    def softmax_vjp(self, v: Floats, *, mean: Floats, centred: Floats, omega: Floats) -> Floats:
        """Return (B3), the bound of s_i T_i, for the vjp and for the jvp.

        ``mean`` is t = <s, v>, one per row, ``centred`` is T = v - t; ``omega`` the absolute underflow error in the
        scale of v, one per row.
        """
        u = self.arithmetic.u
        inner = self.inner_product(v, mean=mean, centred=centred, omega=omega)
        own = u * (2.0 * np.abs(v) + 6.0 * np.abs(mean) + np.abs(centred))
        moved = constants.SECOND_ORDER * (inner + own) + omega
        growing = growth(self.relative)
        spread = self.s * (growing * np.abs(centred) + (1.0 + growing) * moved)
        bound = spread + constants.SECOND_ORDER * self.lost * (np.abs(centred) + moved) + _OUTPUT_UNDERFLOWS * omega
        return np.where(_idle(v), 0.0, bound)

    def inner_product(self, v: Floats, *, mean: Floats, centred: Floats, omega: Floats) -> Floats:
        """Return the bound of t = <s, v> as a kernel computes it, one per row."""
        u = self.arithmetic.u
        terms = self.s * np.abs(v)
        exponentials = (self.s * self.element * np.abs(centred)).sum(axis=-1, keepdims=True)
        summation = (2.0 * u + self.arithmetic.summation(terms)) * terms.sum(axis=-1, keepdims=True)
        bound: Floats = exponentials + self.common * np.abs(mean) + summation + self._underflow_of_dot(v, omega)
        return bound

    def _underflow_of_dot(self, v: Floats, omega: Floats) -> Floats:
        lost: Floats = (self.lost * np.abs(v)).sum(axis=-1, keepdims=True)
        operations = 2.0 * np.count_nonzero(v, axis=-1, keepdims=True)  # products and additions
        return np.add(lost, operations * omega)

    def exp_of_log(self, log: Floats, *, log_total: Floats, log_sum_exp: Floats) -> Floats:
        """Return b: the relative error of s_i where it is exp of the log_softmax, or recomputed from the e_i."""
        u = self.arithmetic.u
        finite_log = np.where(self.s > 0, np.abs(log), 0.0)
        shift = np.maximum(self.rho, u * log_sum_exp)
        stored = (
            shift + u * finite_log + self.log_sum(log_total) + (constants.EXP + constants.EXP_PER_UNIT * finite_log) * u
        )
        recomputed = self.element + self.mean + self.common + 2.0 * u
        return np.where(self.s > 0, growth(np.maximum(stored, recomputed)), 0.0)

    def log_softmax_vjp(self, v: Floats, *, result: Floats, relative: Floats, omega: Floats) -> Floats:
        """Return (B4), the bound of v_i - s_i V = ``result``; ``relative`` is :meth:`exp_of_log`."""
        u = self.arithmetic.u
        size = np.abs(v)
        total = np.abs(v.sum(axis=-1, keepdims=True))
        summation = self.arithmetic.summation(size) * size.sum(axis=-1, keepdims=True)
        summation = summation + omega * np.count_nonzero(v, axis=-1, keepdims=True)
        product = self.s * (total * (relative + (1.0 + relative) * u) + (1.0 + relative) * summation)
        underflow = self.lost * (total + summation) + _OUTPUT_UNDERFLOWS * omega
        bound = constants.SECOND_ORDER * (product + u * np.abs(result) + underflow)
        return np.where(_idle(v), 0.0, bound)

    def log_softmax_jvp(
        self,
        w: Floats,
        *,
        log: Floats,
        log_total: Floats,
        log_sum_exp: Floats,
        mean: Floats,
        centred: Floats,
        omega: Floats,
    ) -> Floats:
        """Return (B5), the bound of w_i - <s, w> = ``centred``; ``mean`` is <s, w>, one per row."""
        u = self.arithmetic.u
        terms = self.s * np.abs(w)
        finite_log = np.where(self.s > 0, np.abs(log), 0.0)
        own = growth(
            np.where(self.size > 0, self.rho, 0.0)
            + (finite_log + constants.EXP + constants.EXP_PER_UNIT * finite_log + 3.0) * u
        )
        common = self.log_sum(log_total) + u * log_sum_exp + constants.RECIPROCAL * u
        moved = (terms * own).sum(axis=-1, keepdims=True) + common * np.abs(mean)
        summation = self.arithmetic.summation(terms) * terms.sum(axis=-1, keepdims=True)
        underflow = self._underflow_of_dot(w, omega) + _OUTPUT_UNDERFLOWS * omega
        bound = constants.SECOND_ORDER * (moved + summation + u * np.abs(centred) + underflow)
        return np.where(_idle(w), 0.0, bound)


def growth(relative: Floats) -> Floats:
    """Return G(r) = r / (1 - r); for r >= 1, where nothing can be said, a number beyond every format's range."""
    with np.errstate(divide="ignore"):
        return np.where(relative < 1.0, relative / (1.0 - relative), _VACUOUS)


def _idle(v: Floats) -> NDArray[np.bool_]:
    """Rows of nothing but zeros, which every form of every rule maps to exact zeros."""
    return np.asarray(~v.any(axis=-1, keepdims=True))
