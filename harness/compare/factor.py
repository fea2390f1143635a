"""Whether one array is a constant times another, as far as both are known, and what that constant is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.call import Call
from harness.parts import batch_of
from harness.vocabulary import Op
from reference.formats import Floats

_DISTINCT: Final = 0.1  # of a factor's distance from one: how well one that has a name must be known
_SHARP: Final = 0.01  # and how well one that has none
_BARE: Final = ((1.0, "one"), (2.0, "two"), (0.5, "1 / two"))  # factors that need no other name
_AT_LEAST: Final = 3  # elements that agree on a factor without a name: those of a gradient of two are g and -g
_ROUND: Final[list[int]] = sorted({*range(1, 13), *(2**k for k in range(25)), *(10**k for k in range(10))})
_DIGITS: Final = 17  # that tell any two numbers of float64 apart
_NEAREST: Final = 0.01  # to one that such a factor may be: nobody multiplies by 1.000004, a sum or a logarithm is off


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Every c with |a - c b| <= A + |c| B for all elements; ``determined``: how many elements bound c on both sides."""

    low: float
    high: float
    determined: int

    def holds(self, factor: float) -> bool:
        """Say whether a factor is among them."""
        return self.low <= factor <= self.high

    @property
    def middle(self) -> float:
        """The factor in the middle, between its ends as a ratio."""
        return math.copysign(math.sqrt(self.low * self.high), self.low)

    @property
    def narrow(self) -> bool:
        """Whether all factors are within some per cent of each other."""
        return self.determined > 0 and self.high - self.low <= _DISTINCT * abs(self.middle)

    def told_from_one(self, share: float) -> bool:
        """Whether the factor is known to ``share`` of its distance from one."""
        return math.isfinite(self.high - self.low) and self.high - self.low <= share * abs(self.middle - 1.0)


def factors(a: Floats, b: Floats, *, of_a: Floats, of_b: Floats) -> Interval | None:
    """Return the factors c, all of one sign, for which a is c b; None where there are none.

    ``of_a`` and ``of_b`` bound the errors of a and b. All arrays are flat and finite. Each element gives an interval:
    for c > 0 and b >= 0, c (b + B) >= a - A and c (b - B) <= a + A.
    """
    upright = np.where(b < 0, -1.0, 1.0)
    a, b = a * upright, b * upright
    if not (b > of_b).any():
        return None
    sign = -1.0 if a[np.argmax(np.where(b > of_b, b, 0.0))] < 0 else 1.0
    a = a * sign
    with np.errstate(all="ignore"):
        most, least, top, bottom = b + of_b, b - of_b, a + of_a, a - of_a
        lower = np.where(most > 0, bottom / most, np.where(bottom > 0, np.inf, 0.0))
        lower = np.maximum(lower, np.where(least < 0, top / least, np.where((least == 0) & (top < 0), np.inf, 0.0)))
        upper = np.where(least > 0, top / least, np.inf)
    low, high = max(0.0, float(lower.max())), float(upper.min())
    if not low <= high or not high > 0:
        return None
    determined = int(((bottom > 0) & (least > 0)).sum())
    return Interval(low=low if sign > 0 else -high, high=high if sign > 0 else -low, determined=determined)


def named_factor(found: Interval, calls: tuple[Call, Call]) -> tuple[float, str] | None:
    """Return the factor that an interval stands for, and what it equals; None where it stands for none.

    It must be known well enough to be told from one. A factor that has a name may be that of one number; any other has
    to be what several elements agree on, and not be next to one, where the error of a row's sum or logarithm is.
    """
    if not found.determined or not found.told_from_one(_DISTINCT):
        return None
    sizes = list(dict.fromkeys(size for call in calls for size in _sizes(call)))
    for known in (_single(sizes), _BARE, _ratios(sizes)):
        names = [
            (sign * value, prefix + name) for value, name in known for sign, prefix in ((1.0, ""), (-1.0, "minus "))
        ]
        fitting = [(value, name) for value, name in names if found.holds(value)]
        if fitting:
            nearest = min((value for value, _ in fitting), key=lambda value: abs(math.log(value / found.middle)))
            return nearest, ", ".join(dict.fromkeys(name for value, name in fitting if value == nearest))
    sharp = found.determined >= _AT_LEAST and found.told_from_one(_SHARP)
    return (found.middle, "") if sharp and abs(found.middle - 1.0) >= _NEAREST else None


def round_factor(found: Interval, *, agreed: bool) -> float | None:
    """Return the roundest factor of an interval; None where none is round.

    ``agreed``: whether elements agree on it that make any number credible; then the shortest decimal stands for all
    that cannot be told apart. Otherwise it has to be a small whole number, a power of two or ten, or the inverse.
    """
    if not agreed and not found.told_from_one(_DISTINCT):
        return None
    sign = math.copysign(1.0, found.middle)
    for whole in _ROUND:
        if found.holds(sign * whole):
            return sign * whole
        if found.holds(sign / whole):
            return sign / whole
    if not agreed:
        return None
    shortest = (float(f"{found.middle:.{digits}e}") for digits in range(_DIGITS))
    return next((value for value in shortest if found.holds(value)), found.middle)


def _single(sizes: list[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Yield each size and its inverse."""
    for value, name in sizes:
        yield value, name
        yield 1.0 / value, f"1 / {name}"


def _ratios(sizes: list[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Yield products and quotients of two sizes; of those that are equal the first stands for all."""
    names: dict[float, str] = {}
    for value, name in sizes:
        names.setdefault(value, name)
    for (value, name), (other, another) in itertools.combinations(names.items(), 2):
        yield value * other, f"{name} times {another}"
        yield value / other, f"{name} / {another}"
        yield other / value, f"{another} / {name}"


def _sizes(call: Call) -> Iterator[tuple[float, str]]:
    """Yield what a result of this call may have been multiplied by, by mistake or by definition."""
    batch = batch_of(call)
    found = [(float(batch.rows), "the number of rows")]
    if call.x.ndim:
        found.append((float(call.x.shape[call.axis]), "the length of the axis"))
    if call.index_targets and call.targets is not None and call.ignore_index is not None:
        found.append((float(batch.counted), "the number of rows that count"))
    if call.temperature is not None:
        found += [(call.temperature, "the temperature"), (call.temperature**2, "the square of the temperature")]
    if call.op is Op.SOFTMAX_OUTPUT:
        found.append((abs(call.grad_scale), "grad_scale"))
        found.append((float(batch.first_axis), "the length of the first axis"))
    yield from (size for size in found if size[0] > 0 and size[0] != 1.0)
