"""Cotangents and tangents, scaled in every row by a power of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import Floats
from reference.exact.oracle import scaled_to

ALONE: Final = 900  # exponent of a vector that meets no other: 2^996, where products overflow, is n 2^96 times away
IN_PAIRS: Final = 400  # of one that is multiplied by another
_UP: Final = 960  # by so much rows are scaled up at most: an absolute error of 2^-25, that of float16, stays finite
_SMALLEST_ERROR: Final = 2.0**-1060  # of a scaled result: what oracle and bound may lose to underflow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vector:
    """A cotangent or tangent, ``v`` times 2^``exponent``.

    Rows are scaled up: sums and double-double products cannot overflow, and what is small stays far from underflow,
    in the oracle and in the bound. A kernel knows each element up to ``rounding`` of itself and ``lost``, an absolute
    error: a tangent that goes through x / T is divided by T first.
    """

    v: Floats
    exponent: NDArray[np.int32]  # (..., 1)
    rounding: float = 0.0
    lost: float = 0.0

    @classmethod
    def of(cls, values: Floats, *, exponent: int = ALONE, rounding: float = 0.0, lost: float = 0.0) -> Vector:
        """Scale finite values so that the largest of each row has this exponent."""
        v, by = scaled_to(exponent, values, up=_UP if exponent == ALONE else _UP // 2)
        return cls(v=v, exponent=by, rounding=rounding, lost=lost)

    def scaled(self, absolute: float) -> Floats:
        """Return an absolute error of results, and what the elements have lost, in the scale of ``v``, one per row."""
        return lifted(absolute + self.lost, self.exponent)


def lifted(absolute: float, exponent: NDArray[np.int32]) -> Floats:
    """Return an absolute error in the scale of vectors that are to be multiplied by 2^exponent, one per row."""
    return np.maximum(np.ldexp(absolute, -exponent), _SMALLEST_ERROR)


def idle(v: Floats) -> NDArray[np.bool_]:
    """Return which rows are nothing but zeros, (..., 1): every form of every rule maps them to exact zeros."""
    return np.asarray(~v.any(axis=-1, keepdims=True))


def weighted(sizes: Floats | float, others: Floats) -> Floats:
    """Return products of sizes that may be infinite, where nothing can be said: nothing times anything is nothing."""
    with np.errstate(invalid="ignore"):
        products = np.asarray(sizes * others)
    if not np.isnan(products).any():
        return products
    return np.where((sizes == 0) | (others == 0), 0.0, products)
