"""The outcome of one evaluation, decided in the fixed order of :class:`~harness.vocabulary.Outcome`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.contract import Precision
from harness.compare.measure import Measured, measure
from harness.compare.oracle import Oracle, own_precision
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.record.recording import Crashed, Entry, OutOfMemory, Raised, Result, Returned, TimedOut, Unsupported
from harness.vocabulary import Outcome, Quantity
from reference.consistency import RowConsistency
from reference.truth import Truth

Entries = Mapping[tuple[str, Quantity], Entry]


class Judge:
    """Judges every adapter's results for a stack of problems, which have one op, axis, shape and dtype.

    The oracle and its bounds are computed once for all of them.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = tuple(problems)
        self._oracle = Oracle(self._problems)

    def truth(self, problem: Problem, quantity: Quantity, precision: Precision | None = None) -> Truth:
        """Return the oracle and bounds of ``quantity``; a cotangent that was not given counts as ones, the sum."""
        return self._oracle.truth(problem, quantity, precision)

    def verdicts(self, adapter: str, quantity: Quantity, entries: Entries) -> dict[str, Verdict]:
        """Judge what a complete recording of ``adapter`` holds of ``quantity``, or that it holds nothing, by problem.

        Every problem that asks for the quantity has a verdict. The rows of a vjp are judged beside the same adapter's
        forward output.
        """
        asked = [problem for problem in self._problems if quantity in problem.check]
        rows = self._rows(asked, quantity, entries)
        return {
            problem.id: self._verdict(adapter, problem, quantity, entries, rows=rows.get(problem.id))
            for problem in asked
        }

    def unjudged(
        self,
        adapter: str,
        problem: Problem,
        quantity: Quantity,
        outcome: Outcome,
        *,
        detail: str,
        entry: Entry | None = None,
    ) -> Verdict:
        """Return the verdict on an evaluation that gave nothing to hold against the oracle."""
        return _row(adapter, problem, quantity, Measured(outcome, detail), entry=entry)

    def _verdict(
        self, adapter: str, problem: Problem, quantity: Quantity, entries: Entries, *, rows: RowConsistency | None
    ) -> Verdict:
        entry = entries.get((problem.id, quantity))
        if entry is None:
            absent = "the recording holds no entry for it"
            return self.unjudged(adapter, problem, quantity, Outcome.MISSING, detail=absent)
        measured = _refused(problem, quantity, entry)
        if measured is None:
            assert isinstance(entry.result, Returned)  # noqa: S101 - anything else has been refused
            oracle = self.truth(problem, quantity, entry.precision)
            measured = measure(entry.result.value, oracle=oracle, dtype=str(problem.call.dtype), rows=rows)
        return _row(adapter, problem, quantity, measured, entry=entry)

    def _rows(self, asked: Sequence[Problem], quantity: Quantity, entries: Entries) -> dict[str, RowConsistency]:
        """Return the row tests of all results that can be judged, by problem; those of one precision together."""
        by_precision: dict[Precision, dict[str, Any]] = {}
        for problem in asked:
            entry = entries.get((problem.id, quantity))
            if entry is not None and isinstance(entry.result, Returned) and not _refused(problem, quantity, entry):
                precision = entry.precision or own_precision(problem.call)
                by_precision.setdefault(precision, {})[problem.id] = entry.result.value
        own_forward = {
            problem.id: entry.result.value
            for problem in (asked if quantity is Quantity.VJP else ())
            if (entry := entries.get((problem.id, Quantity.FORWARD))) is not None
            and isinstance(entry.result, Returned)
            and entry.result.value.shape == problem.call.x.shape
            and entry.result.dtype == str(problem.call.dtype)
        }
        found: dict[str, RowConsistency] = {}
        for precision, got in by_precision.items():
            found |= self._oracle.rows(quantity, precision, got=got, own_forward=own_forward)
        return found


def _refused(problem: Problem, quantity: Quantity, entry: Entry) -> Measured | None:
    """Return why ``entry`` gives nothing to hold against the oracle, or None where it does."""
    result: Result = entry.result
    match result:
        case Crashed(how=how):
            return Measured(Outcome.CRASHED, how)
        case TimedOut(limit=limit):
            return Measured(Outcome.TIMED_OUT, f"no answer in {limit:g} s")
        case OutOfMemory(limit=limit):
            detail = f"needed more than {limit / 2**30:.3g} GiB" if limit else "was refused memory"
            return Measured(Outcome.OUT_OF_MEMORY, detail)
        case Raised(type=kind, text=text):
            return Measured(Outcome.RAISED, f"{kind}: {text}")
        case Unsupported(reason=reason):
            return Measured(Outcome.UNSUPPORTED, reason)
        case Returned(value=got, dtype=dtype):
            call = problem.call
            shape = call.x.shape * 2 if quantity is Quantity.JACOBIAN else call.x.shape
            if got.shape != shape:
                return Measured(Outcome.SHAPE, f"returned shape {got.shape}, expected {shape}")
            if dtype != str(call.dtype):
                return Measured(Outcome.DTYPE, f"returned {dtype}, asked for {call.dtype}")
            if entry.inputs_changed:
                changed = ", ".join(entry.inputs_changed)
                return Measured(Outcome.INPUT_CHANGED, f"the call changed its own input: {changed}")
            return None


def _row(adapter: str, problem: Problem, quantity: Quantity, measured: Measured, *, entry: Entry | None) -> Verdict:
    call = problem.call
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
        outcome=measured.outcome,
        detail=measured.detail,
        **measured.numbers,
    )
