"""Returned arrays against the oracle: pattern of NaN and infinities, element test, row test, in that order.

Every test is written so that NaN fails it: ``not (share <= 1)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.accuracy import Accuracy, accuracies, flat, indices, picked
from harness.vocabulary import Outcome
from reference.consistency import RowConsistency
from reference.formats import FloatFormat, Floats, format_named
from reference.truth import Truth
from reference.ulp import error, rounded

_RANGE = "a correct kernel may overflow here on its way to the result"


@dataclass(frozen=True, slots=True)
class Measured:
    """How an array stands to the oracle; ``numbers`` are fields of :class:`~harness.compare.verdict.Verdict`.

    ``accuracy`` returns more of these, which decide nothing: they are computed when somebody asks for a table of them.
    """

    outcome: Outcome
    detail: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)
    accuracy: Callable[[], dict[str, Any]] = dict


def measure(got: Floats, *, oracle: Truth, dtype: str, rows: RowConsistency | None) -> Measured:
    """Measure one array; the arguments are those of :func:`measure_together`, without their first axis."""
    return measure_together(
        got[np.newaxis],
        oracle=oracle.lifted(),
        scale=lambda: np.ones((1, *got.shape)),
        dtype=dtype,
        rows=None if rows is None else RowConsistency.together([rows]),
    )[0]


def measure_together(
    got: Floats, *, oracle: Truth, scale: Callable[[], Floats], dtype: str, rows: RowConsistency | None
) -> list[Measured]:
    """Measure arrays of numbers of ``dtype`` that lie along the first axis of ``got``, in the oracle's shape.

    ``scale`` returns the natural scale of each element's row, ``rows`` are the row tests, (arrays, rows), where there
    are any. All arrays are measured in one piece, which for small ones takes little more time than for one.
    """
    with np.errstate(all="ignore"):
        elements = _Elements.of_format(got, oracle, format_named(dtype))
        found = elements.measured(accuracy=Accuracy(lambda: elements.accuracies(scale())), rows=rows)
        usual = np.all(flat(np.isfinite(got) & np.isfinite(elements.want)), axis=1)
        return [
            one if usual[k] else _unless_patterns_differ(one, got[k], elements.want[k], oracle[k])
            for k, one in enumerate(found)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Elements:
    """Arrays along a first axis, the correctly rounded oracle, and the distance of each element.

    Distances are 0 where the oracle is not finite. ``judged``: what the oracle has a number for, and no leave to
    overflow; ``proven``: what of that meets a bound that proves something.
    """

    got: Floats
    want: Floats
    shares: Floats
    errors: Floats
    ulps: Floats
    bound: Floats
    exact: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    proven: NDArray[np.bool_]
    of: FloatFormat

    @classmethod
    def of_format(cls, got: Floats, oracle: Truth, target: FloatFormat) -> _Elements:
        """Return the distances of the elements of ``got``, numbers of the format ``target``."""
        want = rounded(oracle.value, target)
        finite, apart = np.isfinite(want), error(got, oracle.value)
        errors = np.where(finite, apart, 0.0)
        a_number = np.isfinite(got)
        judged = finite if a_number.all() else finite & ~(oracle.out_of_range & ~a_number)
        proven = ~oracle.vacuous & (apart <= oracle.bound)
        if not (proven | ~judged).all():
            second = oracle.second
            proven = proven | (~second.vacuous & (error(got, second.value) <= second.bound))
        shares = np.where(finite, oracle.share(got, of=target.name, error=apart), 0.0)
        return cls(
            got=got,
            want=want,
            shares=np.where(judged, shares, 0.0),
            errors=errors,
            ulps=np.where(errors == 0, 0.0, errors / target.spacing(want)),
            bound=oracle.bound,
            exact=(got == want) | oracle.undefined,
            judged=judged,
            proven=np.asarray(proven),
            of=target,
        )

    def measured(self, *, accuracy: Accuracy, rows: RowConsistency | None) -> list[Measured]:
        """Return how each array stands, were it not for the pattern of what is no number."""
        exact, judged = flat(self.exact), flat(self.judged)
        counts = exact.sum(axis=1).tolist()
        columns: dict[str, list[Any]] = {"elements": [exact.shape[1]] * len(counts), "exact_elements": counts}
        anything = np.any(judged, axis=1).tolist()
        if any(anything):
            columns |= self._columns(rows)
        proven = np.all(flat(self.proven) | ~judged, axis=1).tolist()
        return [
            _decided(dict(zip(columns, values, strict=True)), proven=proven[k], accuracy=partial(accuracy.of, k))
            if anything[k]
            else Measured(Outcome.EXACT, numbers={"elements": exact.shape[1], "exact_elements": counts[k]})
            for k, values in enumerate(zip(*columns.values(), strict=True))
        ]

    def accuracies(self, scale: Floats) -> dict[str, list[Any]]:
        """Return fields of each array's verdict: how accurate it is."""
        with np.errstate(all="ignore"):
            return accuracies(
                self.got, self.want, errors=self.errors, ulps=self.ulps, scale=scale, judged=self.judged, of=self.of
            )

    def _columns(self, rows: RowConsistency | None) -> dict[str, list[Any]]:
        """Return fields of each array's verdict: its worst element, and its worst row."""
        shares, judged = flat(self.shares), flat(self.judged)
        worst = np.where(np.isnan(shares), np.inf, shares).argmax(axis=1)
        columns: dict[str, list[Any]] = {
            "at": indices(worst, self.got.shape[1:]),
            "got": picked(self.got, worst),
            "want": picked(self.want, worst),
            "share": picked(shares, worst),
            "error": picked(self.errors, worst),
            "bound": picked(self.bound, worst),
            "ulps": np.where(judged, flat(self.ulps), 0.0).max(axis=1).tolist(),
        }
        if rows is not None:
            either = np.maximum(rows.share, rows.scalar)
            columns |= {
                "row_share": rows.share.max(axis=1).tolist(),
                "row_scalar": rows.scalar.max(axis=1).tolist(),
                "row_at": np.where(np.isnan(either), np.inf, either).argmax(axis=1).tolist(),
            }
        return columns


