"""One evaluation against the oracle, in the fixed order of :class:`~harness.vocabulary.Outcome`. Nothing else judges.

Every test is written so that NaN fails it: ``not (share <= 1)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.record.recording import Crashed, Entry, OutOfMemory, Raised, Returned, TimedOut, Unsupported
from harness.vocabulary import Outcome, Quantity
from reference.truth import RowConsistency, Truth, row_consistency, truth
from reference.ulp import error, rounded, ulps


@dataclass(frozen=True, slots=True)
class _Measured:
    """How one returned array stands to the oracle."""

    outcome: Outcome
    detail: str = ""
    numbers: dict[str, Any] | None = None


class Judge:
    """Judges every adapter's result for one problem; the oracle and its bounds are computed once for all of them."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._truths: dict[tuple[Quantity, Precision], Truth] = {}

    def verdict(self, adapter: str, quantity: Quantity, entry: Entry | None, *, forward: Entry | None) -> Verdict:
        """Judge ``entry``, or its absence from a complete recording.

        ``forward`` is the same adapter's forward output, beside which the rows of its vjp are judged.
        """
        if entry is None:
            return self.unjudged(adapter, quantity, Outcome.MISSING, detail="the recording holds no entry for it")
        match entry.result:
            case Crashed(how=how):
                return self.unjudged(adapter, quantity, Outcome.CRASHED, detail=how, entry=entry)
            case TimedOut(limit=limit):
                return self.unjudged(
                    adapter, quantity, Outcome.TIMED_OUT, detail=f"no answer in {limit:g} s", entry=entry
                )
            case OutOfMemory(limit=limit):
                detail = f"needed more than {limit / 2**30:.3g} GiB" if limit else "was refused memory"
                return self.unjudged(adapter, quantity, Outcome.OUT_OF_MEMORY, detail=detail, entry=entry)
            case Raised(type=kind, text=text):
                return self.unjudged(adapter, quantity, Outcome.RAISED, detail=f"{kind}: {text}", entry=entry)
            case Unsupported(reason=reason):
                return self.unjudged(adapter, quantity, Outcome.UNSUPPORTED, detail=reason, entry=entry)
            case Returned() as returned:
                measured = self._measure(returned, entry, quantity, forward)
        return self._row(
            adapter, quantity, measured.outcome, detail=measured.detail, entry=entry, numbers=measured.numbers or {}
        )

    def unjudged(
        self, adapter: str, quantity: Quantity, outcome: Outcome, *, detail: str, entry: Entry | None = None
    ) -> Verdict:
        """Return the verdict on an evaluation that gave nothing to hold against the oracle."""
        return self._row(adapter, quantity, outcome, detail=detail, entry=entry, numbers={})

    def truth(self, quantity: Quantity, precision: Precision | None = None) -> Truth:
        """Return the oracle and bounds of ``quantity``; a cotangent that was not given counts as ones, the sum."""
        call = self._problem.call
        used = precision or Precision(working=call.dtype, accumulation=call.dtype)
        key = (quantity, used)
        if key not in self._truths:
            self._truths[key] = truth(
                call.op,
                quantity,
                call.x,
                axis=call.axis,
                vector=self._vector(quantity),
                working=used.working,
                accumulation=used.accumulation,
            )
        return self._truths[key]

    def _vector(self, quantity: Quantity) -> NDArray[Any] | None:
        call = self._problem.call
        if quantity is Quantity.VJP:
            return np.ones_like(call.x) if call.cotangent is None else call.cotangent
        return call.tangent if quantity is Quantity.JVP else None

    def _measure(self, returned: Returned, entry: Entry, quantity: Quantity, forward: Entry | None) -> _Measured:
        call = self._problem.call
        shape = call.x.shape * 2 if quantity is Quantity.JACOBIAN else call.x.shape
        got = returned.value
        if got.shape != shape:
            return _Measured(Outcome.SHAPE, f"returned shape {got.shape}, expected {shape}")
        if returned.dtype != str(call.dtype):
            return _Measured(Outcome.DTYPE, f"returned {returned.dtype}, asked for {call.dtype}")
        if entry.inputs_changed:
            return _Measured(
                Outcome.INPUT_CHANGED, f"the call changed its own input: {', '.join(entry.inputs_changed)}"
            )
        with np.errstate(all="ignore"):
            return self._against_oracle(got, entry, quantity, forward)

    def _against_oracle(self, got: NDArray[Any], entry: Entry, quantity: Quantity, forward: Entry | None) -> _Measured:
        oracle = self.truth(quantity, entry.precision)
        want = rounded(oracle.value, str(self._problem.call.dtype))
        want = np.where(oracle.undefined, np.asarray(np.nan, want.dtype), want)
        pattern = _pattern(got, want)
        if pattern is None:
            return self._numbers(got, want, oracle=oracle, entry=entry, quantity=quantity, forward=forward)
        if not ((np.isfinite(got) == np.isfinite(want)) | oracle.undefined).all():
            return pattern
        # the pattern differs only where the convention decides: a wrong number elsewhere must not hide behind it
        measured = self._numbers(got, want, oracle=oracle, entry=entry, quantity=quantity, forward=forward)
        return pattern if measured.outcome.agreed else measured

    def _numbers(
        self,
        got: NDArray[Any],
        want: NDArray[Any],
        *,
        oracle: Truth,
        entry: Entry,
        quantity: Quantity,
        forward: Entry | None,
    ) -> _Measured:
        exact = (got == want) | oracle.undefined
        numbers: dict[str, Any] = {"elements": got.size, "exact_elements": int(exact.sum())}
        finite = np.isfinite(want)
        if not finite.any():
            return _Measured(Outcome.EXACT, numbers=numbers)
        shares = np.where(finite, _shares(got, oracle), 0.0)
        away = np.where(finite, error(got, oracle.value), 0.0)
        numbers |= _worst(got, want, shares, away, oracle)
        numbers["ulps"] = float(np.where(finite, ulps(away, want), 0.0).max())
        rows = self._rows(got, entry, quantity, forward)
        if rows is not None and rows.share.size:
            numbers |= {"row_share": float(rows.share.max()), "row_scalar": float(rows.scalar.max())}
        if not (numbers["share"] <= 1):
            return _Measured(Outcome.BEYOND_BOUND, "an element is beyond its rounding bound", numbers)
        if not (numbers.get("row_share", 0.0) <= 1):
            return _Measured(Outcome.BEYOND_BOUND, "the elements of a row do not agree on one common factor", numbers)
        if not (numbers.get("row_scalar", 0.0) <= 1):
            return _Measured(Outcome.BEYOND_BOUND, "the common factor of a row is beyond its bound", numbers)
        if not np.isfinite(oracle.bound[finite]).all():
            return _Measured(Outcome.OUTSIDE_RANGE, "no finite rounding bound exists at this length", numbers)
        return _Measured(Outcome.EXACT if exact.all() else Outcome.WITHIN_BOUND, numbers=numbers)

    def _rows(
        self, got: NDArray[Any], entry: Entry, quantity: Quantity, forward: Entry | None
    ) -> RowConsistency | None:
        call = self._problem.call
        own = None
        if quantity is Quantity.VJP:
            result = forward.result if forward is not None else None
            if not isinstance(result, Returned) or result.value.shape != got.shape or result.dtype != str(call.dtype):
                return None  # without its own forward output there is nothing to judge the rows beside
            own = result.value
        precision = entry.precision or Precision(working=call.dtype, accumulation=call.dtype)
        return row_consistency(
            call.op,
            quantity,
            got,
            x=call.x,
            axis=call.axis,
            vector=self._vector(quantity),
            own_forward=own,
            working=precision.working,
            accumulation=precision.accumulation,
        )

    def _row(
        self,
        adapter: str,
        quantity: Quantity,
        outcome: Outcome,
        *,
        detail: str,
        entry: Entry | None,
        numbers: dict[str, Any],
    ) -> Verdict:
        problem, call = self._problem, self._problem.call
        return Verdict(
            adapter=adapter,
            problem=problem.id,
            case=problem.case,
            op=str(call.op),
            axis=call.axis,
            dtype=str(call.dtype),
            mode=str(entry.mode if entry is not None and entry.mode is not None else call.mode),
            shape=tuple(call.x.shape),
            cotangent=problem.cotangent_name if quantity is Quantity.VJP else "",
            quantity=quantity,
            outcome=outcome,
            detail=detail,
            **numbers,
        )


