"""The exact softmax of rows, its logarithm, and what derivatives of the family are made of, in double-double.

Everything starts from d = x - max x (exact as a pair of float64) or, for the shift-aware oracle, from the d that a
kernel has after rounding the subtraction in its own format. Formulas are the published ones, arranged so that the
dominant element of a row, where all of them cancel, keeps its relative accuracy:

    S - 1   is summed without the dominant element, and log S is log1p of it;
    T       = v - <s, v> is (w S - sum_j e_j w_j) / S with w = v - v[dominant], which is exact: a constant v gives
            an exact zero, and so does every zero among equal logits, where all e_j are 1;
    v - s V is (v S - e V) / S, at the dominant element (v (S - 1) - sum_{j not dominant} v_j) / S;
    s - q   is (e - q S) / S, at the dominant element (1 - q - q (S - 1)) / S.

Arrays are (..., n): rows along the last axis, n >= 1, finite values only (the caller replaces the others).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.exact import elementary
from reference.exact.doubledouble import DoubleDouble, Floats, difference, where
from reference.rowwise import row_maxima


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Distribution:
    """What softmax makes of the rows ``d``: e_i = exp(d_i) = mantissa 2^exponent, S = 1 + rest."""

    d: DoubleDouble  # (..., n), all <= 0, 0 at the dominant element
    top: NDArray[np.intp]  # (..., 1): the dominant element
    mantissa: DoubleDouble
    exponent: NDArray[np.int32]
    weight: DoubleDouble  # e_i, which may underflow
    rest: DoubleDouble  # (..., 1)
    total: DoubleDouble  # (..., 1)

    @classmethod
    def of(cls, d: DoubleDouble) -> Distribution:
        """Return the distribution of the rows ``d``."""
        top = np.argmax(d.hi, axis=-1)[..., np.newaxis]
        present = d.hi > elementary.SMALLEST_EXPONENT
        zero = DoubleDouble.exactly(np.zeros_like(d.hi))
        every = bool(present.all())
        mantissa, exponent = elementary.exp(d if every else where(present, d, zero))
        mantissa = mantissa if every else where(present, mantissa, zero)
        weight = mantissa.scaled(exponent)
        others = np.arange(d.hi.shape[-1]) != top
        rest = where(others, weight, zero).sum_rows()
        return cls(
            d=d,
            top=top,
            mantissa=mantissa,
            exponent=exponent,
            weight=weight,
            rest=rest,
            total=rest.plus(1.0),
        )

    @cached_property
    def share(self) -> DoubleDouble:
        """s_i / 2^exponent_i: the probabilities before they are scaled."""
        return self.mantissa / self.total

    @cached_property
    def softmax(self) -> DoubleDouble:
        """s_i = e_i / S."""
        return self.share.scaled(self.exponent)

    @cached_property
    def log_sum(self) -> DoubleDouble:
        """The logarithm of S, one per row."""
        return elementary.log1p(self.rest)

    @cached_property
    def log_softmax(self) -> DoubleDouble:
        """l_i = d_i - log S."""
        log = self.d - self.log_sum
        gone = np.isinf(self.d.hi)
        return DoubleDouble(hi=np.where(gone, -np.inf, log.hi), lo=np.where(gone, 0.0, log.lo))

    def centred(self, v: Floats) -> DoubleDouble:
        """Return T_i = v_i - <s, v>, for |v| <= 2^900."""
        rows = np.broadcast_shapes(v.shape[:-1], self.top.shape[:-1])
        every = np.broadcast_to(v, (*rows, v.shape[-1]))
        w = difference(every, np.take_along_axis(every, np.broadcast_to(self.top, (*rows, 1)), axis=-1))
        return (w * self.total - self._weighed(w).sum_rows()) / self.total

    def mean(self, v: Floats) -> DoubleDouble:
        """Return <s, v>, one per row, for |v| <= 2^900."""
        return self._weighed(DoubleDouble.exactly(v)).sum_rows() / self.total

    def softmax_hvp(self, t: DoubleDouble, m: DoubleDouble, scale: NDArray[Any]) -> DoubleDouble:
        """Return s_i (T_i M_i - <s, T M>) 2^scale for centred T and M, both at most 2^450 in size.

        At the dominant element T and M are of the order of 1 - s, and their product of its square: beside <s, T M>,
        which is of its order, nothing cancels.
        """
        product = t * m
        inner = (product * self.total - self._weighed(product).sum_rows()) / self.total
        return (self.share * inner).scaled(self.exponent + scale)

    def softmax_vjp(self, centred: DoubleDouble, scale: NDArray[Any]) -> DoubleDouble:
        """Return s_i T_i 2^scale for T = ``centred``; the jvp is the same, since the Jacobian is symmetric."""
        return (self.share * centred).scaled(self.exponent + scale)

    def less(self, q: DoubleDouble) -> DoubleDouble:
        """Return s_i - q_i for 0 <= q <= 2^900."""
        is_top = np.arange(q.hi.shape[-1]) == self.top
        at_top = (-q).plus(1.0) - q * self.rest
        return where(is_top, at_top, self.weight - q * self.total) / self.total

    def log_softmax_vjp(self, v: Floats | DoubleDouble) -> DoubleDouble:
        """Return v_i - s_i V with V = sum_j v_j, for |v| <= 2^900; the jvp is :meth:`centred`."""
        exact = v if isinstance(v, DoubleDouble) else DoubleDouble.exactly(v)
        total = exact.sum_rows()
        scaled_up = exact * self.total - self._weighed(total)
        is_top = np.arange(exact.hi.shape[-1]) == self.top
        others = where(is_top, DoubleDouble.exactly(np.zeros_like(exact.hi)), exact).sum_rows()
        return where(is_top, exact * self.rest - others, scaled_up) / self.total

    def _weighed(self, v: DoubleDouble) -> DoubleDouble:
        """Return e_i v_i, of which only the product may underflow: a large v lifts a tiny e_i up again."""
        product = self.mantissa * v
        return DoubleDouble(hi=np.ldexp(product.hi, self.exponent), lo=np.ldexp(product.lo, self.exponent))


def scaled_to(largest_exponent: int, v: Floats, *, up: int = 960) -> tuple[Floats, NDArray[np.int32]]:
    """Return v 2^-k with its largest element in [2^(e-1), 2^e) for e = ``largest_exponent``, and k, one per row.

    No row is scaled ``up`` by more than that exponent: absolute errors, scaled with it, must not overflow. The scaling
    is exact, but for elements so much smaller than the largest of their row that they become subnormal.
    """
    _, exponent = np.frexp(row_maxima(np.abs(v)))
    k = np.maximum(exponent - largest_exponent, -up)
    return np.ldexp(v, -k), k
