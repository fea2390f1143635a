"""An exact value with the largest error of a correct kernel around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reference.bounds.arithmetic import Store
from reference.exact.doubledouble import DoubleDouble, Floats, product


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounded:
    """``|computed - value| <= bound``, element by element, as a kernel has it before it is stored."""

    value: DoubleDouble
    bound: Floats

    @classmethod
    def together(cls, parts: list[Bounded]) -> Bounded:
        """Return the rows of all parts."""
        return cls(
            value=DoubleDouble(
                hi=np.concatenate([part.value.hi for part in parts]),
                lo=np.concatenate([part.value.lo for part in parts]),
            ),
            bound=np.concatenate([part.bound for part in parts]),
        )

    def __neg__(self) -> Bounded:
        """Return it with the sign changed, which no kernel errs in."""
        return replace(self, value=-self.value)

    def scaled(self, exponent: NDArray[np.int32]) -> Bounded:
        """Return it times 2^exponent."""
        return Bounded(value=self.value.scaled(exponent), bound=np.ldexp(self.bound, exponent))

    def times(self, factor: DoubleDouble, *, relative: float) -> Bounded:
        """Return it times an exact factor, which a kernel multiplies by with the given relative error."""
        size, value = np.abs(factor.hi), product(self.value, factor)
        grown = self.bound * size
        return Bounded(value=value, bound=grown + relative * (np.abs(value.hi) + grown))

    def sure(self, condition: NDArray[np.bool_]) -> Bounded:
        """Return it with the bound 0 but where the condition holds."""
        return replace(self, bound=np.where(condition, self.bound, 0.0))

    def stored(self, store: Store) -> Bounded:
        """Return what is left after one rounding to a storage format; an exact zero is stored as it is."""
        if not store.u:
            return self
        lost = store.u * (np.abs(self.value.hi) + self.bound) + store.omega
        zero = (self.bound == 0) & ((self.value.hi == 0) | np.isinf(self.value.hi))
        return replace(self, bound=np.where(zero, 0.0, self.bound + lost))

    def where(self, condition: NDArray[np.bool_], otherwise: Floats | float) -> Bounded:
        """Return it where the condition holds, and exact numbers elsewhere."""
        return Bounded(
            value=DoubleDouble(
                hi=np.where(condition, self.value.hi, otherwise), lo=np.where(condition, self.value.lo, 0.0)
            ),
            bound=np.where(condition, self.bound, 0.0),
        )