def _decided(numbers: dict[str, Any], *, proven: bool, accuracy: Callable[[], dict[str, Any]]) -> Measured:
    """Return what the numbers of an array come to."""
    return Measured(*_outcome(numbers, proven=proven), numbers, accuracy)


def _outcome(numbers: dict[str, Any], *, proven: bool) -> tuple[Outcome, str]:
    if not (numbers["share"] <= 1):
        return Outcome.BEYOND_BOUND, "an element is beyond its rounding bound"
    if not (numbers.get("row_share", 0.0) <= 1):
        return Outcome.BEYOND_BOUND, "the elements of a row do not agree on one common factor"
    if not (numbers.get("row_scalar", 0.0) <= 1):
        return Outcome.BEYOND_BOUND, "the common factor of a row is beyond its bound"
    if not proven:
        return Outcome.OUTSIDE_RANGE, "no finite rounding bound exists here"
    exact = numbers["exact_elements"] == numbers["elements"]
    return (Outcome.EXACT if exact else Outcome.WITHIN_BOUND), ""


def _unless_patterns_differ(measured: Measured, got: Floats, want: Floats, oracle: Truth) -> Measured:
    """Return how an array stands in which something is no number, or should be none."""
    pattern = _pattern(got, want)
    if pattern is None:
        return measured
    alike = (got == want) | (np.isnan(got) & np.isnan(want)) | (np.isfinite(got) & np.isfinite(want))
    if not (alike | oracle.undefined | oracle.out_of_range).all():
        return pattern
    # the pattern differs only where the convention decides, or where a correct kernel may overflow on its way:
    # a wrong number elsewhere must not hide behind that
    if not (alike | oracle.undefined).all():
        pattern = Measured(Outcome.OUTSIDE_RANGE, f"{_RANGE}: {pattern.detail}", pattern.numbers)
    return measured if measured.outcome is Outcome.BEYOND_BOUND else pattern


def _pattern(got: Floats, want: Floats) -> Measured | None:
    """Compare where NaN and infinities stand, then the signs of the infinities."""
    if (np.isfinite(got) & np.isfinite(want)).all():
        return None
    for test, name in ((np.isnan, "NaN"), (np.isinf, "infinity")):
        differs = test(got) != test(want)
        if differs.any():
            count, first = int(differs.sum()), _first(differs)
            detail = f"{count} of {got.size} elements differ in {name}, the first at {list(first)}"
            return Measured(Outcome.NONFINITE_PATTERN, detail, _element(got, want, first))
    differs = np.isinf(want) & (np.sign(got) != np.sign(want))
    if differs.any():
        detail = f"the infinity at {list(_first(differs))} has the other sign"
        return Measured(Outcome.SIGN_OF_INFINITY, detail, _element(got, want, _first(differs)))
    return None


def _element(got: Floats, want: Floats, at: tuple[int, ...]) -> dict[str, Any]:
    return {"elements": got.size, "at": at, "got": float(got[at]), "want": float(want[at])}


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(mask)[0])
