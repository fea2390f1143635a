"""One returned array against the oracle: pattern of NaN and infinities, element test, row test, in that order.

Every test is written so that NaN fails it: ``not (share <= 1)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.vocabulary import Outcome
from reference.truth import RowConsistency, Truth
from reference.ulp import error, rounded, ulps


@dataclass(frozen=True, slots=True)
class Measured:
    """How an array stands to the oracle; ``numbers`` are fields of :class:`~harness.compare.verdict.Verdict`."""

    outcome: Outcome
    detail: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)


def measure(got: NDArray[Any], *, oracle: Truth, dtype: str, rows: RowConsistency | None) -> Measured:
    """Measure ``got``, an array of the oracle's shape and of ``dtype``, with its row test where there is one."""
    with np.errstate(all="ignore"):
        want = rounded(oracle.value, dtype)
        want = np.where(oracle.undefined, np.asarray(np.nan, want.dtype), want)
        pattern = _pattern(got, want)
        if pattern is None:
            return _numbers(got, want, oracle=oracle, rows=rows)
        if not ((np.isfinite(got) == np.isfinite(want)) | oracle.undefined).all():
            return pattern
        # the pattern differs only where the convention decides: a wrong number elsewhere must not hide behind it
        measured = _numbers(got, want, oracle=oracle, rows=rows)
        return pattern if measured.outcome.agreed else measured


def _pattern(got: NDArray[Any], want: NDArray[Any]) -> Measured | None:
    """Compare where NaN and infinities stand, then the signs of the infinities."""
    for test, name in ((np.isnan, "NaN"), (np.isinf, "infinity")):
        differs = test(got) != test(want)
        if differs.any():
            detail = (
                f"{int(differs.sum())} of {got.size} elements differ in {name}, the first at {list(_first(differs))}"
            )
            return Measured(Outcome.NONFINITE_PATTERN, detail, _element(got, want, first))
    differs = np.isinf(want) & (np.sign(got) != np.sign(want))
    if differs.any():
        detail = f"the infinity at {list(_first(differs))} has the other sign"
        return Measured(Outcome.SIGN_OF_INFINITY, detail, _element(got, want, _first(differs)))
    return None


def _numbers(got: NDArray[Any], want: NDArray[Any], *, oracle: Truth, rows: RowConsistency | None) -> Measured:
    exact = (got == want) | oracle.undefined
    finite = np.isfinite(want)
    numbers: dict[str, Any] = {"elements": got.size, "exact_elements": int(exact.sum())}
    if not finite.any():
        return Measured(Outcome.EXACT, numbers=numbers)
    shares = np.where(finite, _shares(got, oracle), 0.0)
    away = np.where(finite, error(got, oracle.value), 0.0)
    at = _worst(shares)
    numbers |= _element(got, want, at)
    numbers |= {"share": float(shares[at]), "error": float(away[at]), "bound": float(oracle.bound[at])}
    numbers["ulps"] = float(np.where(finite, ulps(away, want), 0.0).max())
    if rows is not None and rows.share.size:
        numbers |= {"row_share": float(rows.share.max()), "row_scalar": float(rows.scalar.max())}
    if not (numbers["share"] <= 1):
        return Measured(Outcome.BEYOND_BOUND, "an element is beyond its rounding bound", numbers)
    if not (numbers.get("row_share", 0.0) <= 1):
        return Measured(Outcome.BEYOND_BOUND, "the elements of a row do not agree on one common factor", numbers)
    if not (numbers.get("row_scalar", 0.0) <= 1):
        return Measured(Outcome.BEYOND_BOUND, "the common factor of a row is beyond its bound", numbers)
    if not np.isfinite(oracle.bound[finite]).all():
        return Measured(Outcome.OUTSIDE_RANGE, "no finite rounding bound exists at this length", numbers)
    return Measured(Outcome.EXACT if exact.all() else Outcome.WITHIN_BOUND, numbers=numbers)


def _shares(got: NDArray[Any], oracle: Truth) -> NDArray[np.float64]:
    """Return each element's error as a share of its bound, by the oracle at x or at fl(x - max), whichever it meets."""
    return np.fmin(
        _share(error(got, oracle.value), oracle.bound), _share(error(got, oracle.shifted_value), oracle.shifted_bound)
    )


def _share(away: NDArray[np.float64], bound: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(away == 0, 0.0, away / bound)


def _worst(shares: NDArray[np.float64]) -> tuple[int, ...]:
    """Return the index of the largest share; NaN counts as largest."""
    flat = int(np.where(np.isnan(shares), np.inf, shares).argmax())
    return tuple(int(index) for index in np.unravel_index(flat, shares.shape))


def _element(got: NDArray[Any], want: NDArray[Any], at: tuple[int, ...]) -> dict[str, Any]:
    return {"elements": got.size, "at": at, "got": float(got[at]), "want": float(want[at])}


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(mask)[0])
