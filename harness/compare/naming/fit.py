"""Whether a wrong result agrees with the formula of a fault, and how well.

An element agrees with a fault where it lies within the fault's own rounding bound, that of a kernel which follows the
wrong formula (:mod:`reference.faults`), and one rounding more, to the format that it is stored in. A fault fits where
all elements of all rows that are wrong agree with it, and where it says something else than the truth: at one of them
formula and truth are farther apart than both bounds together. Times a factor c it fits where one c does so for all
these elements at once (:func:`~harness.compare.factor.factors`), and where that c is one that can be told from others.

A result that was printed with a few digits is any number that prints so: the one nearest to a formula is held against
it, and a formula must be telling, since more of them fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.call import Call
from harness.compare.factor import Interval, factors, named_factor, round_factor
from harness.compare.naming.wrong import Wrong
from reference.faults import Answer
from reference.formats import Floats, format_named
from reference.ulp import error

Explanation = TypeVar("Explanation")

_MUCH_WEAKER: Final = 16.0  # times as much left of the error
_FEW: Final = 3  # elements that decide a factor by themselves, however coarse they are
_ROUNDED: Final = 2.0  # unit roundoffs: a formula is met to the last place
_SIZABLE: Final = 16.0  # bounds of the right rule: a multiple that is smaller may be its rounding
_SHARP: Final = 1e-3  # how well fewer have to know it, relatively: twenty names then meet a wrong one by 2 % at most
_SHARP_IN_PRINT: Final = 2.0**-8  # the same of four printed digits, of which a factor of a third leaves three
_TELLING: Final = 2.0**-6  # how loosely a formula may fit a result of few digits where it fits best
_IN_PRINT: Final = 4  # elements that decide the multiple of a formula, where few digits were printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a formula, times ``factor``, explains a result.

    ``share``: the largest distance of an element from it, over its bound; at most 1. ``left``: the distances from it of
    the elements that are beyond their bounds, over those of the truth from them: what is left of the error, for every
    formula over the same elements. ``loose``: the bound over that distance, where it is
    smallest: about the chance that any number passes for the formula there. ``called``: what the factor equals, where
    it has a name.
    """

    share: float
    left: float
    loose: float
    factor: float = 1.0
    called: str = ""


def fit(wrong: Wrong, answer: Answer) -> Fit | None:
    """Return how well an answer explains a wrong result, None where it does not."""
    off, bound = _apart(wrong, answer), _bound(wrong, answer)
    found = _fit(wrong, answer.value.hi, off, bound)
    if found is not None:
        return found
    # a bound that proves nothing may hide a formula that is met to the last place, where the truth is not
    storage = format_named(wrong.dtype)
    with np.errstate(all="ignore"):
        last = _ROUNDED * storage.unit_roundoff * np.abs(answer.value.hi) + storage.smallest_subnormal / 2.0
        share = wrong.evaluation.truth.share(storage.nearest(answer.value.hi), of=wrong.dtype)
    return _fit(wrong, answer.value.hi, off, np.minimum(bound, last), elsewhere=~(share <= 1))


def undecided(wrong: Wrong, answer: Answer) -> bool:
    """Say whether a result lies within the bound of an answer that says too little: the truth agrees as well."""
    concerned = wrong.concerned
    with np.errstate(all="ignore"):
        within = _apart(wrong, answer) <= _bound(wrong, answer)
    return bool(within[concerned].all()) and fit(wrong, answer) is None


def directed(wrong: Wrong, answer: Answer) -> bool:
    """Say whether a multiple of an answer can be told from one of another rule.

    Where a row has one element, or equal ones, every rule points the same way, and some factor always fits. So at two
    elements that have to be explained the ratio of formula to truth has to differ by more than both may be off; where
    the truth is zero, the formula's own elements have to.
    """
    truth, concerned = wrong.evaluation.truth, wrong.concerned
    value, right = answer.value.hi[concerned], truth.value.hi[concerned]
    of_value, of_right = _bound(wrong, answer)[concerned], truth.bound[concerned]
    if value.size < 2:
        return False
    with np.errstate(all="ignore"):
        top = int(np.argmax(np.abs(right) - of_right))
        if abs(right[top]) > of_right[top]:
            across = np.abs(value * right[top] - value[top] * right)
            off = of_value * abs(right[top]) + of_value[top] * np.abs(right)
            off = off + of_right * abs(value[top]) + of_right[top] * np.abs(value)
            return bool((across > off).any())
        top = int(np.argmax(np.abs(value)))
        return bool((np.abs(np.abs(value) - abs(value[top])) > of_value + of_value[top]).any())


