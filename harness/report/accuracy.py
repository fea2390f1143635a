"""Accuracy as pictures beside numbers: per op, quantity and dtype, where every adapter's errors lie in their bounds."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.compare.comparison import Comparison
from harness.report.errors import Errors, dtypes, in_ulps, order
from harness.vocabulary import Quantity

WIDTH = 120  # pixels of a picture
_DECADES = (-4, 2)  # powers of ten at its left and right edge; what lies beyond is drawn at the edge

_Key = tuple[str, Quantity, str, str]  # op, quantity, dtype, dtype of the output


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The shares of one adapter: each drawn as a tick on a logarithmic axis, equal pixels once."""

    shares: tuple[float, ...]  # of the evaluations that are not exact, in order of size
    exact: int

    @property
    def within(self) -> tuple[int, ...]:
        """The pixels of the shares up to 1."""
        return _pixels([share for share in self.shares if share <= 1])

    @property
    def beyond(self) -> tuple[int, ...]:
        """The pixels of the shares above 1, and of those that are no number."""
        return _pixels([share for share in self.shares if not share <= 1])

    @property
    def median(self) -> float:
        """The median share, the exact evaluations included."""
        return statistics.median([0.0] * self.exact + list(self.shares))

    @property
    def worst(self) -> float:
        """The largest share."""
        return max(self.shares, default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """One adapter's picture, and how large its errors are; None where nothing was computed and judged."""

    strip: Strip
    errors: Errors | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One op, quantity and dtype; a cell is None where the adapter has no judged evaluation of it."""

    op: str
    quantity: Quantity
    dtypes: str  # the dtype, and that of the output where it is another one
    cells: tuple[Accuracy | None, ...]

    @property
    def in_ulps(self) -> bool:
        """Whether ulps say how large its errors are."""
        return in_ulps(self.op, self.quantity)


def accuracy(comparison: Comparison, found: Sequence[Errors] = ()) -> tuple[Measured, ...]:
    """Return the shares and the errors of all judged evaluations, in the order of the vocabulary."""
    shares: dict[_Key, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for verdict in comparison.verdicts:
        if verdict.share is not None:
            key = (verdict.op, verdict.quantity, verdict.dtype, verdict.output_dtype)
            shares[key][verdict.adapter].append(verdict.share)
    errors = {(one.op, one.quantity, one.dtype, one.output_dtype, one.adapter): one for one in found}
    names = [run.name for run in comparison.adapters]
    return tuple(
        Measured(
            op=key[0],
            quantity=key[1],
            dtypes=dtypes(key[2], key[3]),
            cells=tuple(
                Accuracy(strip=_strip(shares[key][name]), errors=errors.get((*key, name)))
                if shares[key].get(name)
                else None
                for name in names
            ),
        )
        for key in sorted(shares, key=lambda key: order(*key))
    )


def by_op(measured: Sequence[Measured]) -> dict[str, tuple[Measured, ...]]:
    """Return what was measured of each op."""
    return {op: tuple(group) for op, group in groupby(measured, key=lambda one: one.op)}


def bound_pixel() -> int:
    """Return where a share of 1 lies."""
    return _pixel(1.0)


def _strip(shares: list[float]) -> Strip:
    # a NaN share comes from a NaN result: it counts as beyond every bound
    ordered = sorted(math.inf if math.isnan(share) else share for share in shares)
    return Strip(shares=tuple(share for share in ordered if share > 0), exact=ordered.count(0.0))


def _pixels(shares: Sequence[float]) -> tuple[int, ...]:
    return tuple(sorted({_pixel(share) for share in shares}))


def _pixel(share: float) -> int:
    low, high = _DECADES
    power = low if share <= 0 else high if math.isinf(share) else min(max(math.log10(share), low), high)
    return round((power - low) / (high - low) * WIDTH)
