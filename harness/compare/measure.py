"""One returned array against the oracle: pattern of NaN and infinities, element test, row test, in that order.

Every test is written so that NaN fails it: ``not (share <= 1)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.accuracy import accuracy
from harness.vocabulary import Outcome
from reference.consistency import RowConsistency
from reference.formats import FloatFormat, Floats, format_named
from reference.truth import Truth
from reference.ulp import error, rounded

_RANGE = "a correct kernel may overflow here on its way to the result"


@dataclass(frozen=True, slots=True)
class Measured:
    """How an array stands to the oracle; ``numbers`` are fields of :class:`~harness.compare.verdict.Verdict`."""

    outcome: Outcome
    detail: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """One returned array, as float64, beside its oracle, and its row test where there is one.

    ``scale`` is the natural scale of each element's row.
    """

    got: Floats
    oracle: Truth
    scale: Floats
    rows: RowConsistency | None


def measure(got: Floats, *, oracle: Truth, scale: Floats, dtype: str, rows: RowConsistency | None) -> Measured:
    """Measure ``got``, numbers of ``dtype`` in the oracle's shape; the arguments are those of :class:`Result`."""
    return measure_together([Result(got=got, oracle=oracle, scale=scale, rows=rows)], dtype=dtype)[0]


def measure_together(results: Sequence[Result], *, dtype: str) -> list[Measured]:
    """Measure results of one shape, numbers of ``dtype``, each as :func:`measure` does.

    The distance of each element is computed for all of them in one piece, which for small arrays takes little more
    time than for one.
    """
    target = format_named(dtype)
    with np.errstate(all="ignore"):
        if len(results) == 1:
            parts = [_Elements.of_format(results[0].got, results[0].oracle, target)]
        else:
            whole = _Elements.of_format(
                np.stack([one.got for one in results]), Truth.together([one.oracle for one in results]), target
            )
            parts = [whole[k] for k in range(len(results))]
        return [_measured(elements, one) for elements, one in zip(parts, results, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Elements:
    """An array, the correctly rounded oracle, and the distance of each element; 0 where the oracle is not finite."""

    got: Floats
    want: Floats
    shares: Floats
    errors: Floats
    ulps: Floats
    proven: NDArray[np.bool_]  # where the element meets a bound that proves something
    of: FloatFormat

    @classmethod
    def of_format(cls, got: Floats, oracle: Truth, target: FloatFormat) -> _Elements:
        """Return the distances of the elements of ``got``, numbers of the format ``target``."""
        want = rounded(oracle.value, target)
        finite = np.isfinite(want)
        errors = np.where(finite, error(got, oracle.value), 0.0)
        return cls(
            got=got,
            want=want,
            shares=np.where(finite, oracle.share(got, of=target.name), 0.0),
            errors=errors,
            ulps=np.where(errors == 0, 0.0, errors / target.spacing(want)),
            proven=_proven(got, oracle),
            of=target,
        )

    def __getitem__(self, index: int) -> _Elements:
        """Return one part of the arrays along their first axis."""
        return _Elements(
            got=self.got[index],
            want=self.want[index],
            shares=self.shares[index],
            errors=self.errors[index],
            ulps=self.ulps[index],
            proven=self.proven[index],
            of=self.of,
        )


def _measured(elements: _Elements, result: Result) -> Measured:
    got, want, oracle = elements.got, elements.want, result.oracle
    pattern = _pattern(got, want)
    if pattern is None:
        return _numbers(elements, result)
    alike = (got == want) | (np.isnan(got) & np.isnan(want)) | (np.isfinite(got) & np.isfinite(want))
    if not (alike | oracle.undefined | oracle.out_of_range).all():
        return pattern
    # the pattern differs only where the convention decides, or where a correct kernel may overflow on its way:
    # a wrong number elsewhere must not hide behind that
    measured = _numbers(elements, result)
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


def _numbers(elements: _Elements, result: Result) -> Measured:
    got, want, oracle, rows = elements.got, elements.want, result.oracle, result.rows
    judged = np.isfinite(want) & ~(oracle.out_of_range & ~np.isfinite(got))
    exact = (got == want) | oracle.undefined
    numbers: dict[str, Any] = {"elements": got.size, "exact_elements": int(exact.sum())}
    if not judged.any():
        return Measured(Outcome.EXACT, numbers=numbers)
    shares = np.where(judged, elements.shares, 0.0)
    at = _worst(shares)
    numbers |= _element(got, want, at)
    numbers |= {
        "share": float(shares[at]),
        "error": float(elements.errors[at]),
        "bound": float(oracle.bound[at]),
        "ulps": float(np.where(judged, elements.ulps, 0.0).max()),
    }
    numbers |= accuracy(
        got,
        want,
        errors=elements.errors,
        ulps=elements.ulps,
        scale=result.scale,
        judged=judged,
        of=elements.of,
    )
    if rows is not None and rows.share.size:
        worst = np.maximum(rows.share, rows.scalar)
        numbers |= {
            "row_share": float(rows.share.max()),
            "row_scalar": float(rows.scalar.max()),
            "row_at": int(np.where(np.isnan(worst), np.inf, worst).argmax()),
        }
    if not (numbers["share"] <= 1):
        return Measured(Outcome.BEYOND_BOUND, "an element is beyond its rounding bound", numbers)
    if not (numbers.get("row_share", 0.0) <= 1):
        return Measured(Outcome.BEYOND_BOUND, "the elements of a row do not agree on one common factor", numbers)
    if not (numbers.get("row_scalar", 0.0) <= 1):
        return Measured(Outcome.BEYOND_BOUND, "the common factor of a row is beyond its bound", numbers)
    if (judged & ~elements.proven).any():
        return Measured(Outcome.OUTSIDE_RANGE, "no finite rounding bound exists here", numbers)
    return Measured(Outcome.EXACT if exact.all() else Outcome.WITHIN_BOUND, numbers=numbers)


def _proven(got: Floats, oracle: Truth) -> NDArray[np.bool_]:
    """Return where an element meets a bound that proves something."""
    plain = ~oracle.vacuous & (error(got, oracle.value) <= oracle.bound)
    shifted = ~oracle.shifted_vacuous & (error(got, oracle.shifted_value) <= oracle.shifted_bound)
    return np.asarray(plain | shifted)


def _worst(shares: Floats) -> tuple[int, ...]:
    """Return the index of the largest share; NaN counts as largest."""
    flat = int(np.where(np.isnan(shares), np.inf, shares).argmax())
    return tuple(int(index) for index in np.unravel_index(flat, shares.shape))


def _element(got: Floats, want: Floats, at: tuple[int, ...]) -> dict[str, Any]:
    return {"elements": got.size, "at": at, "got": float(got[at]), "want": float(want[at])}


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(mask)[0])
