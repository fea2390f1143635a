"""The smallest factor on given intervals at which all intervals of a row have a point in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import Floats
from reference.maxima import row_maxima

_STEPS: Final = 200  # of Newton's iteration, which ends after a handful: it moves from vertex to vertex
_NARROWEST: Final = 1e-300  # an interval's width is a divisor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Votes:
    """What each element says of its row's scalar, relative to the scalar's true value: ``centre`` +- ``width``."""

    centre: Floats  # (rows, n)
    width: Floats  # (rows, n)
    silent: NDArray[np.bool_]  # (rows, n): elements that say nothing, whatever stands in the other two
    limit: Floats  # (rows, 1): how far a correct kernel's scalar may be from the true one


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
    """Return the agreement of each row; a row in which every element is silent agrees."""
    intervals = _Intervals.of(votes)
    factor = intervals.least_factor()
    distance = intervals.distance(np.maximum(factor, 1.0))
    scalar = np.where(distance == 0, 0.0, distance / votes.limit[:, 0])
    broken = intervals.broken
    return RowConsistency(share=np.where(broken, np.inf, factor[:, 0]), scalar=np.where(broken, np.inf, scalar))


def at_fault(votes: Votes) -> NDArray[np.bool_]:
    """Return which rows have a share or a scalar above 1, (rows,): where nobody asks how far, that is soon told."""
    intervals = _Intervals.of(votes)
    apart = intervals.low(1.0) > intervals.high(1.0)
    return np.asarray(intervals.broken | apart | (intervals.distance(1.0) > votes.limit[:, 0]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Intervals:
    """The votes of rows as intervals; the ends of a silent element are infinitely far away."""

    centre: Floats  # (rows, n)
    width: Floats  # (rows, n), above 0
    from_above: Floats  # the centre, -inf of a silent element
    from_below: Floats  # the centre, inf of a silent element
    broken: NDArray[np.bool_]  # (rows,): an element's vote is no number; all of the row are silent then

    @classmethod
    def of(cls, votes: Votes) -> _Intervals:
        """Return the intervals of votes."""
        vocal = ~votes.silent
        broken = np.asarray((vocal & ~(np.isfinite(votes.centre) & ~np.isnan(votes.width))).any(axis=-1))
        vocal = vocal & ~broken[:, np.newaxis]
        return cls(
            centre=np.where(vocal, votes.centre, 0.0),
            width=np.where(vocal, np.maximum(votes.width, _NARROWEST), _NARROWEST),
            from_above=np.where(vocal, votes.centre, -np.inf),
            from_below=np.where(vocal, votes.centre, np.inf),
            broken=broken,
        )

    def __getitem__(self, rows: NDArray[np.intp]) -> _Intervals:
        """Return some of the rows."""
        return _Intervals(
            centre=self.centre[rows],
            width=self.width[rows],
            from_above=self.from_above[rows],
            from_below=self.from_below[rows],
            broken=self.broken[rows],
        )

    def low(self, factor: Floats | float) -> Floats:
        """Return the largest lower end at a factor on the widths, (rows,)."""
        return np.asarray(row_maxima(self.from_above - factor * self.width)[:, 0])

    def high(self, factor: Floats | float) -> Floats:
        """Return the smallest upper end, (rows,)."""
        return np.asarray(-row_maxima(-(self.from_below + factor * self.width))[:, 0])

    def distance(self, factor: Floats | float) -> Floats:
        """Return how far from 0 the nearest point is that all intervals of a row have in common there, (rows,)."""
        return np.maximum(np.maximum(self.low(factor), -self.high(factor)), 0.0)

    def least_factor(self) -> Floats:
        """Return the smallest factor at which all intervals of a row have a point in common, (rows, 1).

        The gap between the largest lower end and the smallest upper end is a convex, piecewise linear function of the
        factor, so Newton's iteration from 0 rises to its root through its vertices and stops there exactly.
        """
        factor = np.zeros((len(self.centre), 1))
        moving, rows = np.arange(len(factor)), self
        for _ in range(_STEPS):
            needed = rows._vertex(factor[moving])
            grown = (needed > factor[moving])[:, 0]
            if not grown.any():
                break
            moving = moving[grown]
            factor[moving] = needed[grown]
            rows = self[moving]
        return factor

    def _vertex(self, factor: Floats) -> Floats:
        """Return the factor at which the two intervals meet that are farthest apart at this one, (rows, 1)."""
        reach = factor * self.width
        lowest = np.argmax(self.from_above - reach, axis=-1)[:, np.newaxis]
        highest = np.argmin(self.from_below + reach, axis=-1)[:, np.newaxis]
        low, high = (np.take_along_axis(self.centre, at, axis=-1) for at in (lowest, highest))
        together = sum(np.take_along_axis(self.width, at, axis=-1) for at in (lowest, highest))
        apart = low - high
        return np.where(apart > 0, apart / np.maximum(together, _NARROWEST), 0.0)
