"""How much a number that was written with few digits says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from harness.explain.pasted import Style
from harness.explain.reading import Written
from harness.plan.number import WrittenFloat, is_hexadecimal
from reference.formats import FloatFormat, Floats

_SHORT: Final = 2  # decimals after the point, which people write and hardly anybody has NumPy cut at: nothing is cut


def spread_of(written: Written[WrittenFloat], target: FloatFormat) -> Floats | None:
    """Return by how much each number may be another one that prints so, half a unit of its last digit; None for none.

    That is 0 where its digits tell it from the next number of the format. Zero stands for itself, and so do whole
    numbers, which is how exact ones are printed. All numbers of an array are printed with the same precision, so one
    from which zeros at the end were left out has the last digit of its neighbours.
    """
    numbers = [_Number(text) for text in written.texts]
    halves = _halves(numbers, [one.exact for one in numbers])
    halves[halves <= target.spacing(_values(numbers))] = 0.0
    return halves.reshape(written.shape) if halves.any() else None


def reach_of(written: Written[WrittenFloat], target: FloatFormat, *, style: Style) -> tuple[Floats, Floats] | None:
    """Return the least and the largest number of the format that print as each number does; None where all are known.

    One that has no neighbour within half a unit of its last digit is known, and so is every number of a list. NumPy
    leaves out zeros at the end, also all of them: ``1.`` beside others has their last digit, while 0 is printed for
    nothing else.
    """
    if style is Style.LIST:
        return None
    numbers = [_Number(text) for text in written.texts]
    exact = [one.exact for one in numbers]
    if style is Style.NUMPY:
        if max((one.decimals for one in numbers), default=0) <= _SHORT:
            return None
        exact = [not one.value.is_finite() or not one.value for one in numbers]
    values, halves = _values(numbers), _halves(numbers, exact)
    below = target.spacing(np.maximum(np.abs(values) - halves, 0.0))
    halves[~(halves >= below / 2.0)] = 0.0
    if not halves.any():
        return None
    low, high = (target.nearest(np.where(halves > 0, values + end * halves, values)) for end in (-1.0, 1.0))
    return low.reshape(written.shape), high.reshape(written.shape)


def _values(numbers: list[_Number]) -> Floats:
    return np.array([float(one.value) for one in numbers], dtype=np.float64)


def _halves(numbers: list[_Number], exact: list[bool]) -> Floats:
    """Return half a unit of the last digit of each number; 0 of those that are ``exact``."""
    coarse = [one for one, known in zip(numbers, exact, strict=True) if not known]
    last = min((one.last for one in coarse if not one.scientific), default=0)
    significant = max((one.significant for one in coarse if one.scientific), default=1)
    halves = np.zeros(len(numbers))
    for index, (one, known) in enumerate(zip(numbers, exact, strict=True)):
        if not known:
            unit = one.value.adjusted() - significant + 1 if one.scientific else last
            halves[index] = float(Decimal(5).scaleb(unit - 1))
    return halves


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it was written."""

    text: str

    @property
    def value(self) -> Decimal:
        """The number; NaN for one that is hexadecimal, and so exact."""
        lower = self.text.lower()
        return Decimal("nan" if is_hexadecimal(self.text) else lower.replace(".inf", "inf").replace(".nan", "nan"))

    @property
    def scientific(self) -> bool:
        """Whether it has an exponent, and so as many digits as its neighbours, whatever their size."""
        return "e" in self.text.lower()

    @property
    def last(self) -> int:
        """The power of ten of its last digit."""
        return int(self.value.as_tuple().exponent)

    @property
    def decimals(self) -> int:
        """How many digits stand after its point."""
        return 0 if is_hexadecimal(self.text) else len(self._fraction)

    @property
    def significant(self) -> int:
        """How many digits it has."""
        return len(self.value.as_tuple().digits)

    @property
    def exact(self) -> bool:
        """Whether it stands for itself: hexadecimal, no number, or whole and written as exact ones are."""
        value = self.value
        if not value.is_finite() or (self.scientific and not value):
            return True
        return self._fraction in ("", "0") and value == value.to_integral_value()

    @property
    def _fraction(self) -> str:
        """The digits after its point, the exponent left out."""
        return self.text.lower().partition("e")[0].partition(".")[2]
