"""Accuracy as pictures: for each op, quantity and dtype, where every adapter's errors lie as shares of their bounds."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.compare.comparison import Comparison
from harness.vocabulary import Quantity

WIDTH = 150  # pixels of a picture
_DECADES = (-4, 2)  # powers of ten at its left and right edge; what lies beyond is drawn at the edge


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
class Measured:
    """One op, quantity and dtype; a strip is None where the adapter has no judged evaluation of it."""

    op: str
    quantity: Quantity
    dtype: str
    strips: tuple[Strip | None, ...]


def accuracy(comparison: Comparison) -> tuple[Measured, ...]:
    """Return the shares of all judged evaluations by op, quantity and dtype, in the order of the vocabulary."""
    shares: dict[tuple[str, Quantity, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for verdict in comparison.verdicts:
        if verdict.share is not None:
            shares[verdict.op, verdict.quantity, verdict.dtype][verdict.adapter].append(verdict.share)
    quantities = list(Quantity)
    keys = sorted(shares, key=lambda key: (key[0] != "softmax", key[0], quantities.index(key[1]), key[2]))
    return tuple(
        Measured(
            op=op,
            quantity=quantity,
            dtype=dtype,
            strips=tuple(_strip(shares[op, quantity, dtype].get(run.name)) for run in comparison.adapters),
        )
        for op, quantity, dtype in keys
    )


def bound_pixel() -> int:
    """Return where a share of 1 lies."""
    return _pixel(1.0)


def _strip(shares: list[float] | None) -> Strip | None:
    if not shares:
        return None
    # a NaN share comes from a NaN result: it counts as beyond every bound
    ordered = sorted(math.inf if math.isnan(share) else share for share in shares)
    return Strip(shares=tuple(share for share in ordered if share > 0), exact=ordered.count(0.0))


def _pixels(shares: Sequence[float]) -> tuple[int, ...]:
    return tuple(sorted({_pixel(share) for share in shares}))


def _pixel(share: float) -> int:
    low, high = _DECADES
    power = low if share <= 0 else high if math.isinf(share) else min(max(math.log10(share), low), high)
    return round((power - low) / (high - low) * WIDTH)
