"""How far a kernel's probabilities may be from adding up to one: what all of its laws are allowed to miss.

Names follow README.md; u is the unit roundoff of the working format, u_s of the stored output, N(p) the relative error
of a sum of the terms p in any order. First-order terms of a row's sum stand inside G(r) = r / (1 - r), those of
arguments of exp inside expm1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from reference import constants
from reference.arithmetic import FOLDED_SCALE, LOG_SUM_EXP, RECOMPUTED, Arithmetic
from reference.formats import Floats
from reference.growth import exponential, growth
from reference.laws.sizes import Sizes
from reference.shift import Temper


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Rounding:
    """What rounding of an arithmetic may do to the probabilities of rows of these sizes."""

    sizes: Sizes
    arithmetic: Arithmetic
    temper: Temper

    def beside(self, found: Floats) -> Rounding:
        """Return the rounding of a kernel that has found these probabilities."""
        return replace(self, sizes=self.sizes.beside(found))

    @property
    def u(self) -> float:
        """Unit roundoff of the elementwise steps."""
        return self.arithmetic.u

    @property
    def entering(self) -> float:
        """Relative error of a logit that is converted and divided by the temperature: exponentials and sum share it."""
        working, x = self.arithmetic.working, self.temper.entering
        converted = 0.0 if x is not None and x.precision <= working.precision else self.u
        return converted + (0.0 if self.temper.exact else self.temper.coarsest(self.arithmetic).unit_roundoff)

    @cached_property
    def form(self) -> Floats:
        """Error of d where a kernel subtracts c x and c m after rounding them, (rows, n)."""
        if FOLDED_SCALE not in self.arithmetic.forms:
            return np.zeros_like(self.sizes.s)
        products = self.u * (self.sizes.logit + self.sizes.top)
        return np.where(self.sizes.s > 0, products + 3.0 * self.u * self.sizes.d, 0.0)

    @cached_property
    def element(self) -> Floats:
        """a: relative error of exp(d_i) by its argument and by exp; exp(0) is 1."""
        arithmetic, d = self.arithmetic, self.sizes.d
        of_exp = arithmetic.exp + (arithmetic.exp_per_unit + 1.0) * d
        return np.where(d > 0, of_exp * self.u, 0.0) + self.form

    @cached_property
    def mean(self) -> Floats:
        """A: the mean of a under s, (rows, 1)."""
        return self._mean(self.element)

    @cached_property
    def summation(self) -> Floats:
        """N(e), (rows, 1)."""
        return self.arithmetic.summation(self.sizes.s)

    @cached_property
    def lost(self) -> Floats:
        """What underflow may take from, or add to, each stored probability."""
        s, working, stored = self.sizes.s, self.arithmetic.working, self.arithmetic.output
        inside = np.minimum(self.arithmetic.omega * (1.0 + 1.0 / self.sizes.total), s)
        outside = np.minimum(self.arithmetic.stored_output.omega, s)
        small = 2.0 * s
        return np.where(small < 4.0 * working.smallest_normal, inside, 0.0) + np.where(
            small < 4.0 * stored.smallest_normal, outside, 0.0
        )

    @cached_property
    def probabilities(self) -> Floats:
        """Return |sum s^ - 1| for stored s^, (rows, 1): exp has no part in it, numerators and sum share its results."""
        reciprocal = constants.RECIPROCAL * np.maximum(self.u, self.arithmetic.omega * self.sizes.total)
        roundings = constants.DIVISION * self.u + reciprocal + self.arithmetic.stored_output.u
        shared = growth(self.summation + roundings)
        return np.asarray(shared + constants.SECOND_ORDER * self.lost.sum(axis=-1, keepdims=True))

    @cached_property
    def exponentials(self) -> Floats:
        """Return |sum exp(l^) - 1| for stored l^ and an exact exp, (rows, 1)."""
        return self._of_logarithms(0.0 * self.sizes.s, 0.0)

    @property
    def held_by_softmax(self) -> Floats:
        """Return |sum p - 1| for the p of a softmax backward: the stored s^, unless the kernel declares otherwise."""
        return self.of_difference if RECOMPUTED in self.arithmetic.forms else self.probabilities

    @property
    def held_by_logarithm(self) -> Floats:
        """Return the same for the p that a log_softmax backward takes: exp of a stored l^, or quotients."""
        if RECOMPUTED in self.arithmetic.forms:
            return self.of_difference
        return np.maximum(self._of_logarithms(self._exp_of_log, 0.0), self.probabilities)

    @cached_property
    def of_difference(self) -> Floats:
        """Return the same for p = exp(x - lse) with a stored lse, or quotients, (rows, 1)."""
        return np.maximum(self._of_logarithms(self._exp_of_log, self._stored_log_sum_exp), self.probabilities)

    @cached_property
    def held(self) -> Floats:
        """A probability as large as a backward may find it, (rows, n)."""
        own = self.element + self._exp_of_log + (self.u + self.arithmetic.stored_output.u) * self.sizes.log
        own = own + self.entering * (self.sizes.logit + self.sizes.top + 4.0 * self.sizes.d)
        forms = self._stored_log_sum_exp if {RECOMPUTED, LOG_SUM_EXP} & set(self.arithmetic.forms) else 0.0
        shared = growth(self.mean + self.summation + 3.0 * self.u) + self._log_rounding + forms
        most = 1e100 if RECOMPUTED in self.arithmetic.forms else 2.0  # exp(x - lse) knows no limit
        return np.minimum(self.sizes.s * (1.0 + exponential(own + shared)) + self.lost, most)

    @cached_property
    def anew(self) -> Floats:
        """Return the relative error that a recomputed exp(x_i - lse) has of its own against s^_i, (rows, n)."""
        common = growth(self.mean + self.summation) + self._log_rounding + self._stored_log_sum_exp
        return np.asarray(self.element + self._exp_of_log + self.u * self.sizes.log + common)

    @property
    def _exp_of_log(self) -> Floats:
        arithmetic, log = self.arithmetic, self.sizes.log
        return np.where(log > 0, (arithmetic.exp + arithmetic.exp_per_unit * log) * self.u, 0.0)

    @property
    def _stored_log_sum_exp(self) -> Floats:
        return (self.u + self.arithmetic.stored_output.u) * self.sizes.log_sum_exp

    @property
    def _log_rounding(self) -> Floats:
        log_total = np.log(self.sizes.total)
        return np.asarray(self.arithmetic.log * self.u * log_total + self.arithmetic.omega)

    def _of_logarithms(self, own: Floats, common: Floats | float) -> Floats:
        """Return the weighted mean of what l^_i may be off, but for its d, which exp(l^) and the sum S^ share.

        (A kernel that rounds d once more for the logarithm than for the sum commits u |d| of its own.)
        """
        stored = self.u + self.arithmetic.stored_output.u
        own = own + stored * self.sizes.log + self.u * self.sizes.d + self.form
        of_form = self.u * self.sizes.log_sum_exp if LOG_SUM_EXP in self.arithmetic.forms else 0.0
        shared = growth(self.mean + self.summation) + self._log_rounding + of_form + common
        return self._mean(exponential(np.asarray(own + shared)))

    def _mean(self, of: Floats) -> Floats:
        return np.asarray((self.sizes.s * of).sum(axis=-1, keepdims=True))