def _pattern(got: NDArray[Any], want: NDArray[Any]) -> _Measured | None:
    """Compare where NaN and infinities stand, then the signs of the infinities."""
    for test, name in ((np.isnan, "NaN"), (np.isinf, "infinity")):
        differs = test(got) != test(want)
        if differs.any():
            at = _first(differs)
            detail = f"{int(differs.sum())} of {got.size} elements differ in {name}, the first at {list(at)}"
            numbers = {"at": at, "got": float(got[at]), "want": float(want[at]), "elements": got.size}
            return _Measured(Outcome.NONFINITE_PATTERN, detail, numbers)
    differs = np.isinf(want) & (np.sign(got) != np.sign(want))
    if differs.any():
        at = _first(differs)
        numbers = {"at": at, "got": float(got[at]), "want": float(want[at]), "elements": got.size}
        return _Measured(Outcome.SIGN_OF_INFINITY, f"the infinity at {list(at)} has the other sign", numbers)
    return None


def _shares(got: NDArray[Any], oracle: Truth) -> NDArray[np.float64]:
    """Return each element's error as a share of its bound, by the oracle at x or at fl(x - max), whichever it meets."""
    return np.fmin(
        _share(error(got, oracle.value), oracle.bound), _share(error(got, oracle.shifted_value), oracle.shifted_bound)
    )


def _share(away: NDArray[np.float64], bound: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(away == 0, 0.0, away / bound)


def _worst(
    got: NDArray[Any],
    want: NDArray[Any],
    shares: NDArray[np.float64],
    away: NDArray[np.float64],
    oracle: Truth,
) -> dict[str, Any]:
    """Describe the element with the largest share of its bound; NaN counts as largest."""
    ranking = np.where(np.isnan(shares), np.inf, shares)
    at = tuple(int(index) for index in np.unravel_index(int(ranking.argmax()), got.shape))
    return {
        "share": float(shares[at]),
        "at": at,
        "got": float(got[at]),
        "want": float(want[at]),
        "error": float(away[at]),
        "bound": float(oracle.bound[at]),
    }


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(mask)[0])
