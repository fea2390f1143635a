"""Numbers that somebody else printed, held against a result digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray


def disagreements(texts: tuple[str, ...], values: NDArray[Any]) -> list[str]:
    """Return one sentence for every element that, printed with as many digits, would not read as its text.

    A value agrees with a decimal text when it lies within half a unit of the text's last digit; a text without a
    decimal fraction (``0``, ``1.``) is how exact numbers are printed, and is met exactly.
    """
    flat = values.reshape(-1)
    if len(texts) != flat.size:
        return [f"{len(texts)} numbers are given, the result has {flat.size}"]
    return [
        f"element {index} is {_shown(value)}, printed was {text}"
        for index, (text, value) in enumerate(zip(texts, flat, strict=True))
        if not _reads_as(value, text)
    ]


def summed_rows(jacobian: NDArray[Any]) -> NDArray[Any]:
    """Return the rows of a Jacobian added up one after the other in its own dtype, an array of the primal's shape."""
    rank = jacobian.ndim // 2
    rows = jacobian.reshape(-1, *jacobian.shape[rank:])
    total = np.zeros(jacobian.shape[rank:], jacobian.dtype)
    for row in rows:
        total = total + row
    return total


def _reads_as(value: Any, text: str) -> bool:
    if not np.isfinite(value):
        return str(float(value)) == text.replace("+", "")
    printed = Decimal(text)
    exponent = int(printed.as_tuple().exponent)
    half_unit = Decimal(5).scaleb(exponent - 1) if exponent < 0 else Decimal(0)
    return abs(Decimal(float(value)) - printed) <= half_unit


def _shown(value: Any) -> str:
    return np.format_float_positional(value) if 1e-4 <= abs(value) < 1e6 else np.format_float_scientific(value)
