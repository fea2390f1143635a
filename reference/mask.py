"""What a mask does to rows: the elements it keeps, and what stands in for the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mask:
    """``kept``: which elements of rows take part, bool (count, n)."""

    kept: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Rows, *, mask: NDArray[np.bool_] | None, lengths: NDArray[Any] | None) -> Mask:
        """Return the mask of ``rows``, given itself or as the number of first elements that each row keeps.

        ``mask`` is bool of the shape of the primal, true where an element is kept; ``lengths`` are integers of the
        batch's shape. Raise ValueError unless exactly one is given, of that shape, and each length is from 0 to n.
        """
        if (mask is None) == (lengths is None):
            which = "both" if lengths is not None else "neither"
            raise ValueError(f"{which} of mask and lengths given: a masked op has one of the two; the caller's mistake")
        if mask is not None:
            return cls(kept=rows.cut(mask.astype(np.bool_)))
        length = rows.cut_batch(np.asarray(lengths))
        outside = (length < 0) | (length > rows.length)
        if outside.any():
            raise ValueError(
                f"a length of {length[outside][0]} in rows of {rows.length}: expected 0 to {rows.length}; "
                "the caller's mistake"
            )
        return cls(kept=np.arange(rows.length) < length)

    def logits(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return rows ``x`` with -inf, whose exponential is zero, in the place of masked elements."""
        return np.where(self.kept, x, x.dtype.type(-np.inf))

    def vector(self, v: NDArray[Any]) -> NDArray[Any]:
        """Return a cotangent or tangent with 0 in the place of masked elements, which have no say: not even as NaN."""
        return np.where(self.kept, v, v.dtype.type(0))
