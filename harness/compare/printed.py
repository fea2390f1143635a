"""Numbers that somebody else printed, held against a result digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np

from reference.formats import BFLOAT16, Floats, format_named

_NUMPY_TYPES: Final[dict[str, type[np.floating[Any]]]] = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
}
_DIGITS_OF_BFLOAT16: Final = 4  # significant ones, which tell any two of its numbers apart: 8 bits


def disagreements(texts: tuple[str, ...], values: Floats, *, dtype: str) -> list[str]:
    """Return one sentence for every element of ``dtype`` that, printed with as many digits, would not read as its text.

    A value agrees with a decimal text when it lies within half a unit of the text's last digit; a text without a
    decimal fraction (``0``, ``1.``) is how exact numbers are printed, and is met exactly.
    """
    flat = values.reshape(-1)
    if len(texts) != flat.size:
        return [f"{len(texts)} numbers are given, the result has {flat.size}"]
    return [
        f"element {index} is {shown(value, dtype)}, printed was {text}"
        for index, (text, value) in enumerate(zip(texts, flat, strict=True))
        if not _reads_as(value, text)
    ]


def summed_rows(jacobian: Floats, shape: tuple[int, ...], *, dtype: str) -> Floats:
    """Return the rows of a Jacobian by an input of ``shape`` added up one after the other, each sum in ``dtype``.

    float64 holds the sum of two numbers of a narrower format so well that rounding it once more is one rounding.
    """
    target = format_named(dtype)
    total = np.zeros(shape)
    for row in jacobian.reshape(-1, *shape):
        total = target.nearest(total + row)
    return total


def _reads_as(value: Any, text: str) -> bool:
    if not np.isfinite(value):
        return str(float(value)) == text.replace("+", "")
    printed = Decimal(text)
    exponent = int(printed.as_tuple().exponent)
    half_unit = Decimal(5).scaleb(exponent - 1) if exponent < 0 else Decimal(0)
    return abs(Decimal(float(value)) - printed) <= half_unit


def shown(value: Any, dtype: str) -> str:
    """Return the shortest text that reads back as a number of its dtype."""
    number = shortest(float(value), dtype)
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return np.format_float_positional(number, trim="0")
    return np.format_float_scientific(number, trim="0")


def shortest(value: float, dtype: str) -> np.floating[Any]:
    """Return the NumPy number whose shortest decimal is that of ``value`` in ``dtype``, or in float64 as above."""
    if dtype == BFLOAT16.name:
        rounded = (float(f"{value:.{digits}e}") for digits in range(_DIGITS_OF_BFLOAT16))
        return np.float64(next((one for one in rounded if _nearest(one) == value), value))
    with np.errstate(over="ignore", under="ignore"):
        narrow = _NUMPY_TYPES.get(dtype, np.float64)(value)
    return narrow if float(narrow) == value else np.float64(value)


def _nearest(value: float) -> float:
    return float(BFLOAT16.nearest(np.array([value]))[0])
