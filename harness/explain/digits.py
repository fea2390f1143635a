"""How much a number that was written with few digits says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from harness.explain.reading import Written
from harness.plan.number import WrittenFloat, is_hexadecimal
from reference.formats import FloatFormat, Floats


def spread_of(written: Written[WrittenFloat], target: FloatFormat) -> Floats | None:
    """Return by how much each number may be another one that prints so, half a unit of its last digit; None for none.

    That is 0 where its digits tell it from the next number of the format. Zero stands for itself, and so do whole
    numbers, which is how exact ones are printed. All numbers of an array are printed with the same precision, so one
    from which zeros at the end were left out has the last digit of its neighbours.
    """
    numbers = [_Number(text) for text in written.texts]
    coarse = [one for one in numbers if not one.exact]
    last = min((one.last for one in coarse if not one.scientific), default=0)
    significant = max((one.significant for one in coarse if one.scientific), default=1)
    halves = np.zeros(len(numbers))
    for index, one in enumerate(numbers):
        if not one.exact:
            unit = one.value.adjusted() - significant + 1 if one.scientific else last
            halves[index] = float(Decimal(5).scaleb(unit - 1))
    halves[halves <= target.spacing(np.array([float(one.value) for one in numbers]))] = 0.0
    return halves.reshape(written.shape) if halves.any() else None


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
    def significant(self) -> int:
        """How many digits it has."""
        return len(self.value.as_tuple().digits)

    @property
    def exact(self) -> bool:
        """Whether it stands for itself: hexadecimal, no number, or whole and written as exact ones are."""
        value = self.value
        if not value.is_finite() or (self.scientific and not value):
            return True
        fraction = self.text.lower().partition("e")[0].partition(".")[2]
        return fraction in ("", "0") and value == value.to_integral_value()
