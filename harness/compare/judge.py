"""Results held against oracle, bounds, row tests and laws: a stack of problems at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.adapters.contract import Precision, usual_precision
from harness.compare.added import OracleOfSum
from harness.compare.asked import decoded, result_format
from harness.compare.assessment import Assessment, Entries, Judged, Numbers, assessed
from harness.compare.laws import Broken, broken_laws
from harness.compare.measure import Measured, measure_together
from harness.compare.oracle import ELEMENTS, Oracle
from harness.compare.refusal import refused
from harness.compare.verdict import Verdict
from harness.plan.problem import Problem
from harness.record.recording import Returned
from harness.vocabulary import Outcome, Quantity
from reference.consistency import RowConsistency
from reference.formats import Floats
from reference.truth import Truth


class Judge:
    """Judges every adapter's results for a stack of problems, which differ in nothing but their arrays.

    The oracle and its bounds are computed once for all of them.
    """

    def __init__(self, problems: Sequence[Problem], *, oracle: OracleOfSum | None = None) -> None:
        """Judge ``problems`` by what their own oracle says, or by that of the one problem whose rows are added up."""
        self._problems = tuple(problems)
        self._oracle = Oracle(self._problems) if oracle is None else oracle

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
        judged = self.judged(quantity, entries)
        return {
            p.id: assessed(adapter, p, quantity, entries.get((p.id, quantity)), judged.get(p.id))
            for p in self._problems
            if quantity in p.check
        }

    def judged(self, quantity: Quantity, entries: Entries) -> dict[str, Judged]:
        """Return how each result of one adapter that can be judged was judged, by problem."""
        asked = {p.id: p for p in self._problems if quantity in p.check}
        numbers = {p.id: one for p in asked.values() if (one := _numbers(p, quantity, entries)) is not None}
        rows = self._rows(asked.values(), quantity, numbers, entries)
        broken = self._broken(quantity, numbers)
        found: dict[str, Judged] = {}
        for names in _together(numbers, rows):
            alike = [numbers[name] for name in names]
            precision, result = alike[0].precision, alike[0].result
            several = [asked[name] for name in names]
            oracle = self._oracle.truths(several, quantity, precision, result=result)
            measured = measure_together(
                alike[0].value[np.newaxis] if len(alike) == 1 else np.stack([one.value for one in alike]),
                oracle=oracle,
                scale=self._oracle.scales(several, quantity, result=result),
                dtype=alike[0].dtype,
                rows=RowConsistency.together([rows[name] for name in names if name in rows]),
            )
            for problem, one, how in zip(several, alike, measured, strict=True):
                found[problem.id] = _decided(
                    Judged(
                        measured=how,
                        numbers=one,
                        oracle=self._oracle.truth(problem, quantity, precision, result=result),
                        broken=broken.get(problem.id, ()),
                    )
                )
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
        self, asked: Iterable[Problem], quantity: Quantity, numbers: Mapping[str, Numbers], entries: Entries
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


def _decided(judged: Judged) -> Judged:
    """Return it with the laws in place of the bounds where no bound proves anything, and a law is broken."""
    if judged.measured.outcome is not Outcome.OUTSIDE_RANGE or not judged.broken:
        return judged
    detail = f"no rounding bound proves anything here, and {judged.broken[0].worst.sentence}"
    measured = Measured(Outcome.BEYOND_BOUND, detail, judged.measured.numbers)
    return replace(judged, measured=measured, by_law=True)


def _together(numbers: Mapping[str, Numbers], rows: Mapping[str, RowConsistency]) -> Iterator[list[str]]:
    """Yield the names of results that are measured in one piece: arrays of one shape and dtype, beside one truth."""
    alike: dict[object, list[str]] = {}
    for name, one in numbers.items():
        key = (one.dtype, one.value.shape, one.precision, one.result, name in rows)
        alike.setdefault(key, []).append(name)
    for names in alike.values():
        several = max(1, ELEMENTS // max(1, numbers[names[0]].value.size))
        yield from (names[first : first + several] for first in range(0, len(names), several))


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
