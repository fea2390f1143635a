"""How much a number that was written with few digits says."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from harness.explain.reading import Written
from harness.plan.number import WrittenFloat, is_hexadecimal
from reference.formats import FloatFormat, Floats

_DIGITS: Final = {"float16": 5, "bfloat16": 4, "float32": 9, "float64": 17}  # that tell any two numbers apart


def nearest_that_prints_so(written: Written[WrittenFloat], wanted: Floats, target: FloatFormat) -> Floats:
    """Return the numbers nearest to what is ``wanted`` among those that round to what was written.

    A number with fewer digits than tell two numbers of the format apart stands for all that lie within half a unit of
    its last digit. Zero stands for itself, and so do whole numbers, which is how exact ones are printed.
    """
    values = np.array([float(value) for value in written.items])
    for index, (text, want) in enumerate(zip(written.texts, wanted, strict=True)):
        half = _half_a_unit(text, digits=_DIGITS[target.name])
        if half and np.isfinite(want):
            values[index] = min(max(float(want), values[index] - half), values[index] + half)
    return values


def fewest_digits(written: Written[WrittenFloat]) -> int:
    """Return how many digits the shortest number has that does not stand for itself; a large number where all do."""
    numbers = [_decimal(text) for text in written.texts]
    return min(
        (len(one.as_tuple().digits) for one in numbers if not _stands_for_itself(one)), default=_DIGITS["float64"]
    )


def _half_a_unit(text: str, *, digits: int) -> float:
    """Return half a unit of the last digit of a number that has fewer ``digits``; 0 where it stands for itself."""
    number = _decimal(text)
    if _stands_for_itself(number) or len(number.as_tuple().digits) >= digits:
        return 0.0
    return float(Decimal(5).scaleb(int(number.as_tuple().exponent) - 1))


def _stands_for_itself(number: Decimal) -> bool:
    """Say whether a number is zero or whole and written as exact ones are, or has no digits at all."""
    if not number.is_finite() or not number:
        return True
    exponent = int(number.as_tuple().exponent)
    return exponent >= 0 or (exponent == -1 and number == number.to_integral_value())


def _decimal(text: str) -> Decimal:
    """Return a number as it was written; NaN for one that is hexadecimal, and so exact."""
    spelled = "nan" if is_hexadecimal(text) else text.lower().replace(".inf", "inf").replace(".nan", "nan")
    return Decimal(spelled)
