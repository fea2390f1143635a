"""The outcome of one evaluation, decided in the fixed order of :class:`~harness.vocabulary.Outcome`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.adapters.contract import Precision, usual_precision
from harness.call import Call
from harness.compare.asked import decoded, result_format
from harness.compare.laws import Broken, broken_laws
from harness.compare.measure import Measured, Result, measure_together
from harness.compare.oracle import ELEMENTS, Oracle
from harness.compare.parameters import parameters
from harness.compare.refusal import refused
from harness.compare.verdict import Verdict
from harness.plan.digest import fingerprint, question_of
from harness.plan.problem import Problem
from harness.record.recording import Entry, Returned
from harness.vocabulary import Op, Outcome, Quantity
from reference.consistency import RowConsistency
from reference.formats import Floats
from reference.truth import Truth

DIGITS = 16  # of a digest, hexadecimal: another result passes for the same one in 1 of 2^64 cases

Entries = Mapping[tuple[str, Quantity], Entry]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Numbers:
    """What an adapter returned, as float64, where it can be held against the oracle."""

    value: Floats
    dtype: str  # the name of their format
    result: str  # and of that of the op's output
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """A verdict with what it was made from; ``numbers`` and ``oracle`` are None where nothing was judged."""

    verdict: Verdict
    entry: Entry | None = None
    numbers: Numbers | None = None
    oracle: Truth | None = None
    broken: tuple[Broken, ...] = ()  # laws that the result breaks
    by_law: bool = False  # whether they alone decided, since no bound proves anything


class Judge:
    """Judges every adapter's results for a stack of problems, which differ in nothing but their arrays.

    The oracle and its bounds are computed once for all of them.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = tuple(problems)
        self._oracle = Oracle(self._problems)

    def truth(self, problem: Problem, quantity: Quantity, precision: Precision | None = None) -> Truth:
        """Return the oracle and the bounds of a kernel; one without ``precision`` declares none of its own.

        A cotangent that was not given counts as ones, the sum.
        """
        return self._oracle.truth(problem, quantity, precision)

    def verdicts(self, adapter: str, quantity: Quantity, entries: Entries) -> dict[str, Verdict]:
        """Return the verdicts of :meth:`assess`."""
        return {name: one.verdict for name, one in self.assess(adapter, quantity, entries).items()}

    def assess(self, adapter: str, quantity: Quantity, entries: Entries) -> dict[str, Assessment]:
        """Judge what a complete recording of ``adapter`` holds of ``quantity``, or that it holds nothing, by problem.

        Every problem that asks for the quantity has a verdict. The rows of a vjp or jvp are judged beside the same
        adapter's forward output.
        """
        asked = [problem for problem in self._problems if quantity in problem.check]
        numbers = {p.id: found for p in asked if (found := _numbers(p, quantity, entries)) is not None}
        rows = self._rows(asked, quantity, numbers, entries)
        oracles = {
            p.id: self._oracle.truth(p, quantity, numbers[p.id].precision, result=numbers[p.id].result)
            for p in asked
            if p.id in numbers
        }
        measured = self._measured(asked, quantity, numbers, oracles, rows)
        broken = self._broken(quantity, numbers)
        return {
            p.id: self._judged(
                adapter,
                p,
                quantity,
                entries,
                numbers=numbers.get(p.id),
                oracle=oracles.get(p.id),
                measured=measured.get(p.id),
                broken=broken.get(p.id, ()),
            )
            for p in asked
        }

    def _judged(
        self,
        adapter: str,
        problem: Problem,
        quantity: Quantity,
        entries: Entries,
        *,
        numbers: Numbers | None,
        oracle: Truth | None,
        measured: Measured | None,
        broken: tuple[Broken, ...],
    ) -> Assessment:
        entry = entries.get((problem.id, quantity))
        if entry is None:
            absent = "the recording holds no entry for it"
            return unjudged(adapter, problem, quantity, Measured(Outcome.MISSING, absent))
        if numbers is None or measured is None:
            return unjudged(adapter, problem, quantity, refused(problem, quantity, entry), entry=entry)
        by_law = measured.outcome is Outcome.OUTSIDE_RANGE and bool(broken)
        if by_law:
            detail = f"no rounding bound proves anything here, and {broken[0].worst.sentence}"
            measured = Measured(Outcome.BEYOND_BOUND, detail, measured.numbers)
        return Assessment(
            verdict=_row(adapter, problem, quantity, measured, entry=entry, dtype=numbers.dtype, broken=broken),
            entry=entry,
            numbers=numbers,
            oracle=oracle,
            broken=broken,
            by_law=by_law,
        )

    def _measured(
        self,
        asked: Sequence[Problem],
        quantity: Quantity,
        numbers: Mapping[str, Numbers],
        oracles: Mapping[str, Truth],
        rows: Mapping[str, RowConsistency],
    ) -> dict[str, Measured]:
        """Return how every result that can be judged stands to the oracle, by problem."""
        results: dict[tuple[str, tuple[int, ...]], dict[str, Result]] = {}
        for problem in asked:
            if (one := numbers.get(problem.id)) is not None:
                results.setdefault((one.dtype, one.value.shape), {})[problem.id] = Result(
                    got=one.value,
                    oracle=oracles[problem.id],
                    scale=self._oracle.scale(problem, quantity, result=one.result),
                    rows=rows.get(problem.id),
                )
        found: dict[str, Measured] = {}
        for (dtype, shape), alike in results.items():
            names, several = list(alike), max(1, ELEMENTS // max(1, math.prod(shape)))
            for first in range(0, len(names), several):
                piece = names[first : first + several]
                together = measure_together([alike[name] for name in piece], dtype=dtype)
                found |= dict(zip(piece, together, strict=True))
        return found

    def _broken(self, quantity: Quantity, numbers: Mapping[str, Numbers]) -> dict[str, tuple[Broken, ...]]:
        """Return the laws that results break, by problem."""
        found: dict[str, tuple[Broken, ...]] = {}
        for (precision, result), got in _alike(numbers).items():
            for name, violations in self._oracle.violations(quantity, precision, result=result, got=got).items():
                found[name] = broken_laws(violations)
            for earlier, name, violations in self._oracle.shifts_seen(quantity, precision, result=result, got=got):
                found[name] = found.get(name, ()) + broken_laws(violations, beside=earlier)
        return found

    def _rows(
        self, asked: Sequence[Problem], quantity: Quantity, numbers: Mapping[str, Numbers], entries: Entries
    ) -> dict[str, RowConsistency]:
        """Return the row tests of all results that can be judged, by problem; those of one precision together."""
        own_forward = {
            problem.id: forward.value
            for problem in (asked if quantity in (Quantity.VJP, Quantity.JVP) else ())
            if (forward := _numbers(problem, Quantity.FORWARD, entries)) is not None
        }
        found: dict[str, RowConsistency] = {}
        for (precision, result), got in _alike(numbers).items():
            found |= self._oracle.rows(quantity, precision, result=result, got=got, own_forward=own_forward)
        return found


def unjudged(
    adapter: str, problem: Problem, quantity: Quantity, why: Measured | None, *, entry: Entry | None = None
) -> Assessment:
    """Return the verdict on an evaluation that gave nothing to hold against the oracle."""
    assert why is not None  # noqa: S101 - where there are no numbers there is a reason
    return Assessment(verdict=_row(adapter, problem, quantity, why, entry=entry, dtype=""), entry=entry)


def _numbers(problem: Problem, quantity: Quantity, entries: Entries) -> Numbers | None:
    """Return what ``entries`` hold of ``quantity``, or None where that gives nothing to judge."""
    entry = entries.get((problem.id, quantity))
    if entry is None or not isinstance(entry.result, Returned) or refused(problem, quantity, entry):
        return None
    result = entry.result
    return Numbers(
        value=decoded(result.value, result.dtype),
        dtype=result.dtype,
        result=result_format(problem.call, returned=result.dtype),
        precision=entry.precision or usual_precision(problem.call),
    )


def _alike(numbers: Mapping[str, Numbers]) -> dict[tuple[Precision, str], dict[str, Floats]]:
    """Return the results by the precision of their kernel and the format of its output."""
    found: dict[tuple[Precision, str], dict[str, Floats]] = {}
    for problem, one in numbers.items():
        found.setdefault((one.precision, one.result), {})[problem] = one.value
    return found


def _placed(numbers: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return the numbers of a verdict with the row that they name as an index over the remaining axes."""
    if "row_at" not in numbers:
        return numbers
    return numbers | {"row_at": tuple(int(index) for index in np.unravel_index(numbers["row_at"], call.batch_shape))}


def _row(
    adapter: str,
    problem: Problem,
    quantity: Quantity,
    measured: Measured,
    *,
    entry: Entry | None,
    dtype: str,
    broken: tuple[Broken, ...] = (),
) -> Verdict:
    call = problem.call
    due = call.dtype_of(quantity)
    output = call.dtype_of(Quantity.FORWARD)
    declared = None if entry is None else entry.precision
    return Verdict(
        adapter=adapter,
        problem=problem.id,
        case=problem.case,
        op=call.op.value,
        axis=call.axis,
        dtype=call.dtype.value,
        result_dtype=dtype or (due.value if due is not None else ""),
        output_dtype=output.value if output is not None else dtype,
        parameters=parameters(call),
        reduction=call.reduction.value if call.op is Op.CROSS_ENTROPY and call.reduction is not None else "",
        mode=str(entry.mode if entry is not None and entry.mode is not None else call.mode),
        shape=tuple(call.x.shape),
        cotangent=problem.cotangent_name if quantity in (Quantity.VJP, Quantity.HVP) else "",
        quantity=quantity,
        outcome=measured.outcome,
        detail=measured.detail,
        invariants=tuple(dict.fromkeys(law.kind.value for law in broken)),
        working="" if declared is None else declared.working.value,
        accumulation="" if declared is None else declared.accumulation.value,
        forms=() if declared is None else tuple(form.value for form in declared.forms),
        inputs=question_of(call)[:DIGITS],
        result=fingerprint(entry.result.value)[:DIGITS] if entry and isinstance(entry.result, Returned) else "",
        **_placed(measured.numbers, call),
    )
