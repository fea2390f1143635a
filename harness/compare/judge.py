"""The outcome of one evaluation, decided in the fixed order of :class:`~harness.vocabulary.Outcome`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.adapters.contract import Precision
from harness.compare.measure import Measured, measure
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.record.recording import Crashed, Entry, OutOfMemory, Raised, Returned, TimedOut, Unsupported
from harness.vocabulary import Outcome, Quantity
from reference.consistency import RowConsistency
from reference.truth import Truth, row_consistency, truth


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
            adapter, quantity, measured.outcome, detail=measured.detail, entry=entry, numbers=measured.numbers
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

    def _measure(self, returned: Returned, entry: Entry, quantity: Quantity, forward: Entry | None) -> Measured:
        call = self._problem.call
        shape = call.x.shape * 2 if quantity is Quantity.JACOBIAN else call.x.shape
        got = returned.value
        if got.shape != shape:
            return Measured(Outcome.SHAPE, f"returned shape {got.shape}, expected {shape}")
        if returned.dtype != str(call.dtype):
            return Measured(Outcome.DTYPE, f"returned {returned.dtype}, asked for {call.dtype}")
        if entry.inputs_changed:
            return Measured(Outcome.INPUT_CHANGED, f"the call changed its own input: {', '.join(entry.inputs_changed)}")
        oracle, rows = self.truth(quantity, entry.precision), self._rows(got, entry, quantity, forward)
        return measure(got, oracle=oracle, dtype=str(call.dtype), rows=rows)

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
