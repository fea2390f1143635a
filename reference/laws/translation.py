"""The law of translation: a shift that all logits of a row share changes nothing, but for logsumexp, which follows it.

The logits x and x + c have the same d = x - max x. A kernel that rounds nothing before it subtracts the maximum finds
the same numbers at both: its two results may differ by what exponentials and sums err, but not by the rounding of d
that the plain bound has to allow for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.bounds.shift import Temper
from reference.exact.doubledouble import Floats, difference, two_sum
from reference.formats import FLOAT32, format_named
from reference.laws.finding import Finding
from reference.question import INTEGER, Question
from reference.truth import Truth, truth

_INTEGERS = float(2**31)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What was asked of a kernel at both logits, and what it declares; see :func:`reference.truth.truth`."""

    quantity: str
    cotangent: Floats | None
    tangent: Floats | None
    working: str
    accumulation: str
    forms: tuple[str, ...]

    def truth(self, question: Question, *, accumulation: str) -> Truth:
        """Return the truth of this at one of the logits."""
        return truth(
            question,
            self.quantity,
            cotangent=self.cotangent,
            tangent=self.tangent,
            working=self.working,
            accumulation=accumulation,
            forms=self.forms,
        )


def exactly_shifted(question: Question, shift: Floats | float) -> NDArray[np.bool_]:
    """Return which rows, (count,), can be shifted exactly: each x + shift is a number of the format of x.

    ``shift``: one number, or one for each row, in C order of the remaining axes.
    """
    x = question.rows.cut(question.x)
    c = np.broadcast_to(np.asarray(shift, dtype=np.float64).reshape(-1, 1), (len(x), 1))
    with np.errstate(all="ignore"):
        moved, lost = two_sum(np.where(np.isfinite(x), x, 0.0), np.where(np.isfinite(x), c, 0.0))
        if question.format == INTEGER:
            held = (np.rint(moved) == moved) & (moved >= -_INTEGERS) & (moved < _INTEGERS)
        else:
            held = np.isfinite(moved) & (format_named(question.format).nearest(moved) == moved)
    return np.asarray((held & (lost == 0)).all(axis=-1))


def common_shift(question: Question, other: Question) -> Floats | None:
    """Return by what each row of ``other`` is shifted against that of ``question``, (count,).

    None where the two differ in anything else, or a row's elements by more than one number.
    """
    if not _alike(question, other):
        return None
    x, y = question.logits, other.logits
    finite = np.isfinite(x)
    if not np.array_equal(np.where(finite, 0.0, x), np.where(np.isfinite(y), 0.0, y), equal_nan=True):
        return None
    moved = difference(np.where(finite, y, 0.0), np.where(finite, x, 0.0))
    first = np.argmax(finite, axis=-1)[:, np.newaxis] if x.shape[-1] else np.zeros((len(x), 0), dtype=np.intp)
    shift = moved.at(first)
    if not np.isfinite(shift.hi).all() or shift.lo.any():
        return None
    same = ~finite | ((moved.hi == shift.hi) & (moved.lo == 0))
    return shift.hi.reshape(-1) if bool(same.all()) else None


def shift_finding(
    question: Question, other: Question, got: Floats, other_got: Floats, *, asked: Asked
) -> Finding | None:
    """Return how far two results of one kernel are apart that a shift of the logits should not tell apart.

    None where the logits are divided by a number that is no power of two: their quotients are not shifted by one
    number. Raise ValueError where the two questions are not shifts of each other.
    """
    shift = common_shift(question, other)
    if shift is None:
        raise ValueError(
            "two questions that differ in more than one number added to each row: give two at x and x + c; "
            "the caller's mistake"
        )
    if not Temper(temperature=question.temperature, entering=None).exact:
        return None
    apart = difference(other_got, got)
    if question.op == "logsumexp" and asked.quantity == "forward":
        apart = apart.plus(question.rows.join_batch(-shift[:, np.newaxis]))
    measured = np.where(np.isinf(got) & (got == other_got), 0.0, np.abs(apart.hi))
    allowed, applies, vacuous = _allowed((question, other), asked, accumulation=asked.accumulation)
    if vacuous.any() and format_named(asked.accumulation).precision < FLOAT32.precision:
        wider, _, _ = _allowed((question, other), asked, accumulation=FLOAT32.name)
        allowed = np.where(vacuous, wider, allowed)
    of_rows = [_of_rows(question, asked.quantity, array) for array in (measured, allowed, applies, vacuous)]
    return _worst(*of_rows)


def _allowed(
    pair: tuple[Question, Question], asked: Asked, *, accumulation: str
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return how far results may be apart, where anything is known of them, and where nothing is allowed too much."""
    one, other = (asked.truth(question, accumulation=accumulation) for question in pair)
    unknown = one.undefined | other.undefined | one.out_of_range | other.out_of_range
    return one.shifted_bound + other.shifted_bound, ~unknown, one.shifted_vacuous | other.shifted_vacuous


def _of_rows(question: Question, quantity: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return what belongs to each row, (count, anything); one row where an op makes one number of all."""
    rows, outputs = question.rows, question.outputs_per_row
    if quantity in ("forward", "jvp") and outputs is not None:
        return array.reshape(rows.count if outputs else 1, 1)
    each = array.reshape(-1, *question.x.shape)  # a Jacobian has one such array for each output
    return np.concatenate([rows.cut(one) for one in each], axis=-1)


def _worst(measured: NDArray[Any], allowed: NDArray[Any], applies: NDArray[Any], widened: NDArray[Any]) -> Finding:
    excess = np.where(applies, np.where(np.isnan(measured), np.inf, measured - allowed), -np.inf)
    worst = np.argmax(excess, axis=-1)[:, np.newaxis]
    found, limit, known, wide = (
        np.take_along_axis(one, worst, axis=-1)[:, 0] for one in (measured, allowed, applies, widened)
    )
    return Finding(
        kind="shift",
        says="a shift that all logits of row {row} share moves its result by {value}",
        value=found,
        measured=found,
        allowed=limit,
        applies=known,
        widened=wide,
    )


def _alike(question: Question, other: Question) -> bool:
    """Return whether two questions differ in nothing but the values of x."""

    def same(one: object, another: object) -> bool:
        if isinstance(one, np.ndarray) and isinstance(another, np.ndarray):
            return np.array_equal(one, another)
        return one is another or (not isinstance(one, np.ndarray) and one == another)

    alike = all(same(getattr(question, f.name), getattr(other, f.name)) for f in fields(Question) if f.name != "x")
    return alike and question.x.shape == other.x.shape
