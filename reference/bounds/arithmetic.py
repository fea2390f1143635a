"""What a kernel computes in: the formats of its steps, of its sums, and of what it stores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.bounds import constants
from reference.bounds.growth import growth
from reference.formats import FLOAT16, FloatFormat, Floats
from reference.rowwise import row_sums

FOLDED_SCALE = "folded-scale"
RECOMPUTED = "recomputed"
LOG_SUM_EXP = "x-minus-lse"
ONLINE = "online"
FORMS = (FOLDED_SCALE, RECOMPUTED, LOG_SUM_EXP, ONLINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One rounding to a storage format: its relative error, and its absolute one where the result underflows."""

    u: float
    omega: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """The formats a kernel works in, and the unusual forms by which it computes.

    ``output`` is the format of the forward output (which a backward may find stored) and of a jvp, ``entering`` that
    of x and of gradients; None for integers.
    """

    working: FloatFormat
    accumulation: FloatFormat
    output: FloatFormat
    entering: FloatFormat | None
    forms: tuple[str, ...] = ()

    @property
    def u(self) -> float:
        """Unit roundoff of the elementwise steps."""
        return self.working.unit_roundoff

    @property
    def omega(self) -> float:
        """Absolute error of one elementwise operation that underflows or is flushed to zero."""
        return underflow(self.working)

    @property
    def exp(self) -> float:
        """Relative error of exp near 0, in u; half types take theirs from a wider one and round it."""
        return constants.EXP if self._full_size else constants.ELEMENTARY_OF_HALF

    @property
    def exp_per_unit(self) -> float:
        """Growth of that error with the size of the argument."""
        return constants.EXP_PER_UNIT if self._full_size else 0.0

    @property
    def log(self) -> float:
        """Relative error of log, in u."""
        return constants.LOG if self._full_size else constants.ELEMENTARY_OF_HALF

    @property
    def _full_size(self) -> bool:
        return self.working.precision >= 24

    @property
    def stored_sum(self) -> float:
        """Relative error of rounding a finished sum from the accumulation format to the working format."""
        return 0.0 if self.accumulation == self.working else self.u

    @property
    def stored_output(self) -> Store:
        """The rounding of a forward output, or of a jvp, from the working format."""
        return self._store(self.output)

    @property
    def stored_gradient(self) -> Store:
        """The rounding of a gradient from the working format."""
        return self._store(self.entering or self.output)

    def taken(self, of: FloatFormat | None) -> Store:
        """Return the rounding of an array of this format, or of integers, that a kernel converts to work with it."""
        return Store(u=self.u, omega=self.omega) if of is None else _conversion(of, self.working)

    def _store(self, to: FloatFormat) -> Store:
        return _conversion(self.working, to)

    def sums_surely(self, count: int) -> bool:
        """Say whether N(p) of any ``count`` terms is below 1: none of them is charged with more than u."""
        growing = constants.ADDITION * self.accumulation.unit_roundoff * count
        return growing < 1 / 3 and self.stored_sum < 0.5  # G(1/3) is 1/2

    def summation(self, terms: Floats) -> Floats:
        """Return N(p) of non-negative terms: the error of their sum in any order, relative to it, one per row.

        One addition a + b errs by at most min(u |a + b|, |a|, |b|); charging each to a leaf of the summation tree other
        than the largest gives F, the sum of min(u, p_j / P) over all but the largest term, and G(F) with what partial
        sums have erred before (README.md, E3).
        """
        total: Floats = row_sums(terms)
        if not terms.shape[-1]:
            return total
        something = total > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = terms / total if something.all() else np.where(something, terms / total, 0.0)
        each = np.ascontiguousarray(np.minimum(self.accumulation.unit_roundoff, relative))
        first = np.arange(0, each.size, each.shape[-1]).reshape(each.shape[:-1])
        each.reshape(-1)[first + np.argmax(terms, axis=-1)] = 0.0
        result = growth(constants.ADDITION * row_sums(each))
        return np.asarray(result + self.stored_sum)


def _conversion(of: FloatFormat, to: FloatFormat) -> Store:
    if to.precision >= of.precision and to.min_exponent <= of.min_exponent:
        return Store(u=0.0, omega=0.0)
    return Store(u=to.unit_roundoff, omega=underflow(to))


def underflow(of: FloatFormat) -> float:
    """Return the absolute error of a result that underflows: flushed to zero, but in float16, where nothing is."""
    return of.smallest_subnormal / 2.0 if of == FLOAT16 else constants.UNDERFLOW * of.smallest_normal
