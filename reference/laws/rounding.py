"""How far the probabilities of a kernel may be from adding up to one: what its laws are allowed to miss.

Names follow README.md; u is the unit roundoff of the working format, u_s of the stored output, N(p) the relative error
of a sum of the terms p in any order. First-order terms of a row's sum stand inside G(r) = r / (1 - r), those of
arguments of exp inside expm1. Arrays are (rows, n), what is one number per row (rows, 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from reference.bounds import constants
from reference.bounds.arithmetic import FOLDED_SCALE, LOG_SUM_EXP, ONLINE, RECOMPUTED, Arithmetic
from reference.bounds.growth import NOTHING, exponential, growth
from reference.bounds.shift import Temper
from reference.formats import FloatFormat, Floats
from reference.laws.sizes import Sizes
from reference.rowwise import row_sums

_LARGEST: Final = 1e100  # rather than infinity, of a probability that is not divided by a sum of its like


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Rounding:
    """What rounding of an arithmetic may do to probabilities of these sizes."""

    sizes: Sizes
    arithmetic: Arithmetic
    temper: Temper

    def beside(self, found: Floats) -> Rounding:
        """Return the rounding of a kernel that has found these probabilities."""
        return replace(self, sizes=self.sizes.beside(found))

    def before_results(self) -> Rounding:
        """Return the rounding of a kernel whose probabilities are not known, but for how it rounds its logits."""
        if not self._entering:
            return self
        moved = exponential(np.asarray(self._entering * (self.sizes.logit + self.sizes.top + 4.0 * self.sizes.d)))
        return self.beside(np.minimum(self.sizes.s * (1.0 + moved), 1.0)) if moved.any() else self

    @property
    def u(self) -> float:
        """Unit roundoff of the elementwise steps."""
        return self.arithmetic.u

    @cached_property
    def sum_of_probabilities(self) -> Floats:
        """Bound |sum s^ - 1| for stored s^: exp has no part in it, since numerators and sum share its results.

        What rescales them is shared, too; its products are rounded once in each.
        """
        reciprocal = constants.RECIPROCAL * np.maximum(self.u, self.arithmetic.omega * self.sizes.total)
        roundings = constants.DIVISION * self.u + reciprocal + self.arithmetic.stored_output.u
        rescaling = 2.0 * self.u * self._mean_of(self._steps) if ONLINE in self.arithmetic.forms else 0.0
        shared = growth(self._summation + roundings + rescaling)
        return np.asarray(shared + constants.SECOND_ORDER * row_sums(self.lost))

    @cached_property
    def sum_of_exponentials(self) -> Floats:
        """Bound |sum exp(l^) - 1| for stored l^ and an exact exp."""
        return self._mean_of_logarithms(own=np.zeros_like(self.sizes.s), common=np.zeros_like(self.sizes.top))

    @cached_property
    def sum_of_softmax(self) -> Floats:
        """Bound |sum s^ - 1| for the stored results of a softmax: quotients, unless the kernel declares otherwise."""
        if LOG_SUM_EXP not in self.arithmetic.forms:
            return self.sum_of_probabilities
        stored = self.arithmetic.stored_output.u + row_sums(self.lost)
        return np.asarray(self.sum_of_differences * (1.0 + stored) + constants.SECOND_ORDER * stored)

    @property
    def sum_behind_softmax(self) -> Floats:
        """Bound |sum p - 1| for the p of a softmax backward: the stored s^, unless the kernel declares otherwise."""
        if RECOMPUTED not in self.arithmetic.forms:
            return self.sum_of_softmax
        return np.maximum(self.sum_of_softmax, self.sum_of_differences)

    @cached_property
    def sum_behind_logarithm(self) -> Floats:
        """Bound the same for the p of a log_softmax backward: exp of a stored l^, or quotients."""
        if RECOMPUTED in self.arithmetic.forms:
            return self.sum_of_differences
        of_stored = self._mean_of_logarithms(own=self._exp_of_log, common=np.zeros_like(self.sizes.top))
        return np.maximum(of_stored, self.sum_of_probabilities)

    @cached_property
    def sum_of_differences(self) -> Floats:
        """Bound the same for p = exp(x - lse) with a stored lse, or quotients."""
        of_stored = self._mean_of_logarithms(own=self._exp_of_log, common=self._stored_log_sum_exp)
        return np.maximum(of_stored, self.sum_of_probabilities)

    @property
    def of_log_total(self) -> Floats:
        """Bound the error of log S^."""
        return growth(self._mean + self._summation) + self._rounding_of_log

    @cached_property
    def held(self) -> Floats:
        """A probability as large as a backward may find it."""
        forms = self._stored_log_sum_exp if {RECOMPUTED, LOG_SUM_EXP} & set(self.arithmetic.forms) else 0.0
        own = self._element + self._exp_of_log + self._stored_log
        shared = growth(self._mean + self._summation + 3.0 * self.u) + self._rounding_of_log + forms
        most = _LARGEST if RECOMPUTED in self.arithmetic.forms else 2.0
        return np.minimum(self.sizes.s * (1.0 + exponential(np.asarray(own + shared))) + self.lost, most)

    @cached_property
    def anew(self) -> Floats:
        """Bound the relative error of a recomputed exp(x_i - lse) against the forward's s^_i."""
        shared = growth(self._mean + self._summation) + self._rounding_of_log + self._stored_log_sum_exp
        return np.asarray(self._element + self._exp_of_log + self.u * self.sizes.log + shared)

    @cached_property
    def lost(self) -> Floats:
        """Bound what underflow takes from, or adds to, a stored probability; 0 for one that is far above it."""
        arithmetic, s = self.arithmetic, self.sizes.s
        if (s >= 2.0 * max(arithmetic.working.smallest_normal, arithmetic.output.smallest_normal)).all():
            return NOTHING

        def below(of: FloatFormat, omega: Floats | float) -> Floats:
            return np.where(s < 2.0 * of.smallest_normal, np.minimum(omega, s), 0.0)

        often = 1.0 + 2.0 * self._steps
        computed = often * below(arithmetic.working, arithmetic.omega * (1.0 + 1.0 / self.sizes.total))
        return np.asarray(computed + below(arithmetic.output, arithmetic.stored_output.omega))

    @property
    def apart_at_top(self) -> Floats:
        """Bound |d| where x is its maximum: 0, unless z - m is fused, so that one rounding of m stays."""
        each = self.u if FOLDED_SCALE in self.arithmetic.forms else 0.0
        if not self.temper.exact:
            each += self.temper.coarsest(self.arithmetic).unit_roundoff
        return each * self.sizes.top

    @property
    def _entering(self) -> float:
        """Relative error of a logit that is converted and divided by the temperature."""
        working, x = self.arithmetic.working, self.temper.entering
        converted = 0.0 if x is not None and x.precision <= working.precision else self.u
        return converted + (0.0 if self.temper.exact else self.temper.coarsest(self.arithmetic).unit_roundoff)

    @cached_property
    def _form(self) -> Floats:
        """Error of d where a kernel subtracts c x and c m after rounding them."""
        if FOLDED_SCALE not in self.arithmetic.forms:
            return NOTHING
        products = self.u * (self.sizes.logit + self.sizes.top)
        return np.where(self.sizes.s > 0, products + 3.0 * self.u * self.sizes.d, 0.0)

    @cached_property
    def _steps(self) -> Floats:
        """How often each numerator is rescaled."""
        return self.sizes.steps if ONLINE in self.arithmetic.forms else NOTHING

    @cached_property
    def _rescaled(self) -> Floats:
        """Error of e_i beside one exp, where it is made in steps."""
        if ONLINE not in self.arithmetic.forms:
            return self._steps
        return np.asarray(self.u * ((self.arithmetic.exp + 1.0) * self._steps + self.sizes.d))

    @cached_property
    def _element(self) -> Floats:
        """a: relative error of exp(d_i) by its argument and by exp; exp(0) is 1."""
        arithmetic, d = self.arithmetic, self.sizes.d
        of_exp = arithmetic.exp + (arithmetic.exp_per_unit + 1.0) * d
        inexact = (d > 0) | (self.apart_at_top > 0)
        return np.where(inexact & (self.sizes.s > 0), of_exp * self.u, 0.0) + self._form + self._rescaled

    @cached_property
    def _mean(self) -> Floats:
        """A: the mean of a under s."""
        return self._mean_of(self._element)

    @cached_property
    def _summation(self) -> Floats:
        """N(e)."""
        return self.arithmetic.summation(self.sizes.s)

    @cached_property
    def _exp_of_log(self) -> Floats:
        """Error of exp at l_i."""
        arithmetic, log = self.arithmetic, self.sizes.log
        return np.where(log > 0, (arithmetic.exp + arithmetic.exp_per_unit * log) * self.u, 0.0)

    @property
    def _stored_log(self) -> Floats:
        """Roundings of l_i."""
        return (self.u + self.arithmetic.stored_output.u) * self.sizes.log

    @property
    def _stored_log_sum_exp(self) -> Floats:
        """Roundings of m + log S."""
        return (self.u + self.arithmetic.stored_output.u) * self.sizes.log_sum_exp

    @cached_property
    def _rounding_of_log(self) -> Floats:
        """Error of the logarithm of S itself."""
        log_total = np.log(self.sizes.total)
        return np.asarray(self.arithmetic.log * self.u * log_total + self.arithmetic.omega)

    def _mean_of_logarithms(self, *, own: Floats, common: Floats) -> Floats:
        """Bound |sum exp(l^) - 1| for errors of l^_i of its own, and such as its row shares.

        The d of a logarithm is also that of the sum. (Where a kernel rounds it again, that costs u |d| more.)
        """
        own = own + self._stored_log + self.u * self.sizes.d + self._form
        of_form = self.u * self.sizes.log_sum_exp if LOG_SUM_EXP in self.arithmetic.forms else 0.0
        shared = growth(self._mean + self._summation) + self._rounding_of_log + of_form + common
        return self._mean_of(exponential(np.asarray(own + shared)))

    def _mean_of(self, errors: Floats) -> Floats:
        return row_sums(self.sizes.s * errors)
