"""Logits on their way into a softmax: divided by a temperature, and shifted so that the largest of a row is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def shifted(x: NDArray[Any], *, temperature: float = 1.0) -> NDArray[Any]:
    """Return (x - max x) / temperature for rows ``x`` of shape (count, n), in their dtype; at most 0.

    Above 1 the temperature divides first, so that the difference does not overflow; below 1 the difference comes
    first, so that the quotient does not. A row without a finite maximum becomes NaN. Raise ValueError for numbers that
    have no exponential in their dtype, and for a temperature that is not positive and finite.
    """
    if not 0.0 < temperature < np.inf:
        raise ValueError(f"a temperature of {temperature}: expected a positive finite number; the caller's mistake")
    if x.dtype.kind != "f":
        raise ValueError(
            f"logits of dtype {x.dtype.name}: exp needs a floating point dtype, which integers are to be converted to "
            "and bits of bfloat16 decoded to; the caller's mistake"
        )
    with np.errstate(all="ignore"):
        if temperature > 1.0:
            return _below_largest(divided(x, temperature))
        return divided(_below_largest(x), temperature)


def divided(values: NDArray[Any], temperature: float) -> NDArray[Any]:
    """Return values / temperature, rounded once: a temperature need not fit the dtype of the values."""
    if temperature == 1.0:
        return values
    with np.errstate(all="ignore"):
        return np.asarray(values.astype(np.float64) / temperature, dtype=values.dtype)


def defined(scalar: NDArray[Any]) -> NDArray[Any]:
    """Return a scalar of each row that derivatives subtract or multiply by, NaN for an infinity.

    inf - inf is NaN in some forms of a rule and an infinity in others: a row with an infinity in its cotangent or
    tangent has no derivative, in any of its elements.
    """
    return np.where(np.isfinite(scalar), scalar, scalar.dtype.type(np.nan))


def _below_largest(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