def scaled_fit(wrong: Wrong, answer: Answer, call: Call, *, at_least: int = 1) -> Fit | None:
    """Return how well an answer times one unknown factor explains a wrong result, None where none does.

    ``at_least``: how many elements have to bound the factor on both sides.
    """
    concerned = wrong.concerned
    if at_least > 1 and not directed(wrong, answer):
        return None
    got, value, bound = (array[concerned] for array in (wrong.got, answer.value.hi, _bound(wrong, answer)))
    if not (np.isfinite(got).all() and np.isfinite(value).all() and np.isfinite(bound).all() and got.any()):
        return None
    storage = format_named(wrong.dtype)
    of_got = storage.unit_roundoff * np.abs(got) + storage.smallest_subnormal + wrong.within[concerned]
    found = factors(got, value, of_a=of_got, of_b=bound)
    if found is None or found.determined < at_least:
        return None
    if wrong.spread is not None and at_least > 1 and found.determined < _IN_PRINT:
        return None
    known = _known(found, wrong, call, alone=at_least == 1)
    if known is None:
        return None
    factor, called = known
    if (
        at_least > 1
        and not abs(factor) * np.abs(value).max() > _SIZABLE * wrong.evaluation.truth.bound[concerned].max()
    ):
        return None
    off = np.abs(wrong.towards(factor * answer.value.hi) - factor * answer.value.hi)
    loose = abs(factor) * _bound(wrong, answer) + storage.unit_roundoff * np.abs(wrong.got) + storage.smallest_subnormal
    explained = _fit(wrong, factor * answer.value.hi, off, loose)
    return None if explained is None else replace(explained, factor=factor, called=called)


def _known(found: Interval, wrong: Wrong, call: Call, *, alone: bool) -> tuple[float, str] | None:
    """Return the factor that an interval stands for, in words where it has a name; None where it stands for none.

    ``alone``: of the right rule, which a round number may multiply; other rules meet one too easily.
    """
    width = (found.high - found.low) / abs(found.middle)
    if found.determined < _FEW and not width <= (_SHARP if wrong.spread is None else _SHARP_IN_PRINT):
        return None
    known = named_factor(found, (call, call))
    if known is not None and known[1]:
        return known
    value = round_factor(found, agreed=known is not None) if known is not None or alone else None
    return None if value is None else (value, "")


def strongest(fits: Mapping[Explanation, Fit]) -> list[Explanation]:
    """Return what fits not much more weakly than the best, in its order."""
    least = min((one.left for one in fits.values()), default=0.0)
    return [name for name, one in fits.items() if one.left <= _MUCH_WEAKER * least]


def _fit(
    wrong: Wrong, value: Floats, off: Floats, bound: Floats, *, elsewhere: NDArray[np.bool_] | None = None
) -> Fit | None:
    concerned = wrong.concerned
    with np.errstate(all="ignore"):
        share = np.where(off == 0, 0.0, off / bound)[concerned]
        if not (share <= 1).all():
            return None
        truth = wrong.evaluation.truth
        if elsewhere is None:
            away = error(value, truth.value)
            elsewhere = np.isnan(away) | (away > bound + truth.bound)
        if not (elsewhere & wrong.beyond).any():
            return None
        decisive = wrong.beyond & elsewhere
        numbers = wrong.beyond & np.isfinite(wrong.apart) & np.isfinite(off)
        left = float(off[numbers].sum() / wrong.apart[numbers].sum()) if numbers.any() else 0.0
        loose = np.where(np.isinf(wrong.apart), 0.0, (bound + wrong.within) / wrong.apart)[decisive]
    if wrong.spread is not None and not loose.min() <= _TELLING:
        return None
    floor = format_named(wrong.dtype).unit_roundoff  # nobody can tell better formulas apart
    return Fit(share=float(share.max(initial=0.0)), left=max(left, floor), loose=float(loose.min()))


def _bound(wrong: Wrong, answer: Answer) -> Floats:
    storage = format_named(wrong.dtype)
    with np.errstate(all="ignore"):
        stored = storage.unit_roundoff * np.abs(answer.value.hi) + storage.smallest_subnormal / 2.0
        moved = np.isfinite(answer.value.hi) & (answer.value.hi != 0)
        return np.where(moved, answer.bound + stored, answer.bound)


def _apart(wrong: Wrong, answer: Answer) -> Floats:
    """Return the distance of a result from an answer: 0 for NaN where NaN is due, and for an infinity where one is.

    An infinity is due where the answer is one, and where it overflows in the format that it is stored in.
    """
    got, value = wrong.towards(answer.value.hi), answer.value.hi
    with np.errstate(all="ignore"):
        off = error(got, answer.value)
        due = np.abs(value) + answer.bound >= format_named(wrong.dtype).largest
        agrees = (np.isnan(got) & np.isnan(value)) | (np.isinf(got) & due & (np.sign(got) == np.sign(value)))
        off = np.where(agrees, 0.0, off)
    return np.where(np.isnan(off), np.inf, off)
