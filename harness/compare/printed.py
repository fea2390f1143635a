"""Numbers that somebody else printed, held against a result digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from reference.formats import Floats, format_named


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
    """Return the shortest text that reads back as a number of its dtype; NumPy has float32 for those of bfloat16."""
    kinds: dict[str, type[np.floating[Any]]] = {"float64": np.float64, "float16": np.float16}
    number = kinds.get(dtype, np.float32)(value)
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return np.format_float_positional(number, trim="0")
    return np.format_float_scientific(number, trim="0")
