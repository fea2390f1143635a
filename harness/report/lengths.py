"""How errors grow with the axis: per op, quantity and dtype, a dot for every judged result of every adapter."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from harness.compare.comparison import Comparison
from harness.compare.verdict import Verdict
from harness.report.errors import dtypes, in_ulps, order
from harness.vocabulary import Quantity

WIDTH, HEIGHT = 150, 64  # pixels of the area in which dots lie
FEWEST = 3  # lengths that a picture is drawn for: fewer show no growth
_LOWEST, _HIGHEST = -1, 8  # powers of ten of an error; what lies beyond is drawn at the edge

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_Key = tuple[str, Quantity, str, str]  # op, quantity, dtype, dtype of the output
Dot = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The axes that the pictures of an op and a quantity share: powers of ten of length and of error."""

    lengths: int  # the power of ten at the right edge; the left one is length 1
    errors: int  # that at the upper edge

    @property
    def across(self) -> tuple[tuple[int, str], ...]:
        """Pixel and label of every power of ten of the length."""
        return tuple((self.x(10**power), _power(power)) for power in range(self.lengths + 1))

    @property
    def up(self) -> tuple[tuple[int, str], ...]:
        """Pixel and label of every power of ten of the error."""
        return tuple((self.y(10.0**power), _power(power)) for power in range(_LOWEST, self.errors + 1))

    def x(self, length: int) -> int:
        """Return the pixel of a length."""
        return round(math.log10(length) / self.lengths * WIDTH)

    def y(self, error: float) -> int:
        """Return the pixel of an error, counted from above; what is no number lies at the upper edge."""
        if error <= 10.0**_LOWEST:
            return HEIGHT
        power = min(math.log10(error), self.errors) if error < math.inf else self.errors
        return round((self.errors - power) / (self.errors - _LOWEST) * HEIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The error of the worst element of one result."""

    length: int
    error: float
    beyond: bool  # whether it is more than rounding explains
    problem: str
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decade:
    """The results over axes of ``lengths``, a text like ``10 to 99``: the largest error of each adapter, or None."""

    lengths: str
    largest: tuple[Measurement | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One op, quantity and dtype; ``measured`` has an entry per adapter."""

    op: str
    quantity: Quantity
    dtypes: str
    frame: Frame
    measured: tuple[tuple[Measurement, ...], ...]

    @property
    def in_ulps(self) -> bool:
        """Whether its errors are in ulps; else they are in eps of the natural scale."""
        return in_ulps(self.op, self.quantity)

    @property
    def decades(self) -> tuple[Decade, ...]:
        """The same as numbers."""
        found = sorted({_decade(one.length) for own in self.measured for one in own})
        return tuple(
            Decade(
                lengths=_range(power),
                largest=tuple(
                    max((one for one in own if _decade(one.length) == power), key=_size, default=None)
                    for own in self.measured
                ),
            )
            for power in found
        )

    def dots(self, measured: Iterable[Measurement], *, beyond: bool) -> tuple[Dot, ...]:
        """Return where the results lie that are beyond rounding, or those that are not; equal pixels once."""
        places = {(self.frame.x(one.length), self.frame.y(one.error)) for one in measured if one.beyond is beyond}
        return tuple(sorted(places))


def lengths(comparison: Comparison) -> dict[str, tuple[Growth, ...]]:
    """Return by op what was measured over at least :data:`FEWEST` lengths, in the order of the vocabulary."""
    found: dict[_Key, dict[str, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
    for verdict in comparison.verdicts:
        measurement = _measurement(verdict)
        if measurement is not None:
            key = (verdict.op, verdict.quantity, verdict.dtype, verdict.output_dtype)
            found[key][verdict.adapter].append(measurement)
    names = [run.name for run in comparison.adapters]
    growths: list[Growth] = []
    for _, keys in groupby(sorted(found, key=lambda key: order(*key)), key=_together):
        drawn = [key for key in keys if len({one.length for own in found[key].values() for one in own}) >= FEWEST]
        frame = _frame([one for key in drawn for own in found[key].values() for one in own])
        growths.extend(
            Growth(
                op=key[0],
                quantity=key[1],
                dtypes=dtypes(key[2], key[3]),
                frame=frame,
                measured=tuple(tuple(found[key][name]) for name in names),
            )
            for key in drawn
        )
    return {op: tuple(own) for op, own in groupby(growths, key=lambda one: one.op)}


def _together(key: _Key) -> tuple[str, Quantity, bool]:
    """Return what shares a frame: results of another dtype are often off by more, and would flatten all others."""
    op, quantity, dtype, output_dtype = key
    return op, quantity, output_dtype not in ("", dtype)


def _measurement(verdict: Verdict) -> Measurement | None:
    """Return the error of a result over an axis that has a length; None where nothing was computed and judged."""
    error = verdict.normal_ulps if in_ulps(verdict.op, verdict.quantity) else verdict.eps
    length = verdict.shape[verdict.axis] if verdict.shape else 1
    if error is None or verdict.computed == 0 or length == 0:
        return None
    shares = (verdict.share, verdict.row_share, verdict.row_scalar)
    return Measurement(
        length=length,
        error=error,
        beyond=any(share is not None and not share <= 1 for share in shares),
        problem=verdict.problem,
        case=verdict.case,
    )


def _frame(measured: list[Measurement]) -> Frame:
    sizes = [one.error for one in measured if one.error < math.inf]
    longest = max((one.length for one in measured), default=1)
    largest = max(sizes, default=1.0)
    return Frame(
        lengths=max(1, math.ceil(math.log10(longest))),
        errors=min(_HIGHEST, max(1, math.ceil(math.log10(max(largest, 1.0))))),
    )


def _size(one: Measurement) -> float:
    return math.inf if math.isnan(one.error) else one.error


def _decade(length: int) -> int:
    return len(str(length)) - 1


def _range(power: int) -> str:
    return f"{10**power:,} to {10 ** (power + 1) - 1:,}"


def _power(power: int) -> str:
    return f"{10.0**power:g}" if power < 3 else "10" + str(power).translate(_SUPERSCRIPTS)
