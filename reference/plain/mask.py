"""What a mask does to rows: what stands in for the elements that it does not keep."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.rows import Rows


def keeping_first(lengths: NDArray[Any], shape: tuple[int, ...], *, axis: int) -> NDArray[np.bool_]:
    """Return the mask, of ``shape``, that keeps as many first elements of each row along ``axis`` as ``lengths`` says.

    ``lengths``: integers, of ``shape`` without ``axis``. Raise ValueError for another shape, or for a length that is
    negative or longer than a row.
    """
    rows = Rows.of(np.broadcast_to(np.False_, shape), axis)
    length = rows.cut_batch(lengths)
    outside = (length < 0) | (length > rows.length)
    if outside.any():
        raise ValueError(
            f"a length of {length[outside][0]} in rows of {rows.length}: expected 0 to {rows.length}; "
            "the caller's mistake"
        )
    return rows.join(np.arange(rows.length) < length)


def masked_logits(x: NDArray[Any], kept: NDArray[np.bool_]) -> NDArray[Any]:
    """Return logits with -inf, whose exponential is zero, in the place of masked elements."""
    return np.where(kept, x, x.dtype.type(-np.inf))


def masked_vector(v: NDArray[Any], kept: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a cotangent or tangent with 0 in the place of masked elements, where nothing has a say, not even NaN."""
    return np.where(kept, v, v.dtype.type(0))
