"""How far rounding may move the softmax of given rows: what every bound of the family is made of.

Names follow README.md: s, l, T, V, P as there; u is the unit roundoff of the working format, N(p) the relative error
of a sum of the terms p in any order. Everything is float64, rows along the last axis; vectors are scaled by the
caller, and absolute underflow terms with them.

First-order terms stand inside G(r) = r / (1 - r), which bounds every product of factors (1 + theta)^(+-1) with
sum |theta| <= r. Of a row's sum nothing can be said once r reaches 1, and the bound is as good as infinite. The error
of an argument of exp is a factor exp(theta), however large it is; so is, nearly, a product of small roundings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.bounds import constants
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.growth import NOTHING, compounded, exponential, growth
from reference.exact.doubledouble import Floats
from reference.exact.oracle import Distribution
from reference.rowwise import row_sums


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    """How far softmax moves when the arguments of its exponentials do, however far; README.md, B1."""

    mean: Floats  # by how much S may grow, over S
    least: Floats  # how small S may become, over S
    relative: Floats  # bound of the relative error of s_i

    @classmethod
    def of(cls, s: Floats, element: Floats, of_term: Floats) -> Moved:
        """Return how far s may move where arguments are off by ``element``, and those of the terms of S by ``of_term``.

        With theta those errors, s_i / s^_i - 1 is D_i = sum_j s_j (exp(theta_j - theta_i) - 1). Where it is negative,
        which is where s^_i grows, -D_i is no more than its first order, and no more than 1 - s_i.
        """
        own, of_sum, apart = exponential(element), exponential(of_term), of_term - element
        mean = row_sums(s * of_sum)
        least = row_sums(s / (1.0 + of_sum))
        first = element * (1.0 - s) + np.maximum(row_sums(s * of_term) - s * element, 0.0)
        largest = (1.0 - s) + s * np.minimum(apart, 1.0)
        grown = np.minimum(growth(np.minimum(first, largest)), compounded(own, 1.0 / least - 1.0))
        others = np.maximum(mean - s * of_sum, 0.0)
        shrunk = own * (1.0 - s) + (1.0 + own) * others + s * exponential(apart)
        return cls(mean=mean, least=least, relative=np.maximum(np.minimum(shrunk, 1.0), grown))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbation:
    """How far rounding may move the probabilities of given rows, in the forward and as a backward finds them."""

    arithmetic: Arithmetic
    s: Floats  # probabilities
    size: Floats  # |d|, 0 where the probability is 0 for every purpose
    rho: Floats  # |d^ - d| where the bound covers it, else 0; not bounded where s is 0
    rescaled: Floats  # what e_i errs by beside rho and one exp, where it is made in steps; else 0
    element: Floats  # a: relative error of e_i from its argument and from exp
    mean: Floats  # A: the same of S, the mean of exp(a) - 1 under s; one per row
    least: Floats  # S as small as these errors may make it, over S; one per row
    summation: Floats  # N(e), one per row
    common: Floats  # K: relative error that all s_i of a row share, one per row
    relative: Floats  # bound of the relative error of s_i
    lost: Floats  # absolute error of s_i by underflow
    held: Floats  # bound of the relative error of s_i once it is stored, as a backward finds it
    held_lost: Floats  # the absolute error of s_i by underflow once it is stored

    @classmethod
    def of(
        cls, distribution: Distribution, *, rho: Floats, arithmetic: Arithmetic, steps: Floats | None = None
    ) -> Perturbation:
        """Return the perturbation of a distribution; ``rho`` is the size of the error of its d.

        A kernel that keeps a running maximum takes the terms of S from other maxima, in steps: the errors of their
        arguments, which S alone has, add up to at most u |d|. One that rescales the numerators, too, has them there
        as well: in ``steps`` more exponentials and products, whose arguments add up to d, and each of which may
        underflow.
        """
        u, omega = arithmetic.u, arithmetic.omega
        d, e, total = distribution.d.hi, distribution.weight.hi, distribution.total.hi
        present = distribution.mantissa.hi > 0
        size = np.where(present, np.abs(d), 0.0)
        s = e / total
        moving = (size > 0) | (present & (rho > 0))  # where the argument of exp may be another number than 0
        exp = np.where(moving, (arithmetic.exp + arithmetic.exp_per_unit * size) * u, 0.0)
        step = rescaled = NOTHING
        flushing = np.minimum(omega, e)
        if steps is not None:
            step = np.where(present, steps, 0.0)
            rescaled = np.where(moving, step * (arithmetic.exp + 1.0) * u, 0.0) + u * size
            flushing = np.where(step > 0, (1.0 + 2.0 * step) * omega, flushing)
        often = 1.0 + 2.0 * step
        of_argument = exp + rescaled
        element = np.where(present, rho, 0.0) + of_argument
        of_term = np.where(present, np.maximum(rho, u * size), 0.0) + of_argument
        flushed = row_sums(np.where(size > 0, flushing, 0.0) / total)
        moved = Moved.of(s, element, of_term)
        summation = arithmetic.summation(e)
        common = summation + constants.RECIPROCAL * u
        lost = np.minimum(often * omega / total + omega, often * (s + arithmetic.working.smallest_subnormal))
        store = arithmetic.stored_output
        stored = np.minimum(store.omega, s + arithmetic.output.smallest_subnormal) if store.u else 0.0
        return cls(
            arithmetic=arithmetic,
            s=s,
            size=size,
            rho=rho,
            rescaled=rescaled,
            element=element,
            mean=moved.mean + flushed,
            least=moved.least,
            summation=summation,
            common=common,
            relative=compounded(moved.relative, growth(flushed + common + constants.DIVISION * u)),
            lost=np.where(present, lost, 0.0),
            held=compounded(moved.relative, growth(flushed + common + constants.DIVISION * u + store.u)),
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
        shift = self.rho + u * log_sum_exp
        bound = constants.SECOND_ORDER * (shift + u * np.abs(log)) + self.log_sum(log_total) + self.arithmetic.omega
        return np.where(np.isinf(log), 0.0, bound)
