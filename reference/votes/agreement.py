"""The smallest factor on given intervals at which all intervals of a row have a point in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import Floats
from reference.rowwise import row_maxima

_STEPS: Final = 200  # of Newton's iteration, which ends after a handful: it moves from vertex to vertex
_NARROWEST: Final = 1e-300  # an interval's width is a divisor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Votes:
    """What each element says of its row's scalar, relative to the scalar's true value: ``centre`` +- ``width``."""

    centre: Floats  # (rows, n)
    width: Floats  # (rows, n)
    silent: NDArray[np.bool_]  # (rows, n): elements that say nothing, whatever stands in the other two
    limit: Floats  # (rows, 1): how far a correct kernel's scalar may be from the true one

    @property
    def agreed(self) -> NDArray[np.bool_]:
        """Which rows :func:`agreement` finds to be a correct kernel's, share and scalar at most 1; (rows,).

        That takes no factor: the ends of the intervals are enough.
        """
        low = row_maxima(np.where(self.silent, -np.inf, self.centre - self.width))
        high = -row_maxima(np.where(self.silent, -np.inf, -self.centre - self.width))
        numbers = (low < np.inf) & (high > -np.inf)
        return np.asarray((numbers & (low <= high) & ~(low > self.limit) & ~(-high > self.limit))[:, 0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowConsistency:
    """One number per row, in C order of the remaining axes; a correct kernel keeps both at or below 1.

    ``share`` is the smallest factor on the widths at which one scalar satisfies every element, infinite where an
    element's vote is no number. ``scalar`` is the distance of that scalar from its true value over its limit, for the
    scalar that is closest to the truth among those that satisfy the widths.
    """

    share: Floats
    scalar: Floats

    @classmethod
    def together(cls, parts: Sequence[RowConsistency]) -> RowConsistency | None:
        """Return what is said of as many rows each, along a new first axis; None where there is nothing said."""
        if not parts or not parts[0].share.size:
            return None
        return cls(share=np.stack([part.share for part in parts]), scalar=np.stack([part.scalar for part in parts]))


def agreement(votes: Votes) -> RowConsistency:
    """Return the agreement of each row; a row in which every element is silent agrees.

    The gap between the largest lower end and the smallest upper end is a convex, piecewise linear function of the
    factor, so Newton's iteration from 0 rises to its root through its vertices and stops there exactly.
    """
    vocal = ~votes.silent
    broken = np.asarray((vocal & ~(np.isfinite(votes.centre) & ~np.isnan(votes.width))).any(axis=-1))
    vocal = vocal & ~broken[:, np.newaxis]
    centre = np.where(vocal, votes.centre, 0.0)
    width = np.where(vocal, np.maximum(votes.width, _NARROWEST), _NARROWEST)
    from_above, from_below = np.where(vocal, centre, -np.inf), np.where(vocal, centre, np.inf)
    factor = np.zeros((len(centre), 1))
    for _ in range(_STEPS):
        reach = factor * width
        lowest = np.argmax(from_above - reach, axis=-1)[:, np.newaxis]
        highest = np.argmin(from_below + reach, axis=-1)[:, np.newaxis]
        apart = np.take_along_axis(centre, lowest, axis=-1) - np.take_along_axis(centre, highest, axis=-1)
        together = np.take_along_axis(width, lowest, axis=-1) + np.take_along_axis(width, highest, axis=-1)
        needed = np.where(apart > 0, apart / together, 0.0)
        if not (needed > factor).any():
            break
        factor = np.maximum(needed, factor)
    reach = np.maximum(factor, 1.0) * width
    low, high = row_maxima(from_above - reach)[:, 0], -row_maxima(-reach - from_below)[:, 0]
    distance = np.maximum(np.maximum(low, -high), 0.0)
    scalar = np.where(distance == 0, 0.0, distance / votes.limit[:, 0])
    return RowConsistency(share=np.where(broken, np.inf, factor[:, 0]), scalar=np.where(broken, np.inf, scalar))
